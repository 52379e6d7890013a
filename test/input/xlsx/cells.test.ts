import { describe, expect, test } from 'vitest'
import type { TestWorkbook } from '../../support/workbook.ts'
import { textCell, textRows } from '../../support/workbook.ts'
import { cellsOf, problemsOf, read } from './support.ts'

/** A sheet with the columns user and value, whose second row is Ada's, with this cell as its value. */
function withValue(cell: string, workbook: TestWorkbook = {}): TestWorkbook {
  const rows = `${textRows([['user', 'value']])}<row r="2">${textCell('A2', 'ada@example.com')}${cell}</row>`
  return { ...workbook, sheets: [{ name: 'Leavers', rows }] }
}

const strings = [
  '<si><t>plain</t></si>',
  '<si><r><rPr><b/></rPr><t xml:space="preserve">two </t></r><r><t>runs</t></r></si>',
  '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>',
  '<si><t>a_x000D__x000A_b _x005F_x000D_ c</t></si>',
  '<si><t>x<![CDATA[&y<]]>z &amp; &#x41;</t></si>',
  '<si><t xml:space="preserve">  kept  </t></si>',
  '<si/>',
].join('')

const formats = [
  14,
  22,
  'dd/mm/yyyy',
  'h:mm',
  '[h]:mm',
  '0.00E+00',
  '"day" 0',
  '[$-407]TT\\.mm',
  '0;[Red]-0',
  'yyyy',
  '0%',
  '[<1]h:mm;d/m/yy',
  49,
  46,
  '"TRUE";"TRUE";"FALSE"',
]

describe('a cell is read as what it shows', () => {
  test.each<[string, string, string]>([
    ['a shared text', '<c r="B2" t="s"><v>0</v></c>', 'plain'],
    ['runs of several formats', '<c r="B2" t="s"><v>1</v></c>', 'two runs'],
    ['a text without how it is pronounced', '<c r="B2" t="s"><v>2</v></c>', '東京'],
    ['escaped characters', '<c r="B2" t="s"><v>3</v></c>', 'a\r\nb _x000D_ c'],
    ['CDATA and references', '<c r="B2" t="s"><v>4</v></c>', 'x&y<z & A'],
    ['white space', '<c r="B2" t="s"><v>5</v></c>', '  kept  '],
    ['a shared text of nothing', '<c r="B2" t="s"><v>6</v></c>', ''],
    [
      'its own runs',
      '<c r="B2" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c>',
      'ab',
    ],
    ['a whole number', '<c r="B2"><v>42</v></c>', '42'],
    ['a number with an exponent', '<c r="B2"><v>1.02E+05</v></c>', '102000'],
    ['a large number', '<c r="B2"><v>1.2345678901234E+20</v></c>', '123456789012340000000'],
    ['a number of 18 digits', '<c r="B2"><v>123456789012345678</v></c>', '123456789012345678'],
    ['a whole number with a point', '<c r="B2"><v>33.0</v></c>', '33'],
    ['a fraction', '<c r="B2"><v>0.10000000000000001</v></c>', '0.1'],
    ['a sum', '<c r="B2"><f>A1+A2</f><v>0.30000000000000004</v></c>', '0.3'],
    ['a small number', '<c r="B2"><v>-1.5E-7</v></c>', '-0.00000015'],
    ['nothing and less', '<c r="B2"><v>-0</v></c>', '0'],
    ['true', '<c r="B2" t="b"><v>1</v></c>', 'TRUE'],
    ['false', '<c r="B2" t="b"><v>0</v></c>', 'FALSE'],
    ['a date', '<c r="B2" s="1"><v>45413</v></c>', '2024-05-01'],
    ['a date and time', '<c r="B2" s="2"><v>45413.75</v></c>', '2024-05-01T18:00:00'],
    ['a time that floats', '<c r="B2" s="2"><v>45413.70833333333</v></c>', '2024-05-01T17:00:00'],
    ['a date by a format of its own', '<c r="B2" s="3"><v>45413</v></c>', '2024-05-01'],
    ['a time of day', '<c r="B2" s="4"><v>0.75</v></c>', '18:00:00'],
    ['a span of time', '<c r="B2" s="5"><v>1.25</v></c>', '30:00:00'],
    ['a number in scientific format', '<c r="B2" s="6"><v>45413</v></c>', '45413'],
    ['a number beside quoted letters', '<c r="B2" s="7"><v>45413</v></c>', '45413'],
    ['a number in colour', '<c r="B2" s="9"><v>45413</v></c>', '45413'],
    ['a share', '<c r="B2" s="11"><v>0.5</v></c>', '0.5'],
    ['a section with a condition', '<c r="B2" s="12"><v>45413</v></c>', '2024-05-01'],
    ['a number as text', '<c r="B2" s="13"><v>45413</v></c>', '45413'],
    ['the built-in span', '<c r="B2" s="14"><v>2.5</v></c>', '60:00:00'],
    ['the first days of 1900', '<c r="B2" s="1"><v>59</v></c>', '1900-02-28'],
    ['the days after what never was', '<c r="B2" s="1"><v>61</v></c>', '1900-03-01'],
    ['the last day', '<c r="B2" s="1"><v>2958465</v></c>', '9999-12-31'],
    ['a date as such', '<c r="B2" t="d"><v>2024-05-01T00:00:00</v></c>', '2024-05-01'],
    ['a moment as such', '<c r="B2" t="d"><v>2024-05-01T18:30:00Z</v></c>', '2024-05-01T18:30:00'],
    ['a day as SheetJS writes it', '<c r="B2" s="1" t="d"><v>2024-05-01T00:00:00.000Z</v></c>', '2024-05-01'],
    ['a moment in a date format', '<c r="B2" s="1" t="d"><v>2024-05-01T17:00:00.000Z</v></c>', '2024-05-01'],
    [
      'a moment by SheetJS',
      '<c r="B2" s="2" t="d"><v>2024-05-01T17:00:00.000Z</v></c>',
      '2024-05-01T17:00:00',
    ],
    ['a date whose serial carries a time', '<c r="B2" s="3"><v>46752.4</v></c>', '2027-12-31'],
    ['true by its format', '<c r="B2" s="15"><v>1</v></c>', 'TRUE'],
    ['false by its format', '<c r="B2" s="15"><v>0</v></c>', 'FALSE'],
    ["a formula's text", '<c r="B2" t="str"><f>A2&amp;"_x0041_"</f><v>ada</v></c>', 'ada'],
    ["a formula's empty text", '<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>', ''],
    ["a formula's number", '<c r="B2"><f>1+1</f><v>2</v></c>', '2'],
    ['a format without a value', '<c r="B2" s="1"/>', ''],
    ['no cell at all', '', ''],
  ])('%s', async (_, cell, expected) => {
    const [row] = await read(withValue(cell, { strings, formats }))
    expect(row).toMatchObject({ kind: 'valid', row: 1, line: 2, user: 'ada@example.com' })
    expect(row?.cells.get('value') ?? '').toBe(expected)
  })

  test.each([['date1904="1"'], ['date1904="true"']])('a date counted from 1904: %s', async (properties) => {
    const cell = '<c r="B2" s="1"><v>43951</v></c>'
    const [row] = await read(withValue(cell, { formats, properties }))
    expect(row?.cells.get('value')).toBe('2024-05-01')
  })
})

