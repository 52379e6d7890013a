import { shown } from '../messages/shown.ts'
import { withoutCase } from './columns/column-names.ts'
import { cellAt, endOfReach } from './json/nested.ts'
import { kindOf, plainText } from './plain-text.ts'
import type { RawRecord, RowProblem } from './row.ts'

interface Condition {
  readonly column: string
  readonly wanted: ReadonlySet<string>
}

/**
 * Creates a check of a job's `input.where`. It gives the first condition that a record does not meet; null if there is
 * none. A value that can't be compared is a problem marked as unread, since it may be just what the condition asks for.
 * A value that has a problem already, because it can't be read or occurs twice, is not compared.
 *
 * @param where the wanted cells of each column
 * @param names how the input writes a column's name, and whether its names are keys of JSON
 */
export function createWhereCheck(
  where: Readonly<Record<string, readonly string[]>>,
  { named, isJson }: { readonly named: (column: string) => string; readonly isJson: boolean },
): (record: Pick<RawRecord, 'cells' | 'problems'>) => RowProblem | null {
  const conditions: Condition[] = Object.entries(where).map(([column, values]) => ({
    column: named(column),
    wanted: new Set(values.map(withoutCase)),
  }))
  return ({ cells, problems }) => {
    const isInQuestion = ({ column }: Condition): boolean =>
      problems.some(({ column: other }) => other !== null && isOf(column, other))
    if (problems.length > 0 && conditions.some(isInQuestion)) return null
    for (const { column, wanted } of conditions) {
      const cell = cellAt(cells, column)
      const other = isJson && cell === undefined ? keyInOtherCase(cells, column) : null
      if (other !== null)
        return {
          column: other,
          message: `the condition in where is about ${shown(column)}, and the record has ${shown(other)}; write both alike`,
          isUnread: true,
        }
      if (typeof cell === 'object' && cell !== null)
        return {
          column,
          message: `the cell is ${kindOf(cell)}, and the condition under "where" can be compared only with text`,
          isUnread: true,
        }
      const end = isJson && cell === undefined ? endOfReach(cells, column) : null
      if (end !== null)
        return {
          column,
          message: `${shown(end)} is ${kindOf(cellAt(cells, end) ?? null)}; an object that contains the ${shown(column)} of the condition in where was expected`,
          isUnread: true,
        }
      const text = plainText(cell)
      if (!wanted.has(text.toLowerCase()))
        return {
          column,
          message: `not selected: the cell is ${shown(text)}, which does not match the condition in where`,
        }
    }
    return null
  }
}

/** A key that differs from a name by letter case alone; null if there is none. */
function keyInOtherCase(cells: RawRecord['cells'], name: string): string | null {
  return [...cells.keys()].find((key) => withoutCase(key) === withoutCase(name)) ?? null
}

/**
 * Whether two names, dotted inside objects, belong to the same value, or one of them to an object around the other's.
 */
function isOf(name: string, other: string): boolean {
  return (
    name === other ||
    name.startsWith(`${other}.`) ||
    other.startsWith(`${name}.`) ||
    name.endsWith(`.${other}`)
  )
}
