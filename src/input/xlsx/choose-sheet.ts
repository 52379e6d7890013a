import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shown, shownList } from '../../messages/shown.ts'

/** A sheet of a workbook. */
export interface Sheet {
  readonly name: string
  readonly isHidden: boolean
  /** The part that holds its rows; null if it has none, like a chart. */
  readonly part: string | null
}

/** The sheet that is read, and the sheets that are not. */
export interface SheetChoice {
  readonly sheet: Sheet & { readonly part: string }
  /** The names of the other sheets: those that can be seen, and those that are hidden. */
  readonly others: readonly string[]
  readonly hidden: readonly string[]
}

function hasRows(sheet: Sheet): sheet is Sheet & { readonly part: string } {
  return sheet.part !== null
}

function sameName(some: string, other: string): boolean {
  return some.trim().toLowerCase() === other.trim().toLowerCase()
}

/**
 * Chooses the sheet that is read: the one of this name, in any letter case; without one the first that can be seen.
 * Throws KnownError if there is none, or if several have the name.
 * @param name the workbook, for messages
 */
export function chooseSheet(name: string, sheets: readonly Sheet[], wanted: string | null): SheetChoice {
  const withRows = sheets.filter(hasRows)
  const exact = withRows.filter((sheet) => sheet.name === wanted)
  const named =
    exact.length > 0 || wanted === null ? exact : withRows.filter((sheet) => sameName(sheet.name, wanted))
  const found = wanted === null ? withRows.filter(({ isHidden }) => !isHidden).slice(0, 1) : named
  const [sheet] = found
  const list = shownList(withRows.map((one) => one.name))
  const example = `--sheet ${shellWord(withRows[0]?.name ?? 'NAME')} (in a job file: input.sheet)`
  if (wanted !== null && sheet === undefined)
    throw new Refusal(
      `${name} has no sheet ${shown(wanted)}. Its sheets are: ${list === '' ? 'none' : list}.`,
      withRows.length === 0 ? 'Use a workbook that has a sheet with rows.' : `Name one of them: ${example}`,
    )
  if (sheet === undefined)
    throw new Refusal(
      withRows.length === 0
        ? `${name}: the workbook has no sheet with rows.`
        : `${name}: all sheets of the workbook are hidden: ${list}. A visible sheet was expected.`,
      withRows.length === 0
        ? 'Use a workbook that has a sheet with rows.'
        : `Name the one to read: ${example}`,
    )
  if (found.length > 1)
    throw new Refusal(
      `${name}: ${found.length} sheets are named ${shown(wanted ?? '')}; one was expected.`,
      'Rename one of them.',
    )
  const others = sheets.filter((one) => one !== sheet)
  return {
    sheet,
    others: others.filter(({ isHidden }) => !isHidden).map((one) => one.name),
    hidden: others.filter(({ isHidden }) => isHidden).map((one) => one.name),
  }
}
