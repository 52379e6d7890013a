import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFormulaQuoter, textInFormula } from '../../../src/input/csv/text-formula.ts'

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

function quote(text: string, size: number, delimiter = ',', longest = 1000): string {
  const quoter = createFormulaQuoter(delimiter.charCodeAt(0), longest)
  const bytes = Buffer.from(text)
  const written: Buffer[] = []
  for (let place = 0; place < bytes.length; place += size)
    written.push(quoter.take(bytes.subarray(place, place + size)))
  written.push(quoter.end())
  return Buffer.concat(written).toString()
}

const sizes = [1, 2, 3, 5, 1000]

describe('createFormulaQuoter', () => {
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
    for (const size of sizes) expect(quote(text, size)).toBe(expected)
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
    for (const size of sizes) expect(quote(text, size)).toBe(text)
  })

  test('goes by the delimiter', () => {
    expect(quote('a;="1,5";b', 1000, ';')).toBe('a;"=""1,5""";b')
    expect(quote('a;="1";b', 1000, ',')).toBe('a;="1";b')
  })

  test('holds back no more than it may', () => {
    expect(quote(`="${'x'.repeat(50)}",a`, 7, ',', 20)).toBe(`="${'x'.repeat(50)}",a`)
    expect(quote(`="${'x'.repeat(50)}",a`, 7, ',', 60)).toBe(`"=""${'x'.repeat(50)}""",a`)
  })

  test('leaves every CSV that is written properly as it is, wherever the pieces end', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'a="",;\n\r '), maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 1, maxLength: 3 })),
        fc.integer({ min: 1, max: 9 }),
        (rows, size) => {
          const text = stringify(rows, { quoted: true })
          expect(quote(text, size)).toBe(text)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('gives the same wherever the pieces end', () => {
    const near = fc.string({ unit: fc.constantFrom('="', '"', '=', ',', '\n', 'a', '""', '\r\n') })
    fc.assert(
      fc.property(near, fc.integer({ min: 1, max: 9 }), (text, size) => {
        expect(quote(text, size)).toBe(quote(text, 1000))
      }),
      { numRuns: 500 },
    )
  })
})