describe('a cell that nobody can read is refused by sheet and cell', () => {
  test.each<[string, string, string]>([
    ['an error', '<c r="B2" t="e"><v>#N/A</v></c>', 'the cell contains the error "#N/A"'],
    [
      "a formula's error",
      '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
      'the cell contains the error "#DIV/0!"',
    ],
    ['a formula without a value', '<c r="B2"><f>A2</f></c>', 'a formula without a stored value'],
    ['a formula with an empty value', '<c r="B2"><f>A2</f><v></v></c>', 'a formula without a stored value'],
    ['a text formula without a value', '<c r="B2" t="str"><f>A2</f></c>', 'a formula without a stored value'],
    ['a shared text that is not there', '<c r="B2" t="s"><v>99</v></c>', 'the shared text "99"'],
    ['a day that never was', '<c r="B2" s="1"><v>60</v></c>', '60 is not a day of the calendar'],
    ['day 0', '<c r="B2" s="1"><v>0</v></c>', '0 is not a day of the calendar'],
    ['a negative date', '<c r="B2" s="1"><v>-1</v></c>', '-1 is not a day of the calendar'],
    ['a day after 9999', '<c r="B2" s="1"><v>2958466</v></c>', '2958466 is not a day'],
    ['a month', '<c r="B2" s="8"><v>45413</v></c>', 'a date without its day'],
    ['a year', '<c r="B2" s="10"><v>45413</v></c>', 'a date without its day'],
    ['a time of some day', '<c r="B2" s="4"><v>45413.75</v></c>', 'a date without its day'],
    ['a style that is not there', '<c r="B2" s="99"><v>1</v></c>', 'uses style 99'],
    ['no number', '<c r="B2"><v>1,5</v></c>', 'contains "1,5"; a number was expected'],
    ['digits without end', `<c r="B2"><v>${'0'.repeat(500_000)}x</v></c>`, 'a number was expected'],
    ['neither true nor false', '<c r="B2" t="b"><v>2</v></c>', 'TRUE or FALSE was expected'],
    ['no date', '<c r="B2" t="d"><v>soon</v></c>', 'a date was expected'],
    ['a type that is not known', '<c r="B2" t="x"><v>1</v></c>', 'the type "x"'],
    ['a text of its own that is not there', '<c r="B2" t="inlineStr"><v>a</v></c>', 'has none'],
  ])('%s', async (_, cell, expected) => {
    const [[line, problem] = [0, '']] = problemsOf(await read(withValue(cell, { strings, formats })))
    expect(line).toBe(2)
    expect(problem).toMatch(/^Leavers!B2: /)
    expect(problem).toContain(expected)
  })

  test('a formula that was left to Excel to calculate', async () => {
    const calculation = '<calcPr fullCalcOnLoad="1"/>'
    const cell = '<c r="B2"><f>VLOOKUP(A2,D:E,2,0)</f><v>0</v></c>'
    expect(problemsOf(await read(withValue(cell, { calculation })))[0]?.[1]).toContain(
      'Leavers!B2: the cell contains a formula without',
    )
    expect(cellsOf(await read(withValue(cell)))).toEqual([['ada@example.com', '0']])
  })

  test.each<[string, string, string]>([
    [
      'a number',
      '<c r="A2"><v>1042</v></c>',
      'the user is the number 1042; an id or a login, as text, was expected',
    ],
    ['a date', '<c r="A2" s="1"><v>45413</v></c>', 'the user is the date 2024-05-01'],
    ['true', '<c r="A2" t="b"><v>1</v></c>', 'the user is TRUE'],
    ['an error', '<c r="A2" t="e"><v>#REF!</v></c>', 'the error "#REF!"'],
    ['nothing', '', 'the user is empty'],
  ])('a user that is %s', async (_, cell, expected) => {
    const rows = `${textRows([['user', 'value']])}<row r="2">${cell}${textCell('B2', 'x')}</row>`
    const found = problemsOf(await read({ sheets: [{ name: "Bob's list", rows }], formats }))
    expect(found).toEqual([[2, expect.stringContaining(expected)]])
    expect(found[0]?.[1]).toMatch(/^'Bob''s list'!A2: [^;]*(;[^;]*)?$/)
  })

  test('a cell that is asked for by where', async () => {
    const rows = `${textRows([
      ['user', 'Status'],
      ['ada@example.com', 'Left'],
      ['bob@example.com', 'Active'],
    ])}<row r="4">${textCell('A4', 'cy@example.com')}<c r="B4" t="e"><v>#N/A</v></c></row>`
    const found = await read({ sheets: [{ name: 'Leavers', rows }] }, { where: { status: ['left'] } })
    expect(problemsOf(found)).toEqual([
      [2, 'valid'],
      [3, 'not_selected'],
      [4, expect.stringContaining('Leavers!B4: the cell contains the error')],
    ])
  })
})

