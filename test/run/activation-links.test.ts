import { execFileSync } from 'node:child_process'
import { appendFile, chmod, type FileHandle, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it, vi } from 'vitest'
import { parseActivation } from '../../src/okta/activation.ts'
import { ActivationLinks } from '../../src/run/activation-links.ts'
import { identityOf, type LinkOwner, type RunIdentity } from '../../src/run/link-lines.ts'
import { withDirectory } from '../journal/support.ts'
import { answerOf } from '../okta/answers.ts'

function runOf(id: string): RunIdentity {
  return { run_id: id, created_at: '2026-03-02T10:00:00.000Z' }
}

const owner: LinkOwner = {
  row: 3,
  step: 1,
  user: 'user1@example.com',
  action: 'activate',
  okta_user_id: '00u00000000000000001',
  okta_login: 'user1@example.com',
}
const activation = { url: 'https://org.example.com/welcome/-tok1', token: '-tok1' }

async function saved(path: string, runId: string, ...owners: readonly LinkOwner[]): Promise<void> {
  const links = await ActivationLinks.open(path, runOf(runId))
  await Promise.all(owners.map((each) => links.save(each, activation)))
  await links.close()
}

describe('the file for activation links', () => {
  it('is a CSV that only its owner may read, and that several runs append to', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'links.csv')
      await saved(path, 'run-1', owner)
      await saved(path, 'run-2', { ...owner, row: 1 }, { ...owner, row: 2, user: 'a "b", c' })
      expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
      const records = parse(await readFile(path, 'utf8'), { columns: true }) as Record<string, string>[]
      expect(records.map(({ run_id, row, user }) => [run_id, row, user])).toEqual([
        ['run-1', '3', 'user1@example.com'],
        ['run-2', '1', 'user1@example.com'],
        ['run-2', '2', 'a "b", c'],
      ])
      // A spreadsheet would take a token that begins with a dash for a formula.
      expect(records[0]).toMatchObject({ activation_url: activation.url, activation_token: "'-tok1" })
      expect(Date.parse(records[0]?.received_at ?? '')).not.toBeNaN()
    })
  })

  it.each(['links.csv', 'links.jsonl'])('tells whom a row of its run meant: %s', async (name) => {
    await withDirectory(async (directory) => {
      const path = join(directory, name)
      await saved(
        path,
        'run-1',
        owner,
        { ...owner, row: 4, okta_login: null },
        { ...owner, row: 5, okta_user_id: null },
      )
      await saved(path, 'run-2', { ...owner, row: 1 })
      const links = await ActivationLinks.open(path, runOf('run-1'))
      expect([3, 4, 5, 1].map((row) => links.userOf(row))).toEqual([
        { id: owner.okta_user_id, login: owner.okta_login },
        { id: owner.okta_user_id, login: '' },
        null,
        null,
      ])
      await links.close()
    })
  })

  it('is JSON lines where its name says so', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'links.jsonl')
      await saved(path, 'run-1', owner)
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
        ...owner,
        run_id: 'run-1',
        activation_url: activation.url,
        activation_token: '-tok1',
      })
    })
  })

  it.each(['links.csv', 'links.jsonl'])(
    '%s keeps what it held, but for what a crash left of a line',
    async (name) => {
      await withDirectory(async (directory) => {
        const path = join(directory, name)
        await saved(path, 'run-1', owner)
        const before = await readFile(path, 'utf8')
        await chmod(path, 0o644)
        await appendFile(path, before.trimEnd().split('\n').at(-1)?.slice(0, -9) ?? '')
        await saved(path, 'run-2')
        expect(await readFile(path, 'utf8')).toBe(before)
        expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
      })
    },
  )

  it.each(['links.csv', 'links.jsonl'])('%s knows of which tasks it holds a link', async (name) => {
    await withDirectory(async (directory) => {
      const path = join(directory, name)
      await saved(path, '=run-1', owner, { ...owner, step: 2, user: 'somebody else' })
      const links = await ActivationLinks.open(path, runOf('run-2'))
      for (const step of [1, 2])
        expect(links.has({ run: identityOf(runOf('=run-1')), row: 3, step })).toBe(true)
      // Of another row, another step, or of this run, which has saved none.
      for (const task of [
        { run: identityOf(runOf('=run-1')), row: 4, step: 1 },
        { run: identityOf(runOf('=run-1')), row: 3, step: 3 },
        { row: 3, step: 1 },
      ])
        expect(links.has(task), JSON.stringify(task)).toBe(false)
      const saving = links.save({ ...owner, row: 5 }, activation)
      // Not before it is on disk.
      expect(links.has({ row: 5, step: 1 })).toBe(false)
      await saving
      expect(links.has({ row: 5, step: 1 })).toBe(true)
      expect(links.has({ run: identityOf(runOf('run-2')), row: 5, step: 1 })).toBe(true)
      await links.close()
    })
  })

  it('goes on beside itself where the system takes no more of it, and says why', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'links.csv')
      const links = await ActivationLinks.open(path, runOf('run-1'))
      await links.save(owner, activation)
      const handle = await open(path)
      const datasync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync')
      await handle.close()
      datasync.mockRejectedValueOnce(
        Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'fdatasync' }),
      )
      try {
        for (const row of [4, 5]) {
          const saved = await links.save({ ...owner, row }, activation)
          expect(saved.where).toBe(join(directory, 'links.run-1.csv'))
          expect(saved.trouble?.message).toContain(path)
        }
      } finally {
        datasync.mockRestore()
      }
      await links.close()
      const beside = parse(await readFile(join(directory, 'links.run-1.csv'), 'utf8'), { columns: true })
      expect((beside as Record<string, string>[]).map(({ row }) => row)).toEqual(['4', '5'])
    })
  })

  it('is refused at once where it is a pipe, for which nobody may ever wait', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'links.csv')
      execFileSync('mkfifo', [path])
      await expect(ActivationLinks.open(path, runOf('run-1'))).rejects.toThrow(
        'is not a file of activation links',
      )
    })
  })

  it.each([
    ['links.csv', Buffer.from('notes\nlast line without newline: pr\xe9cieux', 'latin1')],
    ['links.csv', Buffer.from('one line of something else')],
    ['links.jsonl', Buffer.from('{"other":1}\n{"other":2}')],
  ])('%s is left as it is if it is a file of something else', async (name, bytes) => {
    await withDirectory(async (directory) => {
      const path = join(directory, name)
      await writeFile(path, bytes, { mode: 0o644 })
      await expect(ActivationLinks.open(path, runOf('run-1'))).rejects.toThrow(
        'is not a file of activation links',
      )
      expect(await readFile(path)).toEqual(bytes)
      expect(((await stat(path)).mode & 0o777).toString(8)).toBe('644')
    })
  })

  it.each(['links.csv', 'links.jsonl'])(
    '%s keeps its last link where an editor took the last line feed',
    async (name) => {
      await withDirectory(async (directory) => {
        const path = join(directory, name)
        await saved(path, 'run-1', owner)
        const before = await readFile(path, 'utf8')
        await writeFile(path, before.trimEnd())
        await saved(path, 'run-2', { ...owner, row: 4 })
        const after = await readFile(path, 'utf8')
        expect(after.startsWith(before)).toBe(true)
        const links = await ActivationLinks.open(path, runOf('run-1'))
        expect(links.has({ row: 3, step: 1 })).toBe(true)
        await links.close()
      })
    },
  )

  it('that can’t be opened is an error which names it, and nothing of a link', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'links.csv')
      await mkdir(path)
      await expect(ActivationLinks.open(path, runOf('run-1'))).rejects.toThrow(path)
      await writeFile(join(directory, 'file'), '')
      await expect(ActivationLinks.open(join(directory, 'file', 'x.csv'), runOf('run-1'))).rejects.toThrow(
        'ENOTDIR',
      )
    })
  })
})

describe('the activation link in an answer', () => {
  it.each<[string, object, unknown]>([
    [
      'with a link',
      { activationUrl: 'https://org.example.com/x', activationToken: 't' },
      { url: 'https://org.example.com/x', token: 't' },
    ],
    ['with a token alone', { activationToken: 't' }, { url: null, token: 't' }],
    ['with neither', {}, null],
    ['of another form', { activationToken: 7, activationUrl: 'x' }, null],
  ])('is found in one %s', (_, body, expected) => {
    expect(parseActivation(answerOf(200, JSON.stringify(body)))).toEqual(expected)
  })

  it('is not looked for in a refusal', () => {
    expect(parseActivation(answerOf(403, '{"activationToken":"t"}'))).toBeNull()
  })
})
