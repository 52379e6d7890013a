import { setTimeout as sleep } from 'node:timers/promises'
import { isAway } from './store-error.ts'

const shortestPauseMs = 200
const longestPauseMs = 2_000

/**
 * Asks the store until it answers: it may be away for any time.
 *
 * @param goOn checked before each try; throws to give up
 * @param onAway called once if it does not answer at first
 * @throws what `goOn` throws, and what the store answers
 */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  goOn: () => void,
  onAway: () => void = () => {},
): Promise<T> {
  for (let pause = shortestPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    goOn()
    try {
      return await ask()
    } catch (error) {
      if (!isAway(error)) throw error
      if (pause === shortestPauseMs) onAway()
    }
    await sleep(pause)
  }
}
