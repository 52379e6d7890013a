// Part of check-evidence.mjs: the cells of a row.

/** A cell as a CSV file has it. A file can't hold half of a surrogate pair, which JSON can write. */
export const text = (value) => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)).toWellFormed()

/** The cell of a column, or what a dotted name reaches inside objects. */
export function cellAt(cells, column) {
  if (cells.has(column) || !column.includes('.')) return cells.get(column)
  const [first, ...rest] = column.split('.')
  return rest.reduce((value, key) => (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key) ? value[key] : undefined), cells.get(first))
}
