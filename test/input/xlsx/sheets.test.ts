import { describe, expect, test } from 'vitest'
import {
  type TestWorkbook,
  textCell,
  textRows,
  workbookEntries,
  writeWorkbook,
} from '../../support/workbook.ts'
import { zip } from '../../support/zip.ts'
import { cellsOf, problemsOf, type ReadOptions, read, readBytes, refusal } from './support.ts'

const list = textRows([['user'], ['ada@example.com']])
const leavers = { name: 'Leavers', rows: list }
const strict = 'http://purl.oclc.org/ooxml'

async function refused(workbook: TestWorkbook, options?: ReadOptions): Promise<string> {
  return await refusal(writeWorkbook(workbook), options)
}

describe('the sheet that is read', () => {
  const three: TestWorkbook = {
    sheets: [
      { name: 'Old', state: 'hidden', rows: textRows([['user'], ['old@example.com']]) },
      leavers,
      { name: "Q1 'new' & <old>", rows: textRows([['user'], ['bob@example.com']]) },
    ],
  }

  test('is the first that can be seen', async () => {
    expect(cellsOf(await read(three))).toEqual([['ada@example.com']])
  })

  test.each([
    ['Leavers', 'ada@example.com'],
    ['leavers', 'ada@example.com'],
    ["Q1 'new' & <old>", 'bob@example.com'],
    ['Old', 'old@example.com'],
  ])('is the one that was named: %s', async (sheet, user) => {
    expect(cellsOf(await read(three, { sheet }))).toEqual([[user]])
  })

  test('must be there', async () => {
    const message = await refused(three, { sheet: 'Joiners' })
    expect(message).toContain(
      'leavers.xlsx has no sheet "Joiners". Its sheets are: "Old", "Leavers", "Q1 \'new\'',
    )
    expect(message).toContain('--sheet Old (in a job file: input.sheet)')
  })

  test('must be seen', async () => {
    const message = await refused({ sheets: [{ ...leavers, state: 'veryHidden' }] })
    expect(message).toContain('all sheets of the workbook are hidden: "Leavers"')
    expect(message).toContain('--sheet Leavers')
  })

  test('must be the only one of its name', async () => {
    expect(await refused({ sheets: [leavers, leavers] }, { sheet: 'leavers' })).toContain(
      '2 sheets are named',
    )
  })

  test('is not a chart', async () => {
    const rels = { 'xl/_rels/workbook.xml.rels': '' }
    const parts = writeRelationships([
      ['rId1', 'chartsheet', 'chartsheets/sheet1.xml'],
      ['rId2', 'worksheet', 'worksheets/sheet2.xml'],
    ])
    const found = await read({ sheets: [{ name: 'Chart' }, leavers], parts: { ...rels, ...parts } })
    expect(cellsOf(found)).toEqual([['ada@example.com']])
  })

  test('must have a header', async () => {
    expect(await refused({ sheets: [{ name: 'Leavers' }] })).toContain('the sheet "Leavers" is empty')
    expect(await refused({ sheets: [{ name: 'Leavers', rows: '<row r="1"/><row r="2"/>' }] })).toContain(
      'is empty',
    )
  })

  test('may have no rows', async () => {
    expect(await read({ sheets: [{ rows: textRows([['user']]) }] })).toEqual([])
  })
})

