import { Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import type { InputFile } from '../input-file.ts'
import { chooseSheet, type Sheet, type SheetChoice } from './choose-sheet.ts'
import { unescapeText } from './escaped-text.ts'
import { visitXml } from './read-xml.ts'
import { type Relationship, readRelationships } from './relationships.ts'
import { readSharedStrings } from './shared-strings.ts'
import { type CellStyles, noStyles, readStyles } from './styles.ts'
import { findWorkbookPart } from './workbook-kind.ts'
import { type Attributes, relationshipIds } from './xml-parser.ts'
import { maxDescription, openZipParts, type ZipParts } from './zip-parts.ts'

/** What a sheet's cells refer to. */
export interface CellContext {
  readonly strings: readonly string[]
  readonly styles: CellStyles
  /** Whether dates count from 1904, as Excel for Mac once wrote them, and not from 1900. */
  readonly is1904: boolean
  /**
   * Whether the program that wrote the workbook leaves it to Excel to calculate all formulas when it is opened. Such
   * programs store 0 for every one of them.
   */
  readonly isUncalculated: boolean
}

/** An open workbook, with the sheet that is read. */
export interface Workbook {
  /** As messages name it. */
  readonly name: string
  readonly parts: ZipParts
  readonly choice: SheetChoice
  readonly context: CellContext
}

/** What the workbook's own part says. */
interface Contents {
  readonly sheets: readonly { readonly name: string; readonly id: string; readonly isHidden: boolean }[]
  readonly is1904: boolean
  readonly isUncalculated: boolean
}

/** Whether an attribute says yes, for which XML has two words. */
export function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true'
}

function relationshipOf(attributes: Attributes): string {
  const [transitional, strict] = relationshipIds
  return attributes.get(transitional) ?? attributes.get(strict) ?? ''
}

async function readContents(parts: ZipParts, part: string, name: string): Promise<Contents> {
  const sheets: { name: string; id: string; isHidden: boolean }[] = []
  let is1904 = false
  let isUncalculated = false
  await visitXml(parts.read(part, maxDescription), `${name}, ${part}`, {
    open(element, attributes, path) {
      if (path.length === 1 && element === 'workbookPr') is1904 = isTrue(attributes.get('date1904'))
      if (path.length === 1 && element === 'calcPr') isUncalculated = isTrue(attributes.get('fullCalcOnLoad'))
      if (path.length !== 2 || path[1] !== 'sheets' || element !== 'sheet') return
      const state = attributes.get('state') ?? 'visible'
      const sheet = unescapeText(attributes.get('name') ?? '')
      sheets.push({ name: sheet, id: relationshipOf(attributes), isHidden: state !== 'visible' })
    },
  })
  return { sheets, is1904, isUncalculated }
}

/** The part that holds a sheet. Charts and dialogs are sheets too, without rows. */
function partOfSheet(
  name: string,
  sheet: Contents['sheets'][number],
  all: readonly Relationship[],
): string | null {
  const found = all.find(({ id }) => id === sheet.id)
  if (found?.type !== 'worksheet') return null
  if (found.part !== null) return found.part
  throw new Refusal(
    `${name}: the sheet ${shown(sheet.name)} is outside the workbook.`,
    'Open the workbook in Excel and save it again, or save the sheet as CSV UTF-8.',
  )
}

/** What a workbook says about the places of its sheets and of what they refer to. */
interface Outline extends Pick<Contents, 'is1904' | 'isUncalculated'> {
  readonly choice: SheetChoice
  readonly relationships: readonly Relationship[]
}

async function readOutline({ name, sheet }: InputFile, parts: ZipParts): Promise<Outline> {
  const part = await findWorkbookPart(parts, name)
  const relationships = await readRelationships(parts, part, name)
  const { sheets, ...contents } = await readContents(parts, part, name)
  const all: Sheet[] = sheets.map((one) => ({ ...one, part: partOfSheet(name, one, relationships) }))
  return { ...contents, relationships, choice: chooseSheet(name, all, sheet ?? null) }
}

async function readContext(name: string, parts: ZipParts, outline: Outline): Promise<CellContext> {
  const { relationships, is1904, isUncalculated } = outline
  const partOf = (type: string): string | null => {
    const found = relationships.find((one) => one.type === type)?.part ?? null
    return found !== null && parts.has(found) ? found : null
  }
  const [strings, styles] = [partOf('sharedStrings'), partOf('styles')]
  return {
    strings: strings === null ? [] : await readSharedStrings(parts.read(strings), `${name}, ${strings}`),
    styles:
      styles === null ? noStyles : await readStyles(parts.read(styles, maxDescription), `${name}, ${styles}`),
    is1904,
    isUncalculated,
  }
}

/**
 * Opens a workbook. Whoever opens it must close its parts.
 * Throws KnownError if it is damaged, is another kind of file, or does not have the wanted sheet.
 */
export async function openWorkbook(input: InputFile): Promise<Workbook> {
  const parts = await openZipParts(input)
  try {
    const { name } = input
    const outline = await readOutline(input, parts)
    const context = await readContext(name, parts, outline)
    return { name, parts, choice: outline.choice, context }
  } catch (error) {
    parts.close()
    throw error
  }
}

/** Tells which sheet of a workbook is read. Throws KnownError as {@link openWorkbook} does. */
export async function sheetOf(input: InputFile): Promise<SheetChoice> {
  const parts = await openZipParts(input)
  try {
    return (await readOutline(input, parts)).choice
  } finally {
    parts.close()
  }
}
