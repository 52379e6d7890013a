import type { Cell } from '../row.ts'

/**
 * The cell of a column. If there is no column of that name, the value that its dotted name reaches inside objects:
 * `profile.login`. Undefined if there is nothing.
 */
export function cellAt(cells: ReadonlyMap<string, Cell>, column: string): Cell | undefined {
  if (cells.has(column) || !column.includes('.')) return cells.get(column)
  return nestedAt(cells, column)
}

/** The cells of a value that is an object; null if it is not one. */
export function cellsOf(value: unknown): ReadonlyMap<string, Cell> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return new Map(Object.entries(value as Readonly<Record<string, Cell>>))
}

/**
 * Whether a dotted name can mean two values: the record has a key of that name, and the name also reaches another value
 * inside its objects.
 */
export function isAmbiguous(cells: ReadonlyMap<string, Cell>, column: string): boolean {
  if (!column.includes('.') || !cells.has(column)) return false
  const nested = nestedAt(cells, column)
  return nested !== undefined && JSON.stringify(nested) !== JSON.stringify(cells.get(column))
}

function nestedAt(cells: ReadonlyMap<string, Cell>, column: string): Cell | undefined {
  const [first = '', ...rest] = column.split('.')
  let value: unknown = cells.get(first)
  for (const key of rest) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value as Cell | undefined
}

/**
 * Where a dotted name can lead no further because the record holds a text, a number or an array there: the part of the
 * name up to that value. Null if it leads to a value, or to a key that is missing or null and so counts as empty.
 */
export function endOfReach(cells: ReadonlyMap<string, Cell>, column: string): string | null {
  if (cells.has(column)) return null
  const [first = '', ...rest] = column.split('.')
  let value: unknown = cells.get(first)
  let reached = first
  for (const key of rest) {
    if (value === undefined || value === null) return null
    if (typeof value !== 'object' || Array.isArray(value)) return reached
    value = Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : null
    reached += `.${key}`
  }
  return null
}

/** How deep dotted names are offered, and how many. */
const deepest = 4
const mostNames = 1000

/** Adds the dotted names of the values inside a record's objects. */
export function addDottedNames(names: Set<string>, cells: ReadonlyMap<string, Cell>): void {
  const add = (prefix: string, value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > deepest) return
    for (const [key, inner] of Object.entries(value)) {
      if (names.size >= mostNames) return
      const name = `${prefix}.${key}`
      if (typeof inner === 'object' && inner !== null) add(name, inner, depth + 1)
      else names.add(name)
    }
  }
  for (const [column, cell] of cells) if (typeof cell === 'object') add(column, cell, 1)
}
