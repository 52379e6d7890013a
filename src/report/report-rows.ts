import { join } from 'node:path'
import { readRows } from '../input/read-rows.ts'
import { columnMapping, inputFile } from '../run/input-of-run.ts'
import { ResultReader } from '../run/result-reader.ts'
import { journalFileName } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import type { RunState } from '../run/run-state.ts'
import { notRun, type ReportRow } from './report-row.ts'

/** The rows of a run in input order, each with what the journal says of its tasks. */
export async function* reportRows(
  directory: string,
  run: RunFile,
  state: RunState,
): AsyncGenerator<ReportRow> {
  const results = await ResultReader.open(join(directory, journalFileName))
  try {
    const settings = { format: run.input.format, action: run.job.action, steps: run.job.steps }
    for await (const row of readRows(inputFile(directory, run), columnMapping(run), settings)) {
      const actions = row.kind === 'valid' ? row.actions : [row.action]
      const tasks = []
      for (const [index, action] of actions.entries()) {
        const position = state.resultPosition(row.row, index + 1)
        tasks.push(
          position === null ? notRun(row.row, index + 1, row.user, action) : await results.read(position),
        )
      }
      yield { row: row.row, cells: row.cells, tasks }
    }
  } finally {
    await results.close()
  }
}
