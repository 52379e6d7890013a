import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { programVersion } from '../../src/cli/version.ts'
import { runInProcess } from '../support/in-process.ts'

const cwd = fileURLToPath(new URL('.', import.meta.url))

/** What `--help` prints is kept in `help/`: `npx vitest run test/cli/help.test.ts --update` writes it anew. */
const commands = [
  'run',
  'plan',
  'resume',
  'retry',
  'undo',
  'submit',
  'worker',
  'status',
  'runs',
  'report',
  'evidence',
  'verify-journal',
  'doctor',
  'validate',
  'sandbox',
  'completion',
] as const

test('the help of the program names every command', async () => {
  const end = await runInProcess(['--help'], { cwd })
  expect(end).toMatchObject({ code: 0, stderr: '' })
  await expect(end.stdout).toMatchFileSnapshot('help/okta-lifecycle.txt')
  const named = [...end.stdout.matchAll(/^ {2}okta-lifecycle ([\w-]+)/gm)].map(([, name]) => name)
  expect(named).toEqual(commands)
})

test.each(commands)('the help of %s', async (command) => {
  const end = await runInProcess([command, '--help'], { cwd })
  expect(end).toMatchObject({ code: 0, stderr: '' })
  await expect(end.stdout).toMatchFileSnapshot(`help/${command}.txt`)
})

test('the version is that of the package, with what a report of an error needs', async () => {
  const end = await runInProcess(['--version'], { cwd })
  expect(end.code).toBe(0)
  const [version, commit, ...rest] = end.stdout.trim().split(/ \(commit |\), |, /)
  expect(version).toBe(programVersion)
  expect(commit).toMatch(/^(unknown|[0-9a-f]{40}( with changes)?)$/)
  expect(rest).toEqual([`Node.js ${process.version}`, `${process.platform} ${process.arch}`])
})
