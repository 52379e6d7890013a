import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Extent } from '../../../src/input/bytes/utf8.ts'
import { describeNotUtf16, utf16ToUtf8 } from '../../../src/input/bytes/utf16.ts'
import { cases } from '../../support/cases.ts'
import { collect, pieces } from '../support.ts'

const byteOrders = ['le', 'be'] as const
const sizes = fc.integer({ min: 1, max: 7 })

function write(text: string, byteOrder: 'le' | 'be'): Buffer {
  const bytes = Buffer.from(text, 'utf16le')
  return byteOrder === 'le' ? bytes : bytes.swap16()
}

async function transcode(bytes: Buffer, byteOrder: 'le' | 'be', size: number): Promise<Buffer> {
  return Buffer.concat(await collect(utf16ToUtf8(pieces(bytes, size), byteOrder)))
}

describe.each(byteOrders)('UTF-16 with %s', (byteOrder) => {
  test('becomes the same text, wherever the pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), sizes, async (text, size) => {
        expect((await transcode(write(text, byteOrder), byteOrder, size)).toString()).toBe(text)
      }),
    )
  })

  test('fails at the first half character, and nowhere else', async () => {
    const unit = fc.oneof(fc.integer({ min: 0xd7fe, max: 0xe001 }), fc.integer({ min: 0, max: 0x7f }))
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { maxLength: 8 }), sizes, async (units, size) => {
        const text = String.fromCharCode(...units)
        const written = await transcode(write(text, byteOrder), byteOrder, size)
        const { length, followedBy } = utf8Extent(written)
        const place = text.search(/\p{Cs}/u)
        if (place < 0) {
          expect(followedBy).toBe('nothing')
          return
        }
        expect(followedBy).toBe('invalid')
        expect(written.toString('utf8', 0, length)).toBe(text.slice(0, place))
        const code = text.charCodeAt(place).toString(16).toUpperCase()
        expect(describeNotUtf16(written.subarray(length))).toContain(`0x${code} is half a character`)
      }),
      { numRuns: cases(200) },
    )
  })

  test.each([0x00, 0x0a, 0x22, 0x41, 0xd8, 0xff])('fails at a byte %i that is left over', async (byte) => {
    for (const text of ['', 'Zoë', 'a😀']) {
      for (const size of [1, 2, 3, 64]) {
        const written = await transcode(
          Buffer.concat([write(text, byteOrder), Buffer.of(byte)]),
          byteOrder,
          size,
        )
        const { length } = utf8Extent(written)
        expect(written.toString('utf8', 0, length)).toBe(text)
        expect(describeNotUtf16(written.subarray(length))).toContain(
          `the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')} is left over`,
        )
        // A quote or a line end among them would change what a reader makes of the place.
        expect(written.subarray(length).every((one) => one >= 0x80)).toBe(true)
      }
    }
  })
})
