import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { ReadOptions } from './support.ts'
import { problemsOf, readBytes } from './support.ts'

/**
 * Workbooks of one list that four programs wrote: ExcelJS 4.4, LibreOffice 7.4, openpyxl 3.1 and XlsxWriter 3.2, each
 * with dates from 1900 and from 1904. A title stands in line 1, the header in line 3. Line 6 has a text in bold, line 7
 * is hidden, C8 is `=1/0`, A9 a number, and B10 is merged with B11. Sheets before and after are not meant.
 */
async function readFrom(writer: string, options: ReadOptions = {}) {
  const bytes = await readFile(new URL(`workbooks/${writer}.xlsx`, import.meta.url))
  return await readBytes(bytes, { headerLine: 3, ...options })
}

const calculating = [
  'exceljs',
  'exceljs-1904',
  'libreoffice',
  'libreoffice-1904',
  'xlsxwriter',
  'xlsxwriter-1904',
]

describe('workbooks as programs write them', () => {
  test.each(calculating)('%s', async (writer) => {
    const rows = await readFrom(writer)
    expect(problemsOf(rows)).toEqual([
      [4, 'valid'],
      [5, 'valid'],
      [6, 'valid'],
      [7, expect.stringContaining("the row 'Leavers of May'!7:7 is hidden or filtered out")],
      [8, expect.stringMatching(/^'Leavers of May'!C8: the cell contains the error "#DIV\/0!"/)],
      [9, expect.stringMatching(/^'Leavers of May'!A9: the user is the number 4711/)],
      [10, 'valid'],
      [11, expect.stringMatching(/^'Leavers of May'!B11: the cell is merged with others as B10:B11/)],
    ])
    expect(Object.fromEntries(rows[2]?.cells ?? [])).toEqual({
      'Work Email': 'cy@example.com',
      Action: 'suspend',
      'Last day': '2024-05-03',
      Number: '102002',
      Active: 'TRUE',
      Note: 'CY@EXAMPLE.COM',
      When: '2024-05-03T18:00:00',
    })
  })

  test.each(calculating)('%s, with its hidden row', async (writer) => {
    const row = (await readFrom(writer, { hiddenRows: 'read' }))[3]
    expect(row).toMatchObject({ kind: 'valid', row: 4, line: 7, user: 'dora@example.com' })
  })

  test.each(['openpyxl', 'openpyxl-1904'])('%s, which calculates no formula', async (writer) => {
    const rows = await readFrom(writer)
    expect(rows).toHaveLength(8)
    for (const [line, problems] of problemsOf(rows))
      expect(problems).toMatch(
        new RegExp(
          line === 7 ? '!7:7 is hidden' : `'!F${line}: the cell contains a formula without a stored value`,
        ),
      )
    expect(rows[2]?.cells.get('Last day')).toBe('2024-05-03')
    expect(rows[2]?.cells.get('Work Email')).toBe('cy@example.com')
  })

  test('the line of the header is named where the title was read as one', async () => {
    await expect(readFrom('libreoffice', { headerLine: null })).rejects.toMatchObject({
      message: expect.stringContaining('Line 1 was read as the header, but line 3 looks like it.'),
      next: expect.stringContaining('--header-line 3'),
    })
  })
})
