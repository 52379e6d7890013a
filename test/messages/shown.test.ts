import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shown, shownList } from '../../src/messages/shown.ts'

describe('shown', () => {
  test('writes what a terminal would act on as escapes', () => {
    expect(shown('a\u001b[2J\u202eb\u2028')).toBe('"a\\u001b[2J\\u202eb\\u2028"')
    expect(shown('a\ud800')).toBe('"a\\ud800"')
  })

  test('cuts long texts between characters', () => {
    expect(shown('😀'.repeat(60))).toBe(`"${'😀'.repeat(60)}"`)
    expect(shown('😀'.repeat(61))).toBe(`"${'😀'.repeat(60)}…"`)
    expect(shown('x'.repeat(1000))).toBe(`"${'x'.repeat(60)}…"`)
  })

  test('is short and printable for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(shown(text).length).toBeLessThan(60 * 8 + 4)
        expect(shown(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      }),
    )
  })
})

test('shownList names thirty and counts the others', () => {
  expect(shownList(['a', 'b'])).toBe('"a", "b"')
  expect(shownList(Array.from({ length: 32 }, () => 'x'))).toMatch(/"x" and 2 more$/)
})