function writeRelationships(
  all: readonly (readonly string[])[],
  base = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships',
) {
  const list = all.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${base}/${type}" Target="${target}"/>`,
  )
  return {
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list.join('')}</Relationships>`,
  }
}

describe('wherever its parts lie', () => {
  test.each([
    '/xl/worksheets/sheet1.xml',
    'worksheets/sheet1.xml',
    '../xl/worksheets/sheet1.xml',
    './worksheets/SHEET1.xml',
  ])('the target %s', async (target) => {
    const parts = writeRelationships([['rId1', 'worksheet', target]])
    expect(cellsOf(await read({ sheets: [leavers], parts }))).toEqual([['ada@example.com']])
  })

  test('a part of another name, with blanks', async () => {
    const sheet = writeSheet(list)
    const parts = {
      ...writeRelationships([['rId1', 'worksheet', 'my%20sheet.xml']]),
      'xl/my sheet.xml': sheet,
    }
    expect(cellsOf(await read({ parts }))).toEqual([['ada@example.com']])
  })

  test.each([
    ['a part that is missing', 'worksheets/none.xml', 'its part "xl/worksheets/none.xml" is missing'],
    ['a target elsewhere', 'https://example.com/sheet.xml', 'is outside the workbook'],
    ['a path out of the archive', '../../../etc/passwd', 'its part "etc/passwd" is missing'],
  ])('refuses %s', async (_, target, expected) => {
    expect(
      await refused({ sheets: [leavers], parts: writeRelationships([['rId1', 'worksheet', target]]) }),
    ).toContain(expected)
  })

  test('the strict form of the standard', async () => {
    const office = `${strict}/officeDocument/relationships`
    const parts = {
      ...writeRelationships(
        [
          ['rId1', 'worksheet', 'worksheets/sheet1.xml'],
          ['rId2', 'styles', 'styles.xml'],
        ],
        office,
      ),
      '_rels/.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      'xl/workbook.xml': `<workbook xmlns="${strict}/spreadsheetml/main" xmlns:q="${office}"><workbookPr date1904="true"/><sheets><sheet name="Leavers" sheetId="1" q:id="rId1"/></sheets></workbook>`,
      'xl/worksheets/sheet1.xml': `<worksheet xmlns="${strict}/spreadsheetml/main"><sheetData><row r="1">${textCell('A1', 'user')}${textCell('B1', 'day')}</row><row r="2">${textCell('A2', 'ada@example.com')}<c r="B2" t="d"><v>2024-05-01</v></c></row></sheetData></worksheet>`,
    }
    expect(cellsOf(await read({ parts }))).toEqual([['ada@example.com', '2024-05-01']])
  })

  test('names with a prefix', async () => {
    const rows = list.replaceAll(/<(\/?)(row|c|is|t)\b/g, '<$1x:$2')
    const sheet = `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>${rows}</x:sheetData></x:worksheet>`
    expect(cellsOf(await read({ parts: { 'xl/worksheets/sheet1.xml': sheet } }))).toEqual([
      ['ada@example.com'],
    ])
  })

  test.each(['utf16le', 'utf-8 with a mark'])('a sheet in %s', async (encoding) => {
    const text = `\ufeff<?xml version="1.0"?>${writeSheet(
      textRows([
        ['user', 'name'],
        ['ada@example.com', 'Zoë 😀'],
      ]),
    )}`
    const sheet = Buffer.from(text, encoding === 'utf16le' ? 'utf16le' : 'utf8')
    const entries = workbookEntries({}).filter(({ name }) => name !== 'xl/worksheets/sheet1.xml')
    const bytes = zip([{ name: 'xl/worksheets/sheet1.xml', content: sheet }, ...entries])
    expect(cellsOf(await readBytes(bytes))).toEqual([['ada@example.com', 'Zoë 😀']])
  })
})

function writeSheet(rows: string): string {
  return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows}</sheetData></worksheet>`
}

