import { type ZipEntry, zip } from './zip.ts'

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packages = 'http://schemas.openxmlformats.org/package/2006'
const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'

/** A sheet of a workbook that a test writes. */
interface TestSheet {
  readonly name?: string
  /** The rows as XML: what stands inside of `sheetData`. */
  readonly rows?: string
  /** What stands before and after them. */
  readonly before?: string
  readonly after?: string
  readonly state?: 'hidden' | 'veryHidden'
}

/** A workbook that a test writes, as XML or by what is usual. */
export interface TestWorkbook {
  readonly sheets?: readonly TestSheet[]
  /** What stands inside of `sst`. */
  readonly strings?: string
  /** Number formats by cell style: 0 is always the general one. */
  readonly formats?: readonly (string | number)[]
  /** The attributes of `workbookPr`, and what follows the sheets. */
  readonly properties?: string
  readonly calculation?: string
  readonly contentType?: string
  /** Parts that take the place of what is usual, or that come on top; null: left out. */
  readonly parts?: Readonly<Record<string, string | null>>
}

export function escapeXml(text: string): string {
  return text
    .replaceAll(/_(?=x[\dA-Fa-f]{4}_)/g, '_x005F_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\p{Cs}\ufffe\uffff]|(?![\t\n])\p{Cc}/gu, asEscape)
}

/** A character that XML does not have, as workbooks write it. */
function asEscape(character: string): string {
  return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`
}

/** A cell that holds its text itself. */
export function textCell(name: string, text: string): string {
  return `<c r="${name}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`
}

/** Rows of texts, from A1 on. Empty texts are no cells. */
export function textRows(rows: readonly (readonly string[])[], firstLine = 1): string {
  return rows
    .map((row, index) => {
      const line = firstLine + index
      const cells = row.map((text, column) =>
        text === '' ? '' : textCell(`${letters(column)}${line}`, text),
      )
      return `<row r="${line}">${cells.join('')}</row>`
    })
    .join('')
}

function letters(column: number): string {
  return column < 26
    ? String.fromCharCode(65 + column)
    : letters(Math.floor(column / 26) - 1) + letters(column % 26)
}

/** A style for each format, and behind them one that strikes through. */
function styles(formats: readonly (string | number)[]): string {
  const custom = formats.flatMap((format, index) =>
    typeof format === 'string'
      ? [`<numFmt numFmtId="${164 + index}" formatCode="${escapeXml(format)}"/>`]
      : [],
  )
  const xfs = formats.map(
    (format, index) => `<xf numFmtId="${typeof format === 'number' ? format : 164 + index}"/>`,
  )
  return `<styleSheet xmlns="${main}"><numFmts>${custom.join('')}</numFmts><fonts><font><strike val="0"/></font><font><strike/></font></fonts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${xfs.join('')}<xf numFmtId="0" fontId="1"/></cellXfs></styleSheet>`
}

/** The parts of a workbook, by name. */
export function workbookParts(workbook: TestWorkbook): Record<string, string> {
  const sheets = workbook.sheets ?? [{}]
  const list = sheets.map(
    ({ name, state }, index) =>
      `<sheet name="${escapeXml(name ?? `Sheet${index + 1}`)}" sheetId="${index + 1}"${state === undefined ? '' : ` state="${state}"`} r:id="rId${index + 1}"/>`,
  )
  const targets = sheets.map((_, index) => [
    `rId${index + 1}`,
    'worksheet',
    `worksheets/sheet${index + 1}.xml`,
  ])
  const others = [
    ['rIdStyles', 'styles', 'styles.xml'],
    ['rIdStrings', 'sharedStrings', 'sharedStrings.xml'],
  ]
  const parts: Record<string, string | null> = {
    '[Content_Types].xml': `<Types xmlns="${packages}/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${workbook.contentType ?? sheetType}"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}"><workbookPr ${workbook.properties ?? ''}/><sheets>${list.join('')}</sheets>${workbook.calculation ?? ''}</workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packages}/relationships">${[...targets, ...others]
      .map(([id, type, target]) => `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`)
      .join('')}</Relationships>`,
    'xl/styles.xml': styles(workbook.formats ?? []),
    'xl/sharedStrings.xml': `<sst xmlns="${main}">${workbook.strings ?? ''}</sst>`,
  }
  for (const [index, { rows = '', before = '', after = '' }] of sheets.entries())
    parts[`xl/worksheets/sheet${index + 1}.xml`] =
      `<worksheet xmlns="${main}" xmlns:r="${office}">${before}<sheetData>${rows}</sheetData>${after}</worksheet>`
  const all = Object.entries({ ...parts, ...workbook.parts })
  return Object.fromEntries(all.flatMap(([name, content]) => (content === null ? [] : [[name, content]])))
}

/** The entries of a workbook's archive, to be changed by whoever wants it broken. */
export function workbookEntries(workbook: TestWorkbook): ZipEntry[] {
  return Object.entries(workbookParts(workbook)).map(([name, content]) => ({ name, content }))
}

/** Writes a workbook. */
export function writeWorkbook(workbook: TestWorkbook): Buffer {
  return zip(workbookEntries(workbook))
}
