import type { InputFile } from '../../../src/input/input-file.ts'
import type { DueRule } from '../../../src/input/judge-row.ts'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import type { InputRow } from '../../../src/input/row.ts'
import { type TestWorkbook, writeWorkbook } from '../../support/workbook.ts'
import { collect, knownErrorOf, withInput } from '../support.ts'

/** What a test says beside the workbook. */
export interface ReadOptions extends Partial<InputFile> {
  readonly userColumn?: string
  readonly due?: DueRule
  readonly where?: Readonly<Record<string, readonly string[]>>
}

/** Reads an input as a workbook to its end: columns first, then all rows. */
async function readInput(
  input: InputFile,
  { userColumn, where, due, ...file }: ReadOptions = {},
): Promise<readonly InputRow[]> {
  const named = { ...input, ...file, name: 'leavers.xlsx' }
  const columns = { format: 'xlsx', userColumn: userColumn ?? null, actionColumn: null } as const
  const mapping = await resolveColumns(named, columns)
  const settings = {
    format: 'xlsx',
    action: 'suspend',
    steps: null,
    where: where ?? null,
    due: due ?? null,
  } as const
  return await collect(readRows(named, mapping, settings))
}

/** Reads a workbook. */
export async function readBytes(bytes: Buffer, options?: ReadOptions): Promise<readonly InputRow[]> {
  return await withInput(bytes, (input) => readInput(input, options))
}

export async function read(workbook: TestWorkbook, options?: ReadOptions): Promise<readonly InputRow[]> {
  return await readBytes(writeWorkbook(workbook), options)
}

/** The words of the refusal that a workbook meets. */
export async function refusal(bytes: Buffer, options?: ReadOptions): Promise<string> {
  const error = await knownErrorOf(readBytes(bytes, options))
  return `${error.message} ${error.next}`
}

/** The cells of rows as texts. */
export function cellsOf(rows: readonly InputRow[]): unknown[][] {
  return rows.map(({ cells }) => [...cells.values()])
}

/** Row by row: its line, and its problems if it has any. */
export function problemsOf(rows: readonly InputRow[]): [line: number | null, problems: string][] {
  return rows.map((row) => [
    row.line,
    row.kind === 'invalid' ? row.problems.map(({ message }) => message).join('; ') : row.kind,
  ])
}
