import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkUserKey, stripInvisible } from '../../src/input/user-key.ts'

const ends = fc.string({ unit: fc.constantFrom(...' \t\n\r\u00a0\u2003\u200b\u200c\u200d\u2060\ufeff') })
const plain = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019@._+-%äßé日𝒳\'"=&'), minLength: 1 })
  .filter((text) => !/^(\.{1,2}|me)$/i.test(text))

describe('checkUserKey', () => {
  test('gives any plain key without what is invisible around it', () => {
    fc.assert(
      fc.property(ends, plain, ends, (before, key, after) => {
        expect(checkUserKey(before + key + after)).toEqual({ key })
      }),
    )
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

  test.each(['mel', 'me@example.com', '...', '00u1ab2cd3ef4gh5ij6k', "o'brien@example.com", 'a😀b'])(
    'accepts %j',
    (text) => expect(checkUserKey(text)).toEqual({ key: text }),
  )

  test('says what was wrong without passing control characters on', () => {
    expect(checkUserKey('ada\u001b[31m')).toEqual({
      problem:
        'the user "ada\\u001b[31m" holds a character that cannot be seen (U+001B); an id or a login was expected',
    })
    expect(checkUserKey('ada lovelace')).toEqual({
      problem: 'the user "ada lovelace" holds white space (U+0020); an id or a login was expected',
    })
  })
})

describe('stripInvisible', () => {
  test('takes linear time on long runs of spaces', () => {
    const text = `a${' '.repeat(1_000_000)}b`
    const began = performance.now()
    expect(stripInvisible(text)).toBe(text)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
