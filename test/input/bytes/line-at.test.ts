import { expect, test } from 'vitest'
import { lineAt } from '../../../src/input/bytes/line-at.ts'
import { pieces } from '../support.ts'

const text = 'a\nbb\r\ncc\rdd\n\n\r\n\ree\r\n'

test.each([1, 2, 3, 64])('counts LF, CRLF and CR as one line end each, in pieces of %i', async (size) => {
  const lines: number[] = []
  for (const mark of ['a', 'bb', 'cc', 'dd', 'ee'])
    lines.push(await lineAt(pieces(Buffer.from(text), size), text.indexOf(mark)))
  expect(lines).toEqual([1, 2, 3, 4, 8])
})

test('passes over blank lines that begin at the offset', async () => {
  expect(await lineAt(pieces(Buffer.from(text), 64), text.indexOf('\n\n') + 1)).toBe(8)
})
