import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LineRules, LineTooLong, lineOf, splitLines } from '../../../src/input/bytes/split-lines.ts'
import { collect, pieces } from '../support.ts'

async function split(text: string, size: number, rules: Partial<LineRules> = {}) {
  const chunks = pieces(Buffer.from(text), size)
  const batches = await collect(splitLines(chunks, { quotes: false, longest: 1000, ...rules }))
  return batches.flatMap((lines) =>
    lines.starts.map((start, index) => ({
      line: lines.numbers[index],
      text: lineOf(lines, index).toString(),
      start: lines.offset + start,
    })),
  )
}

const sizes = [1, 2, 3, 64]

describe('splitLines', () => {
  test.each(sizes)('counts LF, CRLF and CR as one line end each, in pieces of %i', async (size) => {
    const text = 'a\nbb\r\ncc\rdd\n\n\r\n\ree\r\n'
    expect(await split(text, size)).toEqual([
      { line: 1, text: 'a', start: 0 },
      { line: 2, text: 'bb', start: text.indexOf('bb') },
      { line: 3, text: 'cc', start: text.indexOf('cc') },
      { line: 4, text: 'dd', start: text.indexOf('dd') },
      { line: 8, text: 'ee', start: text.indexOf('ee') },
    ])
  })

  test.each(sizes)(
    'goes on through line ends in quotes where that is asked for, in pieces of %i',
    async (size) => {
      const lines = await split('a,"x\ny"\n"\r\n""",b\r\nc', size, { quotes: true, firstLine: 5 })
      expect(lines.map(({ line, text }) => [line, text])).toEqual([
        [5, 'a,"x\ny"'],
        [7, '"\r\n""",b'],
        [9, 'c'],
      ])
    },
  )

  test('gives the same wherever the pieces end', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\n', '\r', '\r\n', ',') })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (given, size, quotes) => {
        expect(await split(given, size, { quotes })).toEqual(await split(given, 1000, { quotes }))
      }),
    )
  })

  test('gives all lines before one that is too long, and says which it is', async () => {
    const read: string[] = []
    const work = (async () => {
      const chunks = pieces(Buffer.from(`a\n\nb\n${'x'.repeat(50)}`), 8)
      for await (const lines of splitLines(chunks, { quotes: false, longest: 20 }))
        read.push(...lines.starts.map((_, index) => lineOf(lines, index).toString()))
    })()
    await expect(work).rejects.toThrow(LineTooLong)
    await expect(work).rejects.toMatchObject({ line: 4 })
    expect(read).toEqual(['a', 'b'])
  })
})