test('a date cell is read as a date whatever the format of the job says, which is for texts', async () => {
  const cells = [
    '<c r="B2" s="1"><v>46353</v></c>',
    textCell('B3', '27.11.2026'),
    textCell('B4', '2026-11-27'),
  ]
  const rows = cells.map((cell, index) => {
    const line = index + 2
    return `<row r="${line}">${textCell(`A${line}`, `user${line}@example.com`)}${cell}</row>`
  })
  const sheet = { name: 'Leavers', rows: textRows([['user', 'value']]) + rows.join('') }
  const due = {
    column: 'value',
    at: null,
    timeZone: 'UTC',
    timeZoneColumn: null,
    format: 'dd.MM.yyyy',
  }
  const found = await read({ sheets: [sheet], formats }, { due })
  expect(found.map((row) => (row.kind === 'valid' ? row.due : row.kind))).toEqual([
    Date.UTC(2026, 10, 28),
    Date.UTC(2026, 10, 28),
    'invalid',
  ])
})

test('a cell that is struck through makes a bad row, where its column is used', async () => {
  const rows = [
    ['ada@example.com', ''],
    ['bob@example.com', ' s="1"'],
    ['cy@example.com', ''],
  ].map(([user, style], index) => {
    const line = index + 2
    const cell = textCell(`A${line}`, user ?? '').replace('<c ', `<c${style ?? ''} `)
    const note = textCell(`B${line}`, 'note')
    return `<row r="${line}">${cell}${index === 2 ? note.replace('<c ', '<c s="1" ') : note}</row>`
  })
  const found = await read({ sheets: [{ rows: textRows([['user', 'note']]) + rows.join('') }] })
  expect(problemsOf(found)).toEqual([
    [2, 'valid'],
    [3, expect.stringContaining('A3: the cell is struck through')],
    [4, 'valid'],
  ])
})
