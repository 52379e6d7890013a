import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byteName, decodeUtf8, decodeUtf8Chunks, NotUtf8, utf8Extent } from '../../../src/input/bytes/utf8.ts'
import { collect, pieces } from '../support.ts'

/** Bytes that are often near to UTF-8: texts with single bytes changed, and bytes around the table's borders. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.array(
    fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
    ),
    { maxLength: 8 },
  ),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => Buffer.from(text)),
)

function strictDecode(input: Uint8Array, stream: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input, { stream })
  } catch {
    return null
  }
}

describe('utf8Extent', () => {
  test('agrees with a strict decoder on every prefix', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const input = Uint8Array.from(given)
        const { length, followedBy } = utf8Extent(input)
        expect(strictDecode(input.subarray(0, length), false)).not.toBeNull()
        expect(strictDecode(input, false) !== null).toBe(followedBy === 'nothing')
        expect(strictDecode(input, true) !== null).toBe(followedBy !== 'invalid')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('decodeUtf8Chunks', () => {
  test('gives the same text wherever the pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 5 }), async (text, size) => {
        expect((await collect(decodeUtf8Chunks(pieces(Buffer.from(text), size)))).join('')).toBe(text)
      }),
    )
  })

  test.each([1, 2, 3, 100])('gives what stands before a bad byte, in pieces of %i', async (size) => {
    const texts: string[] = []
    const work = (async () => {
      for await (const text of decodeUtf8Chunks(pieces(Buffer.from('4dc3bc6cfc41', 'hex'), size)))
        texts.push(text)
    })()
    await expect(work).rejects.toMatchObject({
      bytes: Buffer.from('fc41', 'hex').subarray(0, size === 1 ? 1 : 2),
      offset: 4,
    })
    expect(texts.join('')).toBe('Mül')
  })

  test('refuses a character that the end cuts off', async () => {
    await expect(collect(decodeUtf8Chunks(pieces(Buffer.from('41e282', 'hex'), 2)))).rejects.toMatchObject({
      bytes: Buffer.from('e282', 'hex'),
      offset: 1,
    })
  })
})

test('decodeUtf8 tells the first bad byte', () => {
  expect(decodeUtf8(Buffer.from('Zoë'))).toBe('Zoë')
  expect(() => decodeUtf8(Buffer.from('Zoë', 'latin1'))).toThrow(new NotUtf8(Buffer.of(0xeb), 2))
})

test('byteName says which letter the byte probably was', () => {
  expect(byteName(0xfc)).toBe('0xFC ("ü" in Windows-1252)')
  expect(byteName(0x81)).toBe('0x81')
})
