import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { prepare } from '../../src/job/prepare.ts'
import { readProtectFile } from '../../src/job/protect-file.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { knownErrorOf } from '../journal/support.ts'

const directory = await mkdtemp(join(tmpdir(), 'protect-file-'))
afterAll(() => rm(directory, { recursive: true }))

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

it('reads an entry a line, without blank lines and comments', async () => {
  const path = await write(
    'a.txt',
    '# who stays\r\nceo@example.com\n\n   \n*@board.example.com\r  # more\nx@example.com',
  )
  expect(await readProtectFile(path)).toEqual(['ceo@example.com', '*@board.example.com', 'x@example.com'])
})

it.each([
  ['nothing.txt', null, 'no such file'],
  ['empty.txt', '# nobody\n\n', 'contains no entry'],
  ['other.txt', Buffer.from([0x63, 0xff, 0x0a]), 'not UTF-8'],
] as const)('refuses %s, since it might protect nobody', async (name, content, why) => {
  const path = content === null ? join(directory, name) : await write(name, content)
  const error = await knownErrorOf(() => readProtectFile(path))
  expect(error.message).toContain(why)
  expect(error.message).toContain(path)
  expect(error.exitCode).toBe(exitCodes.nothingSent)
})

it('is found beside the job file, and its entries are those of the job', async () => {
  await write('list.txt', 'ceo@example.com\n')
  const job = await write(
    'job.yaml',
    'name: a\naction: suspend\nguards: { protect: [boss@example.com], protect_file: list.txt }\n',
  )
  const { merge } = await prepare('in.csv', { job })
  expect(merge('csv').guards.protect).toEqual(['boss@example.com', 'ceo@example.com'])
})