describe('rows and cells', () => {
  test('without their numbers stand one after another', async () => {
    const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`
    const rows = `<row>${cell('user')}${cell('name')}</row><row r="4">${cell('ada@example.com')}<c r="C4"/></row><row>${cell('bob@example.com')}${cell('Bob')}</row>`
    const found = await read({ sheets: [{ rows }] })
    expect(problemsOf(found)).toEqual([
      [4, 'valid'],
      [5, 'valid'],
    ])
    expect(cellsOf(found)).toEqual([
      ['ada@example.com', ''],
      ['bob@example.com', 'Bob'],
    ])
  })

  test('that are empty are nothing, and numbers are those of the sheet', async () => {
    const rows = `${textRows([['user', '', 'name']], 3)}<row r="5">${textCell('A5', ' \u200b')}<c r="B5" s="0"/></row>${textRows([['', '', 'Bob'], ['ada@example.com']], 7)}`
    const found = await read({ sheets: [{ name: 'Leavers', rows }] })
    expect(problemsOf(found)).toEqual([
      [7, expect.stringContaining('Leavers!A7: the user is empty')],
      [8, 'valid'],
    ])
    expect([...(found[1]?.cells.keys() ?? [])]).toEqual(['user', 'column_2', 'name'])
  })

  test('beside the named columns are columns too, and what stands in them must be looked at', async () => {
    const found = await read({
      sheets: [{ rows: textRows([['user'], ['ada@example.com', '', 'a remark']]) }],
    })
    expect(problemsOf(found)).toEqual([
      [2, expect.stringContaining('"a remark" is in a column without a name')],
    ])
    expect(Object.fromEntries(found[0]?.cells ?? [])).toEqual({
      user: 'ada@example.com',
      column_2: '',
      column_3: 'a remark',
    })
  })

  test.each<[string, string, string]>([
    ['a row twice', '<row r="2"/><row r="2"/>', 'a row numbered "2" was found after row 2'],
    ['rows out of order', '<row r="5"/><row r="3"/>', 'a row numbered "3" was found after row 5'],
    ['a row beyond the last', '<row r="1048577"/>', 'a row numbered "1048577"'],
    ['a row of no number', '<row r="two"/>', 'a row numbered "two"'],
    [
      'a cell twice',
      '<row r="2"><c r="A2"/><c r="A2"/></row>',
      'the cell "A2" was found out of order in row 2',
    ],
    [
      'a cell of another row',
      '<row r="2"><c r="A3"/></row>',
      'the cell "A3" was found out of order in row 2',
    ],
    ['a cell beyond the last column', '<row r="2"><c r="XFE2"/></row>', 'the cell "XFE2"'],
    ['two values', '<row r="2"><c r="A2"><v>1</v><v>2</v></c></row>', 'the cell Leavers!A2 has 2 values'],
    [
      'what hides its rows',
      '<x:AlternateContent xmlns:x="x"><row r="2"/></x:AlternateContent>',
      'something other than rows',
    ],
    [
      'what hides its cells',
      '<row r="2"><x:if xmlns:x="x"><c r="A2"/></x:if></row>',
      'something other than cells was found in row 2',
    ],
  ])('refuses %s', async (_, rows, expected) => {
    const message = await refused({ sheets: [{ name: 'Leavers', rows: textRows([['user']]) + rows }] })
    expect(message).toContain(expected)
  })

  test('a column that is named twice', async () => {
    expect(await refused({ sheets: [{ rows: textRows([['user', 'user']]) }] })).toContain(
      'names the column "user" twice',
    )
  })

  test('a header that is a person', async () => {
    const message = await refused({
      sheets: [{ rows: textRows([['ada@example.com'], ['bob@example.com']]) }],
    })
    expect(message).toContain('line 1 was read as the header, but it contains "ada@example.com"')
  })

  test('a header that can not be read', async () => {
    const rows = `<row r="1">${textCell('A1', 'user')}<c r="B1" t="e"><v>#REF!</v></c></row>`
    expect(await refused({ sheets: [{ name: 'Leavers', rows }] })).toContain(
      "the header can't be read: Leavers!B1: the cell contains the error",
    )
  })

  test('a header line that was named', async () => {
    const rows = textRows([['Title'], ['user'], [''], ['ada@example.com']])
    expect(problemsOf(await read({ sheets: [{ rows }] }, { headerLine: 2 }))).toEqual([[4, 'valid']])
    expect(await refused({ sheets: [{ name: 'Leavers', rows }] }, { headerLine: 3 })).toContain(
      'the row Leavers!3:3 is blank or missing',
    )
    expect(await refused({ sheets: [{ rows }] }, { headerLine: 99 })).toContain(
      'line 99 was named as the header',
    )
  })

  test("another system's number in a column id", async () => {
    const rows = textRows([
      ['id', 'Work Email'],
      ['1042', 'ada@example.com'],
    ])
    expect(await read({ sheets: [{ rows }] })).toMatchObject([{ kind: 'valid', user: 'ada@example.com' }])
  })
})

test('a sheet that hides its unused rows shows those that it has', async () => {
  const before = '<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>'
  const sheets = [{ name: 'Leavers', rows: textRows([['user'], ['ada@example.com']]), before }]
  expect(problemsOf(await read({ sheets }))).toEqual([[2, 'valid']])
})

