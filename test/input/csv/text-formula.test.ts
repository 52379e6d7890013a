import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quoteFormulas, textInFormula } from '../../../src/input/csv/text-formula.ts'

describe('textInFormula', () => {
  test.each([
    ['="00123"', '00123'],
    [' ="00123"\u00a0', '00123'],
    ['=""', ''],
    ['="say ""hi"""', 'say "hi"'],
    ['=" ada "', ' ada '],
  ])('reads the text inside %j', (cell, text) => {
    expect(textInFormula(cell)).toBe(text)
  })

  test.each([
    '',
    'ada',
    '="',
    '="a',
    '=a"',
    '="a"b"',
    '="a"&"b"',
    '=A1',
    '=HYPERLINK("a")',
    '"a"',
    'x="a"',
    '\'="a"',
  ])('leaves %j as it is', (cell) => {
    expect(textInFormula(cell)).toBe(cell)
  })

  test('gives every text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a" ="\'') }), (text) => {
        expect(textInFormula(`="${text.replaceAll('"', '""')}"`)).toBe(text)
      }),
    )
  })
})

function quote(text: string, delimiter = ','): string {
  return quoteFormulas(Buffer.from(text), delimiter).toString()
}

describe('quoteFormulas', () => {
  test.each([
    ['="1"', '"=""1"""'],
    ['="1",a\n', '"=""1""",a\n'],
    ['a,="1"\r\nb,="2"', 'a,"=""1"""\r\nb,"=""2"""'],
    ['a,="x ""y"" z",b', 'a,"=""x """"y"""" z""",b'],
    ['="Lovelace, Ada",b', '"=""Lovelace, Ada""",b'],
    ['"=""1""",="2"', '"=""1""","=""2"""'],
    ['"a\n=""",="2"', '"a\n=""","=""2"""'],
    ['=""', '"="""""'],
  ])('puts the formulas of %j in quotes', (text, expected) => {
    expect(quote(text)).toBe(expected)
  })

  test.each([
    'a="1"',
    ' ="1"',
    '="1"x,b',
    '="1"x",b',
    '="1',
    '="1\n"',
    '=A1,=',
    '=',
    '="',
    '="""',
    '"a,=""b"""',
    '"a,="',
    '"x\n="",y"\n',
    '\'="1"',
    '5" pipe,"x"',
  ])('leaves %j as it is', (text) => {
    expect(quote(text)).toBe(text)
  })

  test('goes by the delimiter', () => {
    expect(quote('a;="1,5";b', ';')).toBe('a;"=""1,5""";b')
    expect(quote('a;="1";b', ',')).toBe('a;="1";b')
  })

  test('leaves every CSV that is written properly as it is', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'a="",;\n\r '), maxLength: 6 })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 3 })), (rows) => {
        const text = stringify(rows, { quoted: true })
        expect(quote(text)).toBe(text)
      }),
      { numRuns: 300 },
    )
  })
})
