import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { InputFormat } from '../../src/input/row.ts'
import { settleInput } from '../../src/input/settle-input.ts'
import { writeWorkbook } from '../support/workbook.ts'
import { knownErrorOf, withInput } from './support.ts'

const workbook = writeWorkbook({})
const csv = Buffer.from('user\nada@example.com\n')

function settle(name: string, bytes: Buffer, format: InputFormat | null = null) {
  return withInput(bytes, ({ path }) => settleInput({ path, name }, { format, encoding: null }))
}

/** A file of Microsoft's older container whose directory, in the third sector, has these names. */
function compound(names: readonly string[]): Buffer {
  const bytes = Buffer.alloc(512 * 12)
  bytes.write('d0cf11e0a1b11ae1', 'hex')
  bytes.writeUInt16LE(9, 30)
  bytes.writeUInt32LE(1, 48)
  for (const [index, name] of names.entries()) {
    const start = 1024 + 128 * index
    bytes.write(name, start, 'utf16le')
    bytes.writeUInt16LE(2 * name.length + 2, start + 64)
  }
  return bytes
}

describe('what an input is', () => {
  test.each<[string, Buffer, InputFormat | null, InputFormat]>([
    ['leavers.xlsx', workbook, null, 'xlsx'],
    ['LEAVERS.XLSX', workbook, null, 'xlsx'],
    ['standard input', workbook, null, 'xlsx'],
    ['leavers.xls', workbook, null, 'xlsx'],
    ['leavers.csv', workbook, 'xlsx', 'xlsx'],
    ['leavers.csv', csv, null, 'csv'],
    ['leavers.xlsx', csv, 'csv', 'csv'],
    ['standard input', csv, null, 'csv'],
    ['leavers.xls', csv, null, 'csv'],
  ])('%s', async (name, bytes, named, format) => {
    expect(await settle(name, bytes, named)).toEqual({ format, encoding: 'utf-8' })
  })

  test.each<[string, Buffer, InputFormat | null, string, string]>([
    [
      'leavers.csv',
      workbook,
      null,
      'leavers.csv: the input is an Excel workbook or another ZIP archive; CSV was expected',
      '--format xlsx',
    ],
    ['leavers.xlsx', workbook, 'json', 'JSON was expected', '--format xlsx'],
    ['leavers.xlsx', csv, null, 'because its name ends in .xlsx, but this is a text file', '--format csv'],
    [
      'leavers.csv',
      csv,
      'xlsx',
      'because the format xlsx was asked for, but this is a text file',
      '--format csv',
    ],
    [
      'leavers.xlsx',
      Buffer.from('<html><body>'),
      null,
      'is a web page (HTML)',
      'save it as "Excel Workbook (.xlsx)", or as CSV UTF-8',
    ],
    [
      'leavers.xlsx',
      compound(['Root Entry', 'EncryptionInfo', 'EncryptedPackage']),
      null,
      'is encrypted: an Excel workbook with a password',
      'remove the password',
    ],
    [
      'leavers.xlsx',
      compound(['Root Entry', 'Workbook']),
      null,
      'is an Excel workbook in the old format (.xls)',
      'save it as "Excel Workbook (.xlsx)"',
    ],
    [
      'leavers.xls',
      compound(['Root Entry', 'Book']),
      null,
      'is an Excel workbook in the old format (.xls)',
      '.xlsx',
    ],
    [
      'leavers.doc',
      compound(['Root Entry', 'WordDocument']),
      null,
      'in the old format (.xls), or one with a password',
      '.xlsx',
    ],
    ['leavers.xls', compound([]).subarray(0, 20), null, 'in the old format', '.xlsx'],
  ])('%s is refused', async (name, bytes, named, message, next) => {
    const error = await knownErrorOf(settle(name, bytes, named))
    expect(error.message).toContain(message)
    expect(error.next).toContain(next)
  })

  test.each<[string, string]>([['libreoffice.xls', 'is an Excel workbook in the old format (.xls);']])(
    '%s is named as what it is',
    async (name, message) => {
      const bytes = await readFile(new URL(`xlsx/workbooks/${name}`, import.meta.url))
      expect((await knownErrorOf(settle('leavers.xlsx', bytes))).message).toContain(message)
    },
  )
})
