import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Extent } from '../../../src/input/bytes/utf8.ts'
import {
  decodeWindows1252,
  windows1252Character,
  windows1252ToUtf8,
} from '../../../src/input/bytes/windows-1252.ts'
import { collect, pieces } from '../support.ts'

const noCharacter = [0x81, 0x8d, 0x8f, 0x90, 0x9d]

// Unicode's CP1252.TXT, 0x80 to 0x9F.
const codePoints =
  '20AC ---- 201A 0192 201E 2026 2020 2021 02C6 2030 0160 2039 0152 ---- 017D ---- ---- 2018 2019 201C 201D 2022 2013 2014 02DC 2122 0161 203A 0153 ---- 017E 0178'.split(
    ' ',
  )

test('the characters are those of the code page', () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const written = codePoints[byte - 0x80] ?? byte.toString(16)
    const expected = written === '----' ? null : String.fromCodePoint(Number.parseInt(written, 16))
    expect(windows1252Character(byte)).toBe(expected)
  }
})

test('decodeWindows1252 gives nothing where a byte is no character', () => {
  expect(decodeWindows1252(Buffer.from('4dfc6c6c657220808a', 'hex'))).toBe('Müller €Š')
  for (const byte of noCharacter) expect(decodeWindows1252(Buffer.of(0x41, byte))).toBeNull()
})

describe('windows1252ToUtf8', () => {
  test('writes the characters, wherever the pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.integer({ min: 1, max: 5 }), async (given, size) => {
        const bytes = Buffer.from(given.filter((byte) => !noCharacter.includes(byte)))
        const written = Buffer.concat(await collect(windows1252ToUtf8(pieces(bytes, size))))
        expect(written.toString()).toBe(decodeWindows1252(bytes))
      }),
    )
  })

  test.each(noCharacter)('leaves byte %i, where reading then fails', async (byte) => {
    for (const before of ['A', '\u00fc', '\u20ac', '']) {
      const prefix = Buffer.from(before)
      const latin = before === '\u20ac' ? Buffer.of(0x80) : Buffer.from(before, 'latin1')
      const written = await collect(windows1252ToUtf8(pieces(Buffer.concat([latin, Buffer.of(byte)]), 9)))
      expect(Buffer.concat(written)).toEqual(Buffer.concat([prefix, Buffer.of(byte)]))
      expect(utf8Extent(Buffer.concat(written))).toEqual({ length: prefix.length, followedBy: 'invalid' })
    }
  })
})
