import { setTimeout as sleep } from 'node:timers/promises'
import { Deadline } from '../files/deadline.ts'
import { isAway, isOfStore } from './store-error.ts'

const shortestPauseMs = 200
const longestPauseMs = 2_000

/** How long a store may refuse what a run at work needs, in ms, before the run stops and waits for a person. */
const bearsRefusalsMs = 120_000

/**
 * What a run at work bears: a store that is away for any time, and one that refuses for a while, such as when somebody
 * changes rights, renames the database or makes room on its disk.
 */
export class Forbearance {
  #end: Deadline | null = null

  /** Whether it is worth asking again after an error. */
  bears(error: unknown): boolean {
    if (isAway(error)) return true
    if (!isOfStore(error)) return false
    this.#end ??= new Deadline(bearsRefusalsMs)
    return !this.#end.passed
  }

  /** The store has done what it was asked. */
  answered(): void {
    this.#end = null
  }
}

/**
 * Asks the store until it answers: it may be away for any time.
 *
 * @param goOn checked before each try; throws to give up
 * @param onAway called once if it does not answer at first
 * @param bears whether to ask again after an error
 * @throws what `goOn` throws, and what the store answers
 */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  goOn: () => void,
  onAway: () => void = () => {},
  bears: (error: unknown) => boolean = isAway,
): Promise<T> {
  for (let pause = shortestPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    goOn()
    try {
      return await ask()
    } catch (error) {
      if (!bears(error)) throw error
      if (pause === shortestPauseMs) onAway()
    }
    await sleep(pause)
  }
}
