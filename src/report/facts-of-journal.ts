import type { JournalEnd } from '../journal/journal-check.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { type ExitCode, exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import type { ExecutionFacts } from './summarize.ts'

/**
 * How a run's last execution ended, from its journal alone: the same that the execution knew itself.
 *
 * @param tasks of the whole run
 */
export function factsOfJournal(state: JournalState, end: JournalEnd, tasks: number): ExecutionFacts {
  const { soundLines: lines, soundBytes: bytes, chain } = end
  return { state, journal: { lines, bytes, chain }, stopped: stoppedOf(state, tasks) }
}

/** Null if all tasks have a result. */
function stoppedOf({ executions, done }: JournalState, tasks: number): StopReason | null {
  const { lastStop } = executions
  if (lastStop === null) return done === tasks ? null : brokenOff
  const { state, reason, exit_code: code, advice = { kind: 'go_on' } } = lastStop
  if (state === 'finished') return null
  const exitCode = (code as ExitCode | undefined) ?? earlierExitCodes[state]
  return { state, exitCode, message: reason ?? 'The run stopped.', advice }
}

/** Journals of earlier versions say no exit code. */
const earlierExitCodes = { stopped: exitCodes.stoppedByGuard, interrupted: exitCodes.interrupted } as const

const brokenOff: StopReason = {
  state: 'interrupted',
  exitCode: exitCodes.someoneMustLook,
  message: 'Its process ended without recording an end.',
  advice: { kind: 'go_on' },
}
