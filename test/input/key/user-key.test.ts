import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { trimInvisible } from '../../../src/input/key/trim.ts'
import { checkUserKey } from '../../../src/input/key/user-key.ts'

const ends = fc.string({
  unit: fc.constantFrom(
    ...' \t\n\r\u00a0\u2003\u200b\u200c\u200d\u2060\ufeff\u200e\u202e\u2069\u00ad\u{e0041}',
  ),
})
/** Names and addresses that no rule objects to; letters of several writings, and one outside the basic plane. */
const name = fc
  .string({ unit: fc.constantFrom(...'abXY19_+&éß日\u{1d4b3}'), minLength: 1 })
  .map((text) => `k${text}`)
const plain = fc.oneof(
  name.filter((text) => !/%[0-9a-f]{2}/i.test(text)),
  fc.tuple(name, name).map(([local, domain]) => `${local}@${domain.replaceAll(/[&+_]/g, '')}.example`),
)

describe('checkUserKey', () => {
  test('gives any plain key without what is invisible around it', () => {
    fc.assert(
      fc.property(ends, plain, ends, (before, key, after) => {
        expect(checkUserKey(before + key + after)).toMatchObject({ key })
      }),
    )
  })

  test('letters alone are a name, whatever bytes they are in the code pages of DOS', () => {
    expect(checkUserKey('ka@kßééa.example')).toMatchObject({ key: 'ka@kßééa.example' })
  })

  test('a key that is accepted is one path segment and comes back from its encoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const check = checkUserKey(text)
        if ('problem' in check) return
        const url = new URL(`https://example.okta.com/api/v1/users/${encodeURIComponent(check.key)}`)
        expect(url.pathname.split('/')).toHaveLength(5)
        expect(decodeURIComponent(url.pathname.split('/')[4] ?? '')).toBe(check.key)
        expect(url.search + url.hash).toBe('')
      }),
    )
  })

  test.each([
    '/',
    '?',
    '#',
    '\\',
    '\0',
    '\u001b',
    '\u007f',
    '\u0085',
    ' ',
    '\t',
    '\n',
    '\u00a0',
    '\u200b',
    '\u202e',
    '\u00ad',
    '\u{e0041}',
    '\u2800',
  ])('refuses %j inside a key', (character) => {
    fc.assert(
      fc.property(plain, plain, (before, after) => 'problem' in checkUserKey(before + character + after)),
      { numRuns: 20 },
    )
  })

  test.each(['\ud800', '\udfff', 'a\ud83d', '\ude00b', '\ud800\ud800'])(
    'refuses the half character in %j',
    (text) => expect(checkUserKey(text)).toEqual({ problem: expect.stringContaining('half a character') }),
  )

  test.each(['', '   ', '\u200b\ufeff', '.', '..', ' .. ', 'me', 'ME', 'mE', '\u00a0Me\u00a0'])(
    'refuses %j',
    (text) => expect(checkUserKey(text)).toHaveProperty('problem'),
  )

  test.each(['mel', 'me@example.com', '00u1ab2cd3ef4gh5ij6k', "o'brien@example.com", 'a😀b'])(
    'accepts %j',
    (text) => expect(checkUserKey(text)).toMatchObject({ key: text }),
  )

  test.each([
    ['00u1ab2cd3ef4gh5ij6k', 'id'],
    ['00U1AB2CD3EF4GH5IJ6K', 'short_name'],
    ['afenwick', 'short_name'],
    ['00123', 'short_name'],
    ['mary-ann', 'short_name'],
    ['jan.smith', 'short_name'],
    ['ada@example.com', 'address'],
    ['ADA.FENWICK@EXAMPLE.COM', 'address'],
    ['jörg@exämple.de', 'address'],
    ["pat.o'hara@example.com", 'address'],
    ['ada+hr@corp', 'address'],
    ['пётр@пример.рф', 'address'],
    ['田中@example.jp', 'address'],
    ['nguyễn.văn@example.vn', 'address'],
    ['null@example.com', 'address'],
    ['1.02e@example.com', 'address'],
  ])('knows %j by its form', (text, kind) => {
    expect(checkUserKey(text)).toEqual({ key: text, kind })
  })

  test.each(
    [
      'NULL N/A #N/A none nil TBC tbd n.a. ? - -- 0 000 unknown (null) <null> [none] NaN undefined k.A. xxx TRUE … ... (blank)',
      '1.02E+05 1,02E+05 1.5e+20 123.0 1,234 1-Mar Sep-02 01-Mar-24 3-Mrz Mär-01 2026-11-20 20.11.2026 2026-11-20T00:00:00',
    ].flatMap((line) => line.split(' ')),
  )('refuses %j, which is nobody', (text) => {
    expect(checkUserKey(text)).toHaveProperty('problem')
  })

  test.each([
    ['mailto:ada@example.com', 'ada@example.com'],
    ['Ada Fenwick <ada@example.com>', 'ada@example.com'],
    ['<ada@example.com>', 'ada@example.com'],
    ['ada@example.com;', 'ada@example.com'],
    ['ada@example.com.', 'ada@example.com'],
    ["'ada@example.com'", 'ada@example.com'],
    ['ada@example.com(left)', 'ada@example.com'],
    ['ada@example.com/work', 'ada@example.com'],
    ['[ada@example.com](mailto:ada@example.com)', 'ada@example.com'],
    ['“ada@example.com”', 'ada@example.com'],
    ['ada＠example.com', 'ada@example.com'],
    ['ada%40example.com', 'ada@example.com'],
    ['e-mail=ada@example.com', 'ada@example.com'],
    ['ad\u00ada@example.com', 'ada@example.com'],
    ['a\u0336d\u0336a\u0336@example.com', 'is struck out'],
    ['ada@example.com,bob@example.com', '2 addresses'],
    ['ada@example.com\nbob@example.com', '2 addresses'],
    ['jÃ¶rg@example.com', 'jörg@example.com'],
    ['j√∂rg@example.com', 'jörg@example.com'],
    ['j├Ârg@example.com', 'jörg@example.com'],
    ['j\ufffdrg@example.com', 'wrong encoding'],
    ['mary‑ann@example.com', 'U+2011'],
    ['pat.o’hara@example.com', 'U+2019'],
    ['_ada@example.com_', 'not a valid email address'],
    ['ada@', 'not a valid email address'],
    ['@example.com', 'not a valid email address'],
    ['ada@@example.com', 'more than one @'],
    ['ada@example..com', 'not a valid email address'],
    ['.ada@example.com', 'ada@example.com'],
    ['ada@example.com*', 'ada@example.com'],
    ['ada@exam!ple.com', 'not a valid email address'],
  ])('refuses %j and names what was meant', (text, said) => {
    expect(checkUserKey(text)).toEqual({ problem: expect.stringContaining(said) })
  })

  test('says what was wrong without passing control characters on', () => {
    expect(checkUserKey('ada\u001b[31m')).toEqual({
      problem:
        'the user "ada\\u001b[31m" contains a character that cannot be seen (U+001B); an id or a login was expected',
    })
    expect(checkUserKey('ada lovelace')).toEqual({
      problem: 'the user "ada lovelace" contains white space (U+0020); an id or a login was expected',
    })
  })
})

test('a cell of 1 MiB is judged in no time', () => {
  const began = performance.now()
  for (const text of [`@${'a'.repeat(1_000_000)}`, `${'a.'.repeat(500_000)}@x,`, 'é'.repeat(500_000)])
    checkUserKey(text)
  expect(performance.now() - began).toBeLessThan(2000)
})

describe('trimInvisible', () => {
  test('takes linear time on long runs of spaces', () => {
    const text = `a${' '.repeat(1_000_000)}b`
    const began = performance.now()
    expect(trimInvisible(text)).toBe(text)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
