import fs, { appendFileSync, constants, truncateSync } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { CutShort, SyncedAppends, WrittenElsewhere } from '../../src/files/synced-appends.ts'
import { withDirectory } from '../journal/support.ts'

/** What another process does just before a write reaches the file: after the last look at its length. */
let before = (): void => {}
const { writevSync } = fs

beforeAll(() => {
  fs.writevSync = (...args) => {
    before()
    return writevSync(...args)
  }
  syncBuiltinESMExports()
})

afterAll(() => {
  fs.writevSync = writevSync
  syncBuiltinESMExports()
})

beforeEach(() => {
  before = () => {}
})

interface Place {
  readonly path: string
  readonly append: (text: string) => Promise<void>
  /** Called as a sync begins. */
  readonly onSync: (work: () => void) => void
}

async function withFile(work: (place: Place) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, 'lines')
    await writeFile(path, 'known\n')
    const file = await open(path, constants.O_RDWR | constants.O_APPEND)
    const sync = vi.spyOn(file, 'datasync')
    const appends = new SyncedAppends<null>(file, 6, null, (cause) => cause as Error)
    try {
      await work({
        path,
        append: (text) => appends.append(Buffer.from(text), null),
        onSync: (at) => sync.mockImplementationOnce(async () => at()),
      })
    } finally {
      await appends.close()
    }
  })
}

it('takes back what it wrote in the same moment as another process, but after it, and fails', async () => {
  await withFile(async ({ path, append }) => {
    await append('mine\n')
    before = () => appendFileSync(path, 'theirs\n')
    await expect(append('late\n')).rejects.toThrow(WrittenElsewhere)
    expect(await readFile(path, 'utf8')).toBe('known\nmine\ntheirs\n')
    await expect(append('later\n')).rejects.toThrow(WrittenElsewhere)
    expect(await readFile(path, 'utf8')).toBe('known\nmine\ntheirs\n')
  })
})

it('also where both lines have the same text', async () => {
  await withFile(async ({ path, append }) => {
    before = () => appendFileSync(path, 'same\n')
    await expect(append('same\n')).rejects.toThrow(WrittenElsewhere)
    expect(await readFile(path, 'utf8')).toBe('known\nsame\n')
  })
})

it('leaves what another process has written after it, and fails', async () => {
  await withFile(async ({ path, append, onSync }) => {
    onSync(() => appendFileSync(path, 'theirs\n'))
    await expect(append('mine\n')).rejects.toThrow(WrittenElsewhere)
    expect(await readFile(path, 'utf8')).toBe('known\nmine\ntheirs\n')
  })
})

it('writes nothing after what another process has written before', async () => {
  await withFile(async ({ path, append }) => {
    await append('mine\n')
    appendFileSync(path, 'theirs\n')
    await expect(append('late\n')).rejects.toThrow(WrittenElsewhere)
    expect(await readFile(path, 'utf8')).toBe('known\nmine\ntheirs\n')
  })
})

it('fails where the file was cut short before it wrote, and as it wrote', async () => {
  await withFile(async ({ path, append }) => {
    await writeFile(path, '')
    await expect(append('mine\n')).rejects.toThrow(CutShort)
    expect(await readFile(path, 'utf8')).toBe('')
  })
  await withFile(async ({ path, append, onSync }) => {
    onSync(() => truncateSync(path, 3))
    await expect(append('mine\n')).rejects.toThrow(CutShort)
    expect(await readFile(path, 'utf8')).toBe('kno')
  })
})
