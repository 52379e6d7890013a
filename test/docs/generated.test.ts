import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { commands } from '../../src/cli/commands.ts'
import { generatedPages, withPart } from '../../src/cli/docs/pages.ts'
import { jobSchema } from '../../src/job/job.ts'
import { parseOrgsFile } from '../../src/okta/settings-file.ts'
import { blocksOf, pages } from './pages.ts'

describe('the pages with a part that is made from the program', () => {
  it.each([...generatedPages])('%s is as npm run docs writes it', (name, part) => {
    const page = readFileSync(`docs/${name}`, 'utf8')
    expect(page).toBe(withPart(page, part()))
  })

  it('have every command, flag and example', () => {
    const text = readFileSync('docs/commands.md', 'utf8')
    for (const { usage, options, examples } of commands) {
      expect(text).toMatch(new RegExp(`^okta-lifecycle ${usage.replaceAll(/[[\]]/g, '\\$&')}( |$)`, 'm'))
      for (const flag of Object.keys(options))
        expect(text).toMatch(new RegExp(`^\\| \`--(no-)?${flag}[ \`]`, 'm'))
      for (const [example] of examples) expect(text).toContain(example.replaceAll('$0', 'okta-lifecycle'))
    }
  })

  it('have every key of a job file', () => {
    const text = readFileSync('docs/job-file.md', 'utf8')
    for (const name of readdirSync('jobs'))
      for (const path of keysOf(parse(readFileSync(`jobs/${name}`, 'utf8'))))
        expect(text, path).toContain(`| \`${path}\` |`)
  })

  it('are refused without their marks', () => {
    expect(() => withPart('# A page\n', '')).toThrow('needs the lines')
  })
})

/** The paths of the single keys of a job; what a `where` compares is a column of the input and no key. */
function keysOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || path === 'input.where')
    return [path]
  return Object.entries(value).flatMap(([key, child]) => keysOf(child, path === '' ? key : `${path}.${key}`))
}

const yaml = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === 'yaml'))
const jobs = yaml.filter(({ text }) => !text.startsWith('# orgs.yaml\n'))

it.each(jobs)('the job of $page, line $line, is one', ({ text }) => {
  const job = { name: 'part', ...parse(text) }
  expect(jobSchema.safeParse(job).error?.issues ?? []).toEqual([])
})

it('the file of orgs is one', () => {
  const files = yaml.filter((block) => !jobs.includes(block))
  expect(files.map(({ text }) => parseOrgsFile(text, 'orgs.yaml').length)).toEqual([2])
})
