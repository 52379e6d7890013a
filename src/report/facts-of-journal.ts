import type { JournalEnd } from '../journal/journal-check.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { lastStopOf } from '../journal/last-stop.ts'
import type { ExecutionFacts } from './summarize.ts'

/**
 * How a run's last execution ended, from its journal alone: the same facts that the execution itself had.
 *
 * @param tasks how many tasks the whole run has
 */
export function factsOfJournal(state: JournalState, end: JournalEnd, tasks: number): ExecutionFacts {
  const { soundLines: lines, soundBytes: bytes, chain } = end
  return { state, journal: { lines, bytes, chain }, stopped: lastStopOf(state, tasks) }
}
