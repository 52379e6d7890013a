import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { InputEncoding, NamedEncoding } from '../../src/input/bytes/encoding.ts'
import { settleEncoding } from '../../src/input/bytes/settle-encoding.ts'
import { detectFormat } from '../../src/input/format.ts'
import { readRows } from '../../src/input/read-rows.ts'
import { resolveColumns } from '../../src/input/resolve-columns.ts'
import type { InputRow } from '../../src/input/row.ts'
import { collect, encode, withInput } from './support.ts'

/** Reads an input as a run does: all that can be told is told by the file. */
async function read(content: Buffer, named: NamedEncoding | null, name: string): Promise<InputRow[]> {
  return withInput(content, async ({ path }) => {
    const input = { path, name, encoding: await settleEncoding({ path, name }, named) }
    const format = await detectFormat(input, null)
    const mapping = await resolveColumns(input, { format, userColumn: null, actionColumn: null })
    return collect(readRows(input, mapping, { format, action: null, steps: null }))
  })
}

/** The columns that mean something, of each row that can be acted on; the problems of the others. */
function essence(rows: readonly InputRow[]): unknown[] {
  return rows.map((row) =>
    row.kind === 'valid'
      ? [row.user, ...row.actions, row.sendEmail]
      : row.problems.map(({ message }) => message.split(/[;,]/)[0]),
  )
}

/**
 * One sheet saved by LibreOffice 7.4 in several ways. It has an empty row in the middle and one at the end, a cell
 * with quotes and a line feed, a formula ="00123", true and false, a percentage and a number with a format.
 */
describe('a sheet saved by LibreOffice', () => {
  const note = 'says "hi"; 5 € – “x”\nsecond line'

  test.each<[string, NamedEncoding | null, string, string]>([
    ['libreoffice-utf-8.csv', null, '00123', '1,234.50'],
    ['libreoffice-windows-1252.csv', 'windows-1252', '00123', '1,234.50'],
    ['libreoffice-utf-16.csv', null, '00123', '1,234.50'],
    ['libreoffice-formulas.csv', null, '="00123"', '1234.5'],
  ])('%s', async (name, named, id, cost) => {
    const rows = await read(await readFile(join(import.meta.dirname, 'spreadsheets', name)), named, name)
    expect(essence(rows)).toEqual([
      ['jörg.müller@example.com', 'suspend', true],
      ['00123', 'unlock', false],
      ['zoë@example.com', 'unsuspend', null],
    ])
    expect(rows.map(({ cells }) => [...cells.values()])).toEqual([
      ['jörg.müller@example.com', ' suspend ', 'TRUE', '12%', cost, note],
      [id, 'unlock', 'FALSE', '', '123456789012', "'quoted"],
      ['zoë@example.com', 'UNSUSPEND', '', '', '', '  spaces  '],
    ])
  })
})

/** As Excel writes them: CRLF between rows, LF within cells, quotes only where they are needed. */
describe('a sheet saved by Excel', () => {
  const lines = (delimiter: string): string =>
    [
      ['Login', 'Action', 'Send Email', 'Note', ''],
      ['jörg@example.com', 'suspend', 'WAHR', '"a ""b""\nc"', ''],
      ['"=""00123"""', 'Unlock', 'FALSE', '12,5 €', ''],
      ['zoë@example.com ', 'unsuspend', '', "'x", ''],
      ['', '', '', '', ''],
      ['', '', '', '', ''],
    ]
      .map(
        (cells) =>
          `${cells.map((cell) => (cell.includes(delimiter) ? `"${cell}"` : cell)).join(delimiter)}\r\n`,
      )
      .join('')

  const twins: readonly (readonly [string, string, string, InputEncoding, NamedEncoding | null])[] = [
    ['CSV UTF-8', 'a.csv', `\ufeff${lines(';')}`, 'utf-8', null],
    ['CSV (comma delimited)', 'a.csv', lines(';'), 'windows-1252', 'windows-1252'],
    ['Unicode Text', 'a.txt', `\ufeff${lines('\t')}`, 'utf-16le', null],
    ['Unicode Text, named', 'a.txt', `\ufeff${lines('\t')}`, 'utf-16le', 'utf-16'],
    ['a sep= line', 'a.csv', `sep=;\r\n${lines(';')}`, 'windows-1252', 'windows-1252'],
    ['a sep= line after a byte-order mark', 'a.csv', `\ufeffsep=|\r\n${lines('|')}`, 'utf-8', null],
    ['a sep= line in UTF-16', 'a.csv', `\ufeffsep=;\r\n${lines(';')}`, 'utf-16le', null],
    ['a sep= line in UTF-16, big-endian', 'a.csv', `\ufeffsep=,\r\n${lines(',')}`, 'utf-16be', null],
  ]

  test.each(twins)('%s', async (_, name, text, encoding, named) => {
    const rows = await read(encode(text, encoding), named, name)
    expect(essence(rows)).toEqual([
      ['jörg@example.com', 'suspend', true],
      ['00123', 'unlock', false],
      ['zoë@example.com', 'unsuspend', null],
    ])
    expect(rows.map(({ cells }) => [...cells])).toEqual([
      [
        ['Login', 'jörg@example.com'],
        ['Action', 'suspend'],
        ['Send Email', 'WAHR'],
        ['Note', 'a "b"\nc'],
        ['column_5', ''],
      ],
      [
        ['Login', '="00123"'],
        ['Action', 'Unlock'],
        ['Send Email', 'FALSE'],
        ['Note', '12,5 €'],
        ['column_5', ''],
      ],
      [
        ['Login', 'zoë@example.com '],
        ['Action', 'unsuspend'],
        ['Send Email', ''],
        ['Note', "'x"],
        ['column_5', ''],
      ],
    ])
  })
})
