import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const text = readFileSync('SECURITY.md', 'utf8')
const claims = [...text.matchAll(/^\| (?!claim|---)(.+?) \| (.*) \|$/gm)].map(
  ([, claim = '', proof = '']) => ({
    claim,
    proof,
  }),
)

describe('each claim of SECURITY.md has its test', () => {
  it('and there are some', () => {
    expect(claims.length).toBeGreaterThan(25)
  })

  it.each(claims)('$claim', ({ proof }) => {
    const [, path = '', title = ''] = /^`(.+)`: "(.+)"$/.exec(proof) ?? []
    expect(existsSync(path), proof).toBe(true)
    // In the line of a test or of a group of tests, its title.
    const titles =
      readFileSync(path, 'utf8').match(/^\s*(?:(?:it|test|describe)\b|\]\)\()[\s\S]*?(?:=> \{|,$)/gm) ?? []
    expect(
      titles.some((found) => found.includes(title)),
      `${title} in ${path}`,
    ).toBe(true)
  })
})
