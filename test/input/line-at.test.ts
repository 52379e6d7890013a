import { expect, test } from 'vitest'
import { lineAt } from '../../src/input/line-at.ts'
import { withInput } from './support.ts'

const text = 'a\nbb\r\ncc\rdd\n\n\r\n\ree\r\n'

test.each([1, 2, 3, 64])(
  'counts LF, CRLF and CR as one line end each, in pieces of %i',
  async (chunkBytes) => {
    await withInput(text, async (file) => {
      const lines: number[] = []
      for (const mark of ['a', 'bb', 'cc', 'dd', 'ee'])
        lines.push(await lineAt(file, text.indexOf(mark), chunkBytes))
      expect(lines).toEqual([1, 2, 3, 4, 8])
    })
  },
)

test('passes over blank lines that begin at the offset', async () => {
  await withInput(text, async (file) => {
    expect(await lineAt(file, text.indexOf('\n\n') + 1)).toBe(8)
  })
})
