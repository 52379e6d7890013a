import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { manPage } from '../../src/cli/man-page.ts'

const page = manPage()

it('the manual page has every command, flag and example', () => {
  const text = page.replaceAll('\\-', '-')
  for (const { usage, options, examples } of commands) {
    expect(text).toContain(`.SS ${usage}\n`)
    for (const flag of Object.keys(options)) expect(text).toMatch(new RegExp(`^\\.BI? --${flag}\\b`, 'm'))
    for (const [example] of examples)
      expect(text).toContain(`.B ${example.replaceAll('$0', 'okta-lifecycle')}\n`)
  }
})

it('every line of it is a text or a request that man knows', () => {
  for (const line of page.split('\n').filter((one) => /^[.']/.test(one)))
    expect(line).toMatch(/^\.(TH|SH|SS|B|BI|BR|I|TP|PP)\b/)
})

it.skipIf(spawnSync('groff', ['--version']).error !== undefined)('groff reads it without a warning', () => {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], { input: page, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/verify.journal/)
})
