import { join } from 'node:path'
import { readRows } from '../input/read-rows.ts'
import type { InputRow } from '../input/row.ts'
import { rowSettings } from '../job/input-settings.ts'
import type { RunState } from '../journal/journal-state.ts'
import { ResultReader } from '../journal/result-reader.ts'
import type { TaskResult } from '../rules/result.ts'
import { columnMapping, inputFile } from './input-of-run.ts'
import { journalFileName } from './run-directory.ts'
import type { RunFile } from './run-file.ts'

/** A row of a run's input, and of each of its tasks the result; null where a task has none. */
export interface RowWithResults {
  readonly input: InputRow
  readonly results: readonly (TaskResult | null)[]
}

/** The rows of a run in input order, each with the results that its journal holds. A run without a journal has none. */
export async function* rowsWithResults(
  directory: string,
  run: RunFile,
  state: RunState,
): AsyncGenerator<RowWithResults> {
  const reader = state.done === 0 ? null : await ResultReader.open(join(directory, journalFileName))
  try {
    const settings = { ...rowSettings(run.job), format: run.input.format }
    for await (const input of readRows(inputFile(directory, run), columnMapping(run), settings)) {
      const steps = input.kind === 'valid' ? input.actions.length : 1
      const results: (TaskResult | null)[] = []
      for (let step = 1; step <= steps; step++) {
        const position = state.resultPosition(input.row, step)
        results.push(position === null || reader === null ? null : await reader.read(position))
      }
      yield { input, results }
    }
  } finally {
    await reader?.close()
  }
}
