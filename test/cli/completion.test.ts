import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { bashScript } from '../../src/cli/completion/bash.ts'
import { fishScript } from '../../src/cli/completion/fish.ts'
import { wordsOf } from '../../src/cli/completion/words.ts'
import { zshScript } from '../../src/cli/completion/zsh.ts'
import { runInProcess } from '../support/in-process.ts'

const words = wordsOf(commands)

/** A directory with files and runs to complete. */
function directoryWith(script: string, name: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'completion-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const run of ['runs/monday', 'runs/tuesday', 'other/wednesday']) {
    mkdirSync(join(directory, run), { recursive: true })
    writeFileSync(join(directory, run, 'run.json'), '{}')
  }
  mkdirSync(join(directory, 'runs/no-run'))
  mkdirSync(join(directory, 'runs/x$(touch executed)'))
  writeFileSync(join(directory, 'runs/x$(touch executed)/run.json'), '{}')
  writeFileSync(join(directory, 'leavers of may.csv'), '')
  writeFileSync(join(directory, name), script)
  return directory
}

/** What follows on what was typed, in the order in which the shell shows it. */
type Complete = (typed: string) => readonly string[]

function inBash(): Complete {
  const directory = directoryWith(bashScript(words), 'script')
  const program = `source ./script
COMP_WORDS=(okta-lifecycle "$@"); COMP_CWORD=$#; _okta_lifecycle
for one in "\${COMPREPLY[@]}"; do echo "$one"; done`
  return (typed) => linesOf('bash', ['-c', program, 'bash', ...typed.split(' ')], directory)
}

function inFish(): Complete {
  const directory = directoryWith(fishScript(words), 'script')
  return (typed) => {
    const program = `source ./script; complete -C 'okta-lifecycle ${typed}'`
    return linesOf('fish', ['--no-config', '-c', program], directory).map((line) => line.split('\t')[0] ?? '')
  }
}

function linesOf(program: string, args: readonly string[], cwd: string): readonly string[] {
  const { stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((line) => line !== '')
}

function isHere(shell: string): boolean {
  return spawnSync(shell, ['--version']).error === undefined
}

const shells: readonly (readonly [name: string, make: () => Complete])[] = [
  ['bash', inBash],
  ['fish', inFish],
]

for (const [shell, make] of shells) {
  it.skipIf(!isHere(shell))(`${shell} completes commands, flags, values, files and runs`, () => {
    const complete = make()
    expect(complete('re').toSorted()).toEqual(['report', 'resume', 'retry'])
    expect(complete('run --act').toSorted()).toEqual(['--action', '--action-column'])
    expect(complete('run --action sus')).toEqual(['suspend'])
    expect(complete('run --no-r')).toEqual(['--no-read'])
    expect(complete('run lea').map((path) => path.replaceAll('\\', ''))).toEqual(['leavers of may.csv'])
    expect(complete('resume mon')).toEqual(['monday'])
    expect(complete('resume --runs-dir other wed')).toEqual(['wednesday'])
    expect(complete('status no')).toEqual([])
    expect(complete('run exec')).toEqual([])
    expect(complete('run --share ')).toEqual([])
    expect(complete('completion ').toSorted()).toEqual(['bash', 'fish', 'zsh'])
  })
}

it.skipIf(!isHere('zsh'))('zsh understands its script', () => {
  const directory = directoryWith(zshScript(words), '_okta-lifecycle')
  expect(spawnSync('zsh', ['-n', '_okta-lifecycle'], { cwd: directory, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  })
})

it('every command and every flag stands in every script', () => {
  const [bash, zsh, fish] = [bashScript(words), zshScript(words), fishScript(words)]
  for (const { name, flags } of words) {
    expect(bash).toMatch(new RegExp(`'(.* )?${name} .*--version'`))
    expect(zsh).toContain(`    '${name}:`)
    expect(fish).toContain(`-n __fish_use_subcommand -a ${name} `)
    for (const { flag } of flags) {
      expect(bash, flag).toMatch(new RegExp(`'${name} -'\\*\\) .*${flag}\\b`))
      expect(zsh).toContain(`'${flag}[`)
      expect(fish).toContain(`'__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} `)
    }
  }
})

it('asks for the shell where none or another is named', async () => {
  const cwd = tmpdir()
  expect(await runInProcess(['completion'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('A shell was expected: bash, zsh, fish'),
  })
  const other = await runInProcess(['completion', 'tcsh'], { cwd })
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('"tcsh" is not known: bash, zsh')])
  expect((await runInProcess(['completion', 'zsh'], { cwd })).stdout).toBe(zshScript(words))
})
