import { type ExitCode, exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import type { JournalState } from './journal-state.ts'

/** Journals of earlier versions have no exit code. */
const earlierExitCodes = { stopped: exitCodes.stoppedByGuard, interrupted: exitCodes.interrupted } as const

const brokenOff: StopReason = {
  state: 'interrupted',
  exitCode: exitCodes.someoneMustLook,
  message: 'Its process ended without recording why.',
  advice: { kind: 'go_on' },
}

/**
 * Why the last execution of a run ended before its last task, by its journal.
 *
 * @param tasks how many tasks the whole run has
 * @returns null if all tasks have a result
 */
export function lastStopOf({ executions, done }: JournalState, tasks: number): StopReason | null {
  const { lastStop } = executions
  if (lastStop === null) return done === tasks ? null : brokenOff
  const { state, reason, exit_code: code, advice = { kind: 'go_on' } } = lastStop
  if (state === 'finished') return null
  const exitCode = (code as ExitCode | undefined) ?? earlierExitCodes[state]
  return { state, exitCode, message: reason ?? 'The run stopped.', advice }
}