describe('rows that nobody sees', () => {
  const header = textRows([['user']])
  const row = (attributes: string, line = 2) =>
    `<row r="${line}" ${attributes}>${textCell(`A${line}`, 'ada@example.com')}</row>`

  test.each([
    ['hidden', 'hidden="1"'],
    ['hidden in a word', 'hidden="true"'],
    ['of no height', 'ht="0" customHeight="1"'],
  ])('%s', async (_, attributes) => {
    const sheets = [
      { name: 'Leavers', rows: `${header.replace('<row', '<row hidden="0"')}${row(attributes)}` },
    ]
    expect(problemsOf(await read({ sheets }))).toEqual([
      [
        2,
        expect.stringContaining(
          'the row Leavers!2:2 is hidden or filtered out; show or delete it, or add --hidden-rows read',
        ),
      ],
    ])
    expect(problemsOf(await read({ sheets }, { hiddenRows: 'read' }))).toEqual([[2, 'valid']])
  })

  test('the header', async () => {
    const rows = header.replace('<row', '<row hidden="1"') + row('')
    expect(await refused({ sheets: [{ name: 'Leavers', rows }] })).toContain(
      'the row Leavers!1:1 is the header, but it is hidden',
    )
    expect(problemsOf(await read({ sheets: [{ rows }] }, { hiddenRows: 'read' }))).toEqual([[2, 'valid']])
  })

  test('but hold nothing', async () => {
    const rows = `${header}${row('')}<row r="3" hidden="1"><c r="A3" s="0"/></row>`
    expect(problemsOf(await read({ sheets: [{ rows }] }))).toEqual([[2, 'valid']])
  })
})

describe('merged cells', () => {
  const merged = (...ranges: string[]) =>
    `<mergeCells>${ranges.map((range) => `<mergeCell ref="${range}"/>`).join('')}</mergeCells>`
  const rows = textRows([
    ['user', 'action', 'team'],
    ['ada@example.com', 'unlock', 'red'],
    ['bob@example.com'],
    ['cy@example.com', 'suspend'],
  ])

  test('in a column that is used are refused by cell', async () => {
    const found = await read({ sheets: [{ name: 'Leavers', rows, after: merged('B2:B3') }] })
    expect(problemsOf(found)).toEqual([
      [2, 'valid'],
      [3, expect.stringMatching(/^Leavers!B3: the cell is merged with others as B2:B3/)],
      [4, 'valid'],
    ])
  })

  test('in others do not matter', async () => {
    const found = await read({ sheets: [{ rows, after: merged('C2:C4', 'A1:A1') }] })
    expect(problemsOf(found).map(([, kind]) => kind)).toEqual(['valid', 'valid', 'valid'])
  })

  test('across a row', async () => {
    const found = await read({ sheets: [{ name: 'Leavers', rows, after: merged('A4:B4', 'B2:C2') }] })
    expect(problemsOf(found)[2]?.[1]).toMatch(/^Leavers!B4: the cell is merged/)
    expect(problemsOf(found)[0]?.[1]).toBe('valid')
  })
})

describe('what is said of a sheet', () => {
  test('names the others where it may not be the one that is meant', async () => {
    const sheets = [
      {
        name: 'Export Summary',
        rows: textRows([
          ['Name', 'Rows'],
          ['Leavers', '1'],
        ]),
      },
      leavers,
    ]
    const message = await refused({ sheets })
    expect(message).toContain('The sheet "Export Summary" was read; there are also: "Leavers".')
    expect(message).toContain('Or name another sheet: --sheet Leavers (in a job file: input.sheet).')
    expect(await refused({ sheets: sheets.slice(0, 1) })).not.toContain('Or name another sheet')
  })

  test('shows no character that a terminal would act on', async () => {
    const rows = `${list}<row r="3"><c r="A3" t="e"><v>#N/A</v></c></row>`
    const [, row] = problemsOf(await read({ sheets: [{ name: 'a\u001b[31m\u202eb', rows }] }))
    expect(row?.[1]).toMatch(/^'a\\u001b\[31m\\u202eb'!A3: /)
  })

  test('two relationships of one id', async () => {
    const parts = writeRelationships([
      ['rId1', 'worksheet', 'worksheets/sheet1.xml'],
      ['rId1', 'worksheet', 'worksheets/sheet2.xml'],
    ])
    expect(await refused({ sheets: [leavers, leavers], parts })).toContain('have the id "rId1"')
  })
})
