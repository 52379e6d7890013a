import { KnownError, Refusal } from '../../messages/known-error.ts'
import { maxColumns } from '../bytes/limits.ts'
import { textInFormula } from '../csv/text-formula.ts'
import type { InputFile } from '../input-file.ts'
import { addDottedNames } from '../json/nested.ts'
import { readJson } from '../json/read-json.ts'
import { holdsObjectsOnly, standsAlone } from '../json/stands-alone.ts'
import { type Around, jqKey } from '../json/take-out.ts'
import { trimInvisible } from '../key/trim.ts'
import { isUserId } from '../key/user-key.ts'
import { type Cell, type RawRecord, rowPlace } from '../row.ts'
import { plainName } from './column-names.ts'

/** How many records are read to tell what a column holds. */
const recordsLookedAt = 1000

/** Counts how many cells of each column named `id` look like Okta ids. */
class IdColumns {
  readonly #counts = new Map<string, { ids: number; others: number }>()

  add(cells: ReadonlyMap<string, Cell>): void {
    for (const [column, cell] of cells) {
      if (plainName(column) !== 'id') continue
      const text = typeof cell === 'string' ? trimInvisible(textInFormula(cell)) : String(cell ?? '')
      const counts = this.#counts.get(column) ?? { ids: 0, others: 0 }
      if (isUserId(text)) counts.ids += 1
      else if (text !== '') counts.others += 1
      this.#counts.set(column, counts)
    }
  }

  /** Columns in which at most half of the cells are Okta ids. They hold another system's numbers. */
  withoutIds(): string[] {
    return [...this.#counts].filter(([, { ids, others }]) => others >= ids).map(([column]) => column)
  }
}

/**
 * The columns of a table that are named `id` but do not hold Okta ids. Reads records only if a column has that name.
 */
export async function idColumnsWithoutIds(
  columns: readonly string[],
  records: () => AsyncIterable<RawRecord>,
): Promise<string[]> {
  if (!columns.some((column) => plainName(column) === 'id')) return []
  const found = new IdColumns()
  try {
    for await (const { row, cells, problems } of records()) {
      if (problems.length === 0) found.add(cells)
      if (row >= recordsLookedAt) break
    }
  } catch (error) {
    // The error is reported with its place when the rows are read.
    if (!(error instanceof KnownError)) throw error
  }
  return found.withoutIds()
}

/** The keys found in JSON records. */
interface JsonKeys {
  /** In the order of their first occurrence. */
  readonly keys: readonly string[]
  /** Names of values inside objects: `profile.login`. */
  readonly dotted: readonly string[]
  readonly notIds: readonly string[]
  /**
   * The paths to lists of objects in the records, as jq writes them: `["data"]["users"]`. The users may be in these
   * lists.
   */
  readonly lists: readonly string[]
  /** Whether there is one list, and nothing outside it says anything about the people in it, in every record. */
  readonly isAlone: boolean
  /** What encloses the records. */
  readonly around: Around
}

/** Reads all records of a JSON input for their keys. */
export async function keysOf(
  input: InputFile,
  format: 'json' | 'jsonl',
  chunkBytes: number | undefined,
): Promise<JsonKeys> {
  const keys = new Set<string>()
  const dotted = new Set<string>()
  const ids = new IdColumns()
  const lists = new Set<string>()
  let isAlone = true
  let around: Around = 'nothing'
  for await (const record of readJson(input, format, chunkBytes)) {
    const { cells } = record
    for (const key of cells.keys()) keys.add(key)
    if (keys.size > maxColumns) throw tooManyKeys(input.name, record)
    if (record.row === 1 || lists.size > 0) for (const list of listsOf(cells)) lists.add(list)
    const [list = ''] = lists
    isAlone &&= record.raw === null && standsAlone(cells, list) && holdsObjectsOnly(cells, list)
    if (record.line === null) around = 'list'
    else if (record.row > 1) around = 'stream'
    if (record.row > recordsLookedAt) continue
    addDottedNames(dotted, cells)
    ids.add(cells)
  }
  return {
    keys: [...keys],
    dotted: [...dotted],
    notIds: ids.withoutIds(),
    lists: [...lists],
    isAlone,
    around,
  }
}

function listsOf(cells: ReadonlyMap<string, Cell>): string[] {
  const holdsObjects = (cell: Cell): boolean =>
    Array.isArray(cell) && cell.some((one) => typeof one === 'object' && one !== null)
  const inside = (key: string, cell: Cell): string[] => {
    if (typeof cell !== 'object' || cell === null || Array.isArray(cell)) return []
    const entries = Object.entries(cell as Readonly<Record<string, Cell>>)
    const lists = entries.filter(([, value]) => holdsObjects(value))
    return lists.map(([inner]) => jqKey(key) + jqKey(inner))
  }
  return [...cells].flatMap(([key, cell]) => (holdsObjects(cell) ? [jqKey(key)] : inside(key, cell)))
}

function tooManyKeys(name: string, record: RawRecord): KnownError {
  return new Refusal(
    `${name}, ${rowPlace(record)}: the records so far have more than ${maxColumns} different keys.`,
    'Check that the records share their keys, and that no user is written as a key.',
  )
}
