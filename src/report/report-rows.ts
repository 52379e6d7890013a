import type { JournalState } from '../journal/journal-state.ts'
import { rowsWithResults } from '../run/rows-with-results.ts'
import type { RunFile } from '../run/run-file.ts'
import { pendingTask } from './pending-task.ts'
import type { ReportRow } from './report-row.ts'

/** The rows of a run in input order, each with what the journal says about its tasks. */
export async function* reportRows(
  directory: string,
  run: RunFile,
  state: JournalState,
): AsyncGenerator<ReportRow> {
  for await (const { input, results } of rowsWithResults(directory, run, state)) {
    const { row, user, cells } = input
    const actions = input.kind === 'valid' ? input.actions : [input.action]
    const tasks = results.map((result, index) => {
      if (result !== null) return result
      const task = { row, step: index + 1, user, action: actions[index] ?? '' }
      return input.kind === 'invalid'
        ? pendingTask(task, null)
        : pendingTask(task, state.progressOf(task), state.lostSince !== null)
    })
    yield { row, cells, tasks }
  }
}
