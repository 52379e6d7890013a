import { type ExitCode, exitCodes } from '../messages/known-error.ts'
import { renderSummary } from '../report/render-summary.ts'
import type { Summary } from '../report/summary.ts'

/** Prints the summary of a run that has nothing left to do. Returns 0, or 1 if someone must still look at it. */
export function answerFinished(summary: Summary, json: boolean): ExitCode {
  process.stdout.write(json ? `${JSON.stringify(summary, null, 2)}\n` : renderSummary(summary))
  return summary.exit_code === exitCodes.done ? exitCodes.done : exitCodes.someoneMustLook
}
