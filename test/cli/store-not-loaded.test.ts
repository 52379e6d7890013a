import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a command ends where the program stands without any package beside it. */
async function endOf(directory: string, args: readonly string[]) {
  return await promisify(execFile)(process.execPath, [join(directory, 'dist/main.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory },
  }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      text: stdout + stderr,
    }),
  )
}

it('needs neither PostgreSQL’s driver nor BullMQ for a command without a store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'without-packages-'))
  try {
    await cp(join(root, 'dist'), join(directory, 'dist'), { recursive: true })
    await cp(join(root, 'package.json'), join(directory, 'package.json'))
    await writeFile(join(directory, 'in.csv'), 'user,action\nada@example.com,suspend\n')
    const commands = [
      ['run', 'in.csv', '--sandbox', '--yes', '--quiet'],
      ['plan', 'in.csv', '--sandbox', '--quiet'],
      ['status'],
      ['runs'],
      ['report'],
      ['verify-journal'],
      ['evidence'],
      ['resume', '--latest'],
      ['validate', 'in.csv'],
    ]
    for (const args of commands)
      expect(await endOf(directory, args), args.join(' ')).toMatchObject({ code: 0 })
    const ofStore = await endOf(directory, ['runs', '--store', 'postgres://127.0.0.1:9/none'])
    expect(ofStore.text).toContain("Cannot find package 'pg'")
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
