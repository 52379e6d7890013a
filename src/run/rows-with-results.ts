import { readRows } from '../input/read-rows.ts'
import type { InputRow } from '../input/row.ts'
import { rowSettings } from '../job/input-settings.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { ResultReader } from '../journal/result-reader.ts'
import type { TaskResult } from '../rules/result.ts'
import { columnMapping, inputFile } from './input-of-run.ts'
import { journalPath } from './run-directory.ts'
import type { RunFile } from './run-file.ts'

/** A row of a run's input with the result of each of its tasks; null if a task has none. */
export interface RowWithResults {
  readonly input: InputRow
  readonly results: readonly (TaskResult | null)[]
}

/** The rows of a run in input order, each with its results from the journal. A run without a journal has no results. */
export async function* rowsWithResults(
  directory: string,
  run: RunFile,
  state: JournalState,
): AsyncGenerator<RowWithResults> {
  const reader = state.done === 0 ? null : await ResultReader.open(journalPath(directory))
  try {
    const settings = { ...rowSettings(run.job), format: run.input.format }
    for await (const input of readRows(inputFile(directory, run), columnMapping(run), settings)) {
      const steps = input.kind === 'valid' ? input.actions.length : 1
      const results: (TaskResult | null)[] = []
      for (let step = 1; step <= steps; step++) {
        const position = state.resultPosition({ row: input.row, step })
        results.push(position === null || reader === null ? null : await reader.read(position))
      }
      yield { input, results }
    }
  } finally {
    await reader?.close()
  }
}
