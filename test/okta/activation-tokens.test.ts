import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ActivationTokens } from '../../src/okta/activation-tokens.ts'
import { Cover } from '../../src/okta/cover.ts'
import { unitsOf } from '../../src/okta/token-pieces.ts'
import { randomFrom } from '../support/random.ts'

function found(tokens: ActivationTokens, text: string, least: number): string {
  const cover = new Cover(text.length)
  tokens.find(text, unitsOf(text.toLowerCase()), least, (from, end) => cover.add(from, end))
  return shownWithout(text, cover.spans())
}

/** A text with a star in the place of each character of the spans. */
function shownWithout(text: string, spans: Iterable<readonly [number, number]>): string {
  const characters = [...text]
  for (const [from, end] of spans) characters.fill('*', from, end)
  return characters.join('')
}

/** The same, found in the plainest way. */
function expected(tokens: readonly string[], text: string, least: number): string {
  const pieces = new Set<string>()
  for (const token of tokens)
    for (let at = 0; at + 8 <= token.length; at++) pieces.add(token.slice(at, at + 8).toLowerCase())
  const spans: [number, number][] = []
  for (let from = 0; from < text.length; from++) {
    let end = from
    while (pieces.has(text.slice(end, end + 8).toLowerCase())) end += 1
    if (end === from) continue
    if (end + 7 - from >= least) spans.push([from, end + 7])
    from = end
  }
  return shownWithout(text, spans)
}

const letters = fc.constantFrom(...'aAbB1')

describe('activation tokens', () => {
  it('are found wherever a text has enough characters of one in a row, and nothing else is', () => {
    const token = fc.string({ unit: letters, minLength: 12, maxLength: 24 })
    fc.assert(
      fc.property(
        fc.array(token, { minLength: 1, maxLength: 4 }),
        fc.array(fc.record({ which: fc.nat(), from: fc.nat(20), length: fc.nat(24), after: letters })),
        fc.integer({ min: 8, max: 12 }),
        (all, parts, least) => {
          const tokens = new ActivationTokens()
          for (const one of all) tokens.remember(one)
          const text = parts
            .map(({ which, from, length, after }) => {
              const piece = all[which % all.length]?.slice(from, from + length) ?? ''
              return `${piece}${after.repeat(from % 3)}${which % 2 === 0 ? '.' : ''}`
            })
            .join('')
          const shown = found(tokens, text, least)
          const plain = expected(all, text, least)
          for (const [at, character] of [...plain].entries())
            if (character === '*') expect(shown[at]).toBe('*')
          // In a longer stretch, base64 may stand for a piece by chance.
          if (!/[^.]{11}/.test(text)) expect(shown).toBe(plain)
        },
      ),
    )
  })

  it('are found in base64, at any place of a stretch of it', () => {
    const token = 'XE6wE17zmphl3KqAPFxO'
    const tokens = new ActivationTokens()
    tokens.remember(token)
    const bytes = fc.uint8Array({ maxLength: 9 }).map((all) => Buffer.from(all))
    fc.assert(
      fc.property(
        bytes,
        bytes,
        fc.constantFrom('base64', 'base64url'),
        fc.nat(3),
        fc.boolean(),
        (before, after, encoding, more, whole) => {
          const said = Buffer.concat([before, Buffer.from(whole ? token : token.slice(3, 15)), after])
          const text = `"${'x'.repeat(more)}${said.toString(encoding)}"`
          const shown = found(tokens, text, 12)
          const stars = shown.match(/\*+/g) ?? []
          expect(stars).toHaveLength(1)
          expect(stars[0]?.length).toBeGreaterThanOrEqual(whole ? 27 : 16)
          // Characters that hold bits of the token and of what stands beside it are masked as well.
          expect(stars[0]?.length).toBeLessThanOrEqual(whole ? 28 : 18)
          expect(
            found(tokens, `"${Buffer.from(`${token.slice(3, 14)}-`).toString(encoding)}"`, 12),
          ).not.toContain('*')
        },
      ),
    )
  })

  it('take as long to look for, however many are known', () => {
    const random = randomFrom(1)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const draw = (length: number): string =>
      Array.from({ length }, () => alphabet[Math.floor(random() * 64)]).join('')
    const one = new ActivationTokens()
    one.remember(draw(20))
    const many = new ActivationTokens()
    for (let times = 0; times < 20_000; times++) many.remember(draw(20))
    const text = draw(100_000)
    const timeOf = (tokens: ActivationTokens): number => {
      const begun = process.cpuUsage()
      tokens.mask(text)
      const { user, system } = process.cpuUsage(begun)
      return user + system
    }
    const ratios = Array.from({ length: 5 }, () => timeOf(many) / timeOf(one))
    expect(Math.min(...ratios)).toBeLessThan(5)
  })
})
