import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeFormula, unescapeFormula } from '../../../src/input/csv/formula.ts'

const tricky = fc.string({
  unit: fc.oneof(fc.constantFrom(...`'=+-@\t\r\n＝＋－＠a 1"`), fc.string({ minLength: 1, maxLength: 1 })),
})

describe('escapeFormula', () => {
  test.each(['=1+1', '+49 30 1', '-2', '@SUM(A1)', '\tx', '\rx', '＝1', '＋1', '－1', '＠a', "'=1", "''-1"])(
    'puts an apostrophe before %j',
    (text) => expect(escapeFormula(text)).toBe(`'${text}`),
  )

  test.each(['', 'ada@example.com', "'", "'quoted'", ' =1', '1-2', '\n=1'])('leaves %j alone', (text) =>
    expect(escapeFormula(text)).toBe(text),
  )

  test('is taken back exactly', () => {
    fc.assert(fc.property(tricky, (text) => unescapeFormula(escapeFormula(text)) === text))
  })

  test('never leaves a text that a spreadsheet would run', () => {
    fc.assert(fc.property(tricky, (text) => !/^[=+\-@\t\r＝＋－＠]/.test(escapeFormula(text))))
  })
})

describe('unescapeFormula', () => {
  test.each([
    ["'=1", '=1'],
    ["''=1", "'=1"],
    ["'abc", "'abc"],
    ['=1', '=1'],
    ["'", "'"],
  ])('reads %j as %j', (text, read) => expect(unescapeFormula(text)).toBe(read))
})
