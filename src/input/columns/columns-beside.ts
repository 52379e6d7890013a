import { isWhyColumn, isWithoutName } from './column-names.ts'

/**
 * The unused columns without a name to the right of the last column with one. An exporter that ends every line with a
 * separator makes such a column, and a row with a cell too many fits into it unnoticed.
 *
 * @param others the columns that the settings name
 */
export function columnsBeside(
  {
    columns,
    user,
    action,
  }: { readonly columns: readonly string[]; readonly user: string; readonly action: string | null },
  others: readonly string[],
): readonly string[] {
  const last = columns.findLastIndex((column) => !isWithoutName(column) && !isWhyColumn(column))
  const used = [user, action, ...others]
  return columns.slice(last + 1).filter((column) => isWithoutName(column) && !used.includes(column))
}
