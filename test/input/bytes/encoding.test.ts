import { expect, test } from 'vitest'
import { parseEncoding } from '../../../src/input/bytes/encoding.ts'

test.each([
  ['utf-8', 'utf-8'],
  ['UTF8', 'utf-8'],
  ['Utf_16', 'utf-16'],
  ['Unicode', 'utf-16'],
  ['UTF-16LE', 'utf-16le'],
  ['utf16be', 'utf-16be'],
  ['Windows-1252', 'windows-1252'],
  ['CP1252', 'windows-1252'],
  ['latin-1', 'windows-1252'],
  ['ISO-8859-1', 'windows-1252'],
  ['ISO_8859-1', 'windows-1252'],
])('%s is %s', (text, encoding) => {
  expect(parseEncoding(text)).toBe(encoding)
})

test.each(['', 'utf-7', 'iso-8859-15', 'windows-1250', 'ansi', 'utf-16 le be', '__proto__'])(
  '%j is not known',
  (text) => {
    expect(parseEncoding(text)).toBeNull()
  },
)
