import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withWorkplace } from '../end-to-end/workplace.ts'
import { commandLinesIn, faultOf } from './command-line.ts'
import { blocksOf, codesOf, pages } from './pages.ts'

/** Texts besides the pages that tell people what to type. */
const others = [
  'CONTRIBUTING.md',
  'SECURITY.md',
  'deploy/README.md',
  'deploy/crontab',
  ...readdirSync('jobs').map((name) => join('jobs', name)),
]

describe('every command line is one that the program takes', () => {
  it.each(pages)('%s', (page) => {
    const codes = codesOf(page).filter((code) => /^okta-lifecycle [a-z]/.test(code))
    const lines = [...blocksOf(page).map(({ text }) => text), ...codes].flatMap(commandLinesIn)
    expect(lines.filter((line) => faultOf(line) !== null).map(faultOf)).toEqual([])
  })

  it.each(others)('%s', (file) => {
    const text = readFileSync(file, 'utf8')
    const lines = file.endsWith('.md') ? codesOf(file).flatMap(commandLinesIn) : commandLinesIn(text)
    expect(
      lines
        .filter((line) => /^[a-z-]+ --/.test(line))
        .map(faultOf)
        .filter((fault) => fault !== null),
    ).toEqual([])
  })

  it('flags in the prose are flags of some command', () => {
    const known = readFileSync('docs/commands.md', 'utf8')
    const foreign = [
      '--env-file',
      '--collector.textfile.directory',
      '--link',
      '--manifest',
      '--disable-triggers',
    ]
    for (const page of pages)
      for (const code of codesOf(page).filter((one) => /^--[a-z]/.test(one))) {
        const flag = code.split(/[ =|]/)[0] ?? ''
        if (foreign.includes(flag) || /^--(help|version)$/.test(flag)) continue
        expect(known, `${flag} in ${page}`).toMatch(new RegExp(`${flag.replace('--no-', '--(no-)?')}[ \`]`))
      }
  })

  it('a wrong one is found', () => {
    expect(
      commandLinesIn('cd x && okta-lifecycle run a.csv --yes # now\nokta-lifecycle status | head'),
    ).toEqual(['run a.csv --yes', 'status'])
    expect(faultOf('run a.csv --actoin suspend')).toBe('run has no flag --actoin')
    expect(faultOf('retry --in-doubt drop')).toBe('retry --in-doubt does not take drop')
    expect(faultOf('run --action --yes')).toBe('run --action needs a value')
    expect(faultOf('rerun')).toBe('there is no command rerun')
    expect(faultOf('runs a')).toBe('runs takes no 1 arguments')
    expect(faultOf('run a b')).toBe('run takes no 2 arguments')
  })
})

/** All texts of the program, without what is put into them. */
function programTexts(): string {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join('src', name), 'utf8'))
    .join('\n')
    .replaceAll(/\\(['`])/g, '$1')
}

/** What the program says about these: texts that it puts together from parts. */
async function saidHere(): Promise<string> {
  const said: string[] = []
  await withWorkplace(async (place) => {
    await place.write('leavers.csv', 'login,email\nann@example.com,ann@example.com\n')
    await place.write('job.yaml', 'name: part\nacton: suspend\n')
    const org = { OKTA_CLIENT_ORGURL: 'http://127.0.0.1:9' }
    for (const [line, env] of [
      ['run leavers.csv --action suspend --user-column login --yes', {}],
      ['run leavers.csv --action suspend --user-column login --yes', org],
      ['validate leavers.csv --action suspend', {}],
      ['validate leavers.csv --job job.yaml', {}],
      ['status --lates', {}],
    ] as const)
      said.push((await place.runHere(null, line.split(' '), { env })).stderr)
  })
  return said.join('\n')
}

it('what troubleshooting.md says that people see is what the program says', async () => {
  const texts = `${programTexts()}\n${await saidHere()}`
  const rows = [...readFileSync('docs/troubleshooting.md', 'utf8').matchAll(/^\| (`.*?`) \| .* \|$/gm)]
  const seen = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
  expect(seen.length).toBeGreaterThan(40)
  const unsaid = seen.filter((code) =>
    code
      .split('…')
      .map((part) => part.replace(/^[\s,;:.()]+|[\s.()]+$/g, ''))
      .some((part) => part !== '' && !texts.includes(part)),
  )
  expect(unsaid).toEqual([])
})
