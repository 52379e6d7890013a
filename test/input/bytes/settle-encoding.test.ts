import { describe, expect, test } from 'vitest'
import type { InputEncoding, NamedEncoding } from '../../../src/input/bytes/encoding.ts'
import { settleEncoding } from '../../../src/input/bytes/settle-encoding.ts'
import { knownErrorOf, withInput } from '../support.ts'

const text = 'user,name\na,Zoë\n'
const le = Buffer.from(text, 'utf16le')
const be = Buffer.from(text, 'utf16le').swap16()
const markedLe = Buffer.from(`\ufeff${text}`, 'utf16le')
const markedBe = Buffer.from(`\ufeff${text}`, 'utf16le').swap16()
const markedUtf8 = Buffer.from(`\ufeff${text}`)
const latin = Buffer.from(text, 'latin1')

describe('settleEncoding', () => {
  test.each<[string, Buffer | string, NamedEncoding | null, InputEncoding]>([
    ['plain text', text, null, 'utf-8'],
    ['an empty file', '', null, 'utf-8'],
    ['one byte', 'a', null, 'utf-8'],
    ['a mark of UTF-8', markedUtf8, null, 'utf-8'],
    ['a mark of UTF-16LE', markedLe, null, 'utf-16le'],
    ['a mark of UTF-16BE', markedBe, null, 'utf-16be'],
    ['nothing but a mark', Buffer.of(0xff, 0xfe), null, 'utf-16le'],
    ['a mark that says the same', markedUtf8, 'utf-8', 'utf-8'],
    ['a mark that tells the byte order', markedLe, 'utf-16', 'utf-16le'],
    ['a mark that tells the other byte order', markedBe, 'utf-16', 'utf-16be'],
    ['a mark that says the same of UTF-16', markedBe, 'utf-16be', 'utf-16be'],
    ['what was asked for', le, 'utf-16le', 'utf-16le'],
    ['what was asked for', be, 'utf-16be', 'utf-16be'],
    ['what was asked for', latin, 'windows-1252', 'windows-1252'],
    [
      'UTF-16 that begins with letters that tell nothing',
      Buffer.from('日本', 'utf16le'),
      'utf-16le',
      'utf-16le',
    ],
    ['other bytes, which the readers refuse', latin, null, 'utf-8'],
  ])('%s', async (_, content, named, expected) => {
    expect(await withInput(content, (input) => settleEncoding(input, named))).toBe(expected)
  })

  test.each<[string, Buffer, NamedEncoding | null, string, string]>([
    [
      'UTF-16 without a mark',
      le,
      null,
      'leavers.csv: the input looks like UTF-16LE without a byte-order mark; UTF-8 was expected.',
      'Add --encoding utf-16le (in a job file: input.encoding)',
    ],
    ['big-endian UTF-16 without a mark', be, null, 'looks like UTF-16BE', 'Add --encoding utf-16be'],
    [
      'UTF-16 where another was named',
      le,
      'windows-1252',
      'Windows-1252 was expected',
      '--encoding utf-16le',
    ],
    ['the other byte order', le, 'utf-16be', 'looks like UTF-16LE', '--encoding utf-16le'],
    ['a byte order that cannot be told', be, 'utf-16', 'UTF-16 with one was expected', 'utf-16be'],
    ['no UTF-16 at all', latin, 'utf-16', 'has no byte-order mark to tell the byte order', 'utf-16le'],
    [
      'a mark against what was named',
      markedUtf8,
      'windows-1252',
      'leavers.csv: the input begins with the byte-order mark of UTF-8; Windows-1252 was expected.',
      'Leave out --encoding (in a job file: input.encoding): the byte-order mark shows the encoding. Or name utf-8.',
    ],
    ['a mark of the other byte order', markedLe, 'utf-16be', 'byte-order mark of UTF-16LE', 'name utf-16le'],
    ['a mark of UTF-16 against UTF-8', markedBe, 'utf-8', 'byte-order mark of UTF-16BE', 'name utf-16be'],
    [
      'a mark of UTF-8 before UTF-16',
      Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), le]),
      null,
      'leavers.csv: the input begins with the byte-order mark of UTF-8, but what follows looks like UTF-16LE.',
      'export it again, as UTF-8',
    ],
    ['a mark of UTF-8 against UTF-16', markedUtf8, 'utf-16', 'byte-order mark of UTF-8', 'name utf-8'],
    [
      'a workbook',
      Buffer.from('504b030414000600', 'hex'),
      null,
      'is an Excel workbook or a ZIP',
      'CSV UTF-8',
    ],
    [
      'an old workbook',
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      null,
      'is an Excel workbook in the old',
      'CSV UTF-8',
    ],
    ['UTF-32', Buffer.from('fffe000061000000', 'hex'), null, 'is UTF-32', 'CSV UTF-8'],
    [
      'a workbook that was named',
      Buffer.from('504b0304', 'hex'),
      'windows-1252',
      'is an Excel workbook',
      'CSV UTF-8',
    ],
  ])('refuses %s', async (_, content, named, message, next) => {
    const error = await withInput(content, (input) => knownErrorOf(settleEncoding(input, named)))
    expect(error.message).toContain(message)
    expect(error.next).toContain(next)
  })
})
