import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dataInHeader } from '../../../src/input/columns/column-names.ts'
import { renderCsv } from '../../../src/input/csv/csv-text.ts'
import { trimInvisible } from '../../../src/input/key/trim.ts'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import type { InputRow } from '../../../src/input/row.ts'
import { cases } from '../../support/cases.ts'
import { escapeXml, writeWorkbook } from '../../support/workbook.ts'
import { collect, withInput } from '../support.ts'

const nasty = [...'\'"=,;\t\n\r &<>_x0041_é日😀\u00a0\u200b\0\u0085\u2028', '_x000D_', ']]>', '  ']
const text = fc.oneof(
  fc.string({
    unit: fc.oneof(fc.constantFrom(...nasty), fc.string({ minLength: 1, maxLength: 1 })),
    maxLength: 8,
  }),
  fc.constantFrom(
    '',
    'ada@example.com',
    '00u1ab2cd3ef4gh5ij6k',
    'suspend',
    'Unlock',
    'true',
    '#N/A',
    '1.02E+05',
  ),
)

/** A cell that is not a text: how a workbook stores it, and what a spreadsheet's CSV says of it. */
interface Stored {
  readonly xml: (name: string) => string
  readonly text: string
}

const number = fc.oneof(fc.integer(), fc.integer({ min: 0, max: 999_999 })).map((value): Stored => {
  const stored = value % 3 === 0 ? value.toExponential() : String(value)
  return { xml: (name) => `<c r="${name}"><v>${stored}</v></c>`, text: String(value) }
})
const truth = fc.boolean().map(
  (value): Stored => ({
    xml: (name) => `<c r="${name}" t="b"><v>${value ? 1 : 0}</v></c>`,
    text: value ? 'TRUE' : 'FALSE',
  }),
)
/** From March 1900 on, when the days of the calendar and those of spreadsheets are the same. */
const day = fc.integer({ min: 61, max: 2_958_465 }).map(
  (serial): Stored => ({
    xml: (name) => `<c r="${name}" s="1"><v>${serial}</v></c>`,
    text: new Date(Date.UTC(1899, 11, 30 + serial)).toISOString().slice(0, 10),
  }),
)

type Cell = string | Stored

/** How a workbook stores a text: shared, in runs, in the cell, or as what a formula came to. */
const ways = fc.constantFrom('shared', 'runs', 'inline', 'formula')

interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

const tables: fc.Arbitrary<Table> = fc
  .uniqueArray(
    text.filter(
      (name) =>
        trimInvisible(name) !== '' &&
        dataInHeader([name]) === null &&
        !/^\ufeff|^\W*(user|action)\W*$/i.test(name),
    ),
    { maxLength: 3, selector: (name) => trimInvisible(name).toLowerCase() },
  )
  .chain((others) => {
    const header = ['user', 'action', ...others]
    const row = fc.tuple(text, text, ...others.map(() => fc.oneof(text, number, truth, day)))
    // A row of white space alone is no row of a sheet, and a bad one of a CSV.
    const told = row.filter((cells) => {
      const texts = cells.map((cell) => (typeof cell === 'string' ? cell : cell.text))
      return texts.every((one) => one === '') || texts.some((one) => one.trim() !== '')
    })
    return fc.record({ header: fc.constant(header), rows: fc.array(told, { maxLength: 5 }) })
  })

function writeCell(name: string, cell: Cell, way: string, strings: string[]): string {
  if (typeof cell !== 'string') return cell.xml(name)
  if (cell === '') return ''
  const run = (part: string): string => `<t xml:space="preserve">${escapeXml(part)}</t>`
  switch (way) {
    case 'inline':
      return `<c r="${name}" t="inlineStr"><is>${run(cell)}</is></c>`
    case 'formula':
      return `<c r="${name}" t="str"><f>A1</f><v xml:space="preserve">${escapeXml(cell)}</v></c>`
    case 'runs': {
      // A run may end anywhere, but not within a character.
      const [first = '', ...rest] = [...cell]
      strings.push(
        `<si><r>${run(first)}</r><r>${run(rest.join(''))}</r><rPh sb="0" eb="1"><t>no</t></rPh></si>`,
      )
      break
    }
    default:
      strings.push(`<si>${run(cell)}</si>`)
  }
  return `<c r="${name}" t="s"><v>${strings.length - 1}</v></c>`
}

