import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inputEncodings } from '../../../src/input/bytes/encoding.ts'
import { textChunks } from '../../../src/input/bytes/text-chunks.ts'
import { collect, encode, knownErrorOf, withInput } from '../support.ts'

const letters = fc.string({ unit: fc.constantFrom(...'aZ,;"\n\r\tüßÿ€Žœ’') })

test.each(inputEncodings)('gives %s as UTF-8, from any byte on, without a mark', async (encoding) => {
  await fc.assert(
    fc.asyncProperty(
      letters,
      fc.nat({ max: 12 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      async (given, start, marked, chunkBytes) => {
        // One letter whose byte is in no UTF-8: a file that is UTF-8 throughout is refused as Windows-1252.
        const text = `ü${given}`
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

test.each([1, 3, 64])('UTF-8 that is named Windows-1252 is refused, in pieces of %i', async (size) => {
  const read = (content: string | Buffer) =>
    withInput(content, (input) => collect(textChunks(input, 0, size)), 'windows-1252')
  expect((await knownErrorOf(read('user\njörg@example.com\n'))).message).toContain('is UTF-8 throughout')
  expect(Buffer.concat(await read('user\nada@example.com\n')).toString()).toContain('ada@example.com')
  expect(Buffer.concat(await read(Buffer.from('Zoë ist da', 'latin1'))).toString()).toBe('Zoë ist da')
})
