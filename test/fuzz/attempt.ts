import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomFrom } from '../support/random.ts'
import { spoil } from './spoil.ts'
import type { Target } from './targets.ts'

/** A reader's broken promise, with what it takes to see it again. */
export interface Break {
  readonly target: string
  readonly seed: number
  readonly why: string
  readonly bytes: Buffer
}

/**
 * Feeds a reader with the spoilt bytes of one seed after the other, until `isOver` says so. Returns the first break.
 *
 * @param onSeed called before each seed, so that a reader that hangs can be named
 */
export async function feed(
  target: Target,
  first: number,
  isOver: (fed: number) => boolean,
  onSeed: (seed: number) => void = () => {},
): Promise<{ readonly fed: number; readonly broken: Break | null }> {
  const home = await mkdtemp(join(tmpdir(), 'okta-lifecycle-fuzz-'))
  try {
    const samples = await target.samples(home)
    for (let fed = 0; ; fed++) {
      if (isOver(fed)) return { fed, broken: null }
      const seed = first + fed
      onSeed(seed)
      const random = randomFrom(seed)
      const bytes = spoil(random, samples)
      const directory = join(home, String(seed))
      await mkdir(directory)
      try {
        await target.attempt(directory, bytes, random)
      } catch (error) {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
        return { fed, broken: { target: target.name, seed, why, bytes } }
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}
