import { type AcquireOptions, acquireHolds, type HoldSubject } from '../../src/files/hold/acquire.ts'
import type { Hold } from '../../src/files/hold/hold.ts'

/** A directory as something to be held. */
export function subjectOf(directory: string, more: Partial<HoldSubject> = {}): HoldSubject {
  return {
    directory,
    name: 'this run',
    run: null,
    status: (run) => `okta-lifecycle status ${run ?? 'r1'}`,
    ...more,
  }
}

/** Takes the hold of one directory. */
export async function holdOf(directory: string, options: AcquireOptions = {}): Promise<Hold> {
  const [hold] = await acquireHolds([subjectOf(directory)], options)
  if (hold === undefined) throw new Error('Nothing is held.')
  return hold
}
