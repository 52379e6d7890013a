import type { RunPlace } from '../../src/run/find-run.ts'

/** A run that was named by its own place. */
export function placeAt(directory: string): RunPlace {
  return { directory, link: null }
}
