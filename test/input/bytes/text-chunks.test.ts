import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inputEncodings } from '../../../src/input/bytes/encoding.ts'
import { textChunks } from '../../../src/input/bytes/text-chunks.ts'
import { collect, encode, withInput } from '../support.ts'

const letters = fc.string({ unit: fc.constantFrom(...'aZ,;"\n\r\tüßÿ€Žœ’') })

test.each(inputEncodings)('gives %s as UTF-8, from any byte on, without a mark', async (encoding) => {
  await fc.assert(
    fc.asyncProperty(
      letters,
      fc.nat({ max: 12 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      async (text, start, marked, chunkBytes) => {
        const content = encode(marked && encoding !== 'windows-1252' ? `\ufeff${text}` : text, encoding)
        const chunks = await withInput(
          content,
          (input) => collect(textChunks(input, start, chunkBytes)),
          encoding,
        )
        expect(Buffer.concat(chunks)).toEqual(Buffer.from(text).subarray(start))
      },
    ),
    { numRuns: 60 },
  )
})

test('a mark of another encoding is text', async () => {
  const content = Buffer.concat([Buffer.from('\ufeffa'), Buffer.of(0xfc)])
  const chunks = await withInput(content, (input) => collect(textChunks(input, 0)), 'windows-1252')
  expect(Buffer.concat(chunks).toString()).toBe('ï»¿aü')
})