function writeTable({ header, rows }: Table, waysOf: readonly string[]): Buffer {
  const strings: string[] = []
  let cells = 0
  const xml = [header, ...rows].map((row, index) => {
    const line = index + 1
    const written = row.map((cell, column) => {
      const way = waysOf[cells++ % waysOf.length] ?? 'shared'
      return writeCell(`${String.fromCharCode(65 + column)}${line}`, cell, way, strings)
    })
    return `<row r="${line}">${written.join('')}</row>`
  })
  return writeWorkbook({ sheets: [{ rows: xml.join('') }], strings: strings.join(''), formats: [14] })
}

async function rowsOf(
  bytes: Buffer | string,
  format: 'csv' | 'xlsx',
  columns = { userColumn: 'user', actionColumn: 'action' },
): Promise<readonly InputRow[]> {
  return await withInput(bytes, async (input) => {
    const mapping = await resolveColumns(input, { format, ...columns })
    return await collect(readRows(input, mapping, { format, action: null, steps: null }))
  })
}

/** What must be the same: a CSV says its lines, and a workbook the cells that problems are about. */
function comparable(rows: readonly InputRow[]): unknown[] {
  return rows.map((row) => {
    const { kind, user, cells } = row
    const actions =
      row.kind === 'valid'
        ? row.actions
        : row.problems.map(({ message }) => message.replace(/^Sheet1!\w+: /, ''))
    return { kind, row: row.row, user, actions, cells: [...cells] }
  })
}

test('a table reads the same from a workbook as from its CSV', async () => {
  await fc.assert(
    fc.asyncProperty(tables, fc.array(ways, { minLength: 1, maxLength: 7 }), async (table, waysOf) => {
      const texts = [table.header, ...table.rows].map((row) =>
        row.map((cell) => (typeof cell === 'string' ? cell : cell.text)),
      )
      const fromCsv = await rowsOf(renderCsv(texts), 'csv')
      const fromWorkbook = await rowsOf(writeTable(table, waysOf), 'xlsx')
      expect(comparable(fromWorkbook)).toEqual(comparable(fromCsv))
    }),
    { numRuns: cases(60) },
  )
})

test('20,000 rows read the same from a workbook as from their CSV', async () => {
  const header = ['Work Email', 'Action', 'Last day', 'Number', 'Name']
  const rows = Array.from({ length: 20_000 }, (_, index) => {
    const serial = 45_292 + (index % 366)
    const date = new Date(Date.UTC(1899, 11, 30 + serial)).toISOString().slice(0, 10)
    const day: Stored = { xml: (name) => `<c r="${name}" s="1"><v>${serial}</v></c>`, text: date }
    const number: Stored = {
      xml: (name) => `<c r="${name}"><v>${100_000 + index}</v></c>`,
      text: String(100_000 + index),
    }
    return [`user${index}@example.com`, 'suspend', day, number, `Zoë ${index}`]
  })
  const texts = [header, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'string' ? cell : cell.text)),
  )
  const bytes = writeTable({ header, rows }, ['shared', 'shared', 'inline', 'shared', 'runs'])
  const columns = { userColumn: 'Work Email', actionColumn: 'Action' }
  const [fromCsv, fromWorkbook] = [
    await rowsOf(renderCsv(texts), 'csv', columns),
    await rowsOf(bytes, 'xlsx', columns),
  ]
  expect(fromWorkbook).toHaveLength(20_000)
  expect(comparable(fromWorkbook)).toEqual(comparable(fromCsv))
})
