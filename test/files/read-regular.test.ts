import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openRegular, readRegular, readRegularNow, regularChunks } from '../../src/files/read-regular.ts'
import { parseSystemError } from '../../src/files/system-error.ts'
import { withDirectory } from '../journal/support.ts'

async function chunksOf(path: string, options?: { start: number; chunkBytes: number }): Promise<string[]> {
  const chunks: string[] = []
  for await (const chunk of regularChunks(path, options)) chunks.push(chunk.toString())
  return chunks
}

/** Every way to read, each with its own name. */
const ways: readonly [string, (path: string) => Promise<unknown>][] = [
  ['openRegular', async (path) => await (await openRegular(path)).close()],
  ['readRegular', readRegular],
  ['readRegularNow', async (path) => readRegularNow(path)],
  ['regularChunks', chunksOf],
]

describe('a file of ours', () => {
  it('is read whole, from a place on, and through a symbolic link', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'file')
      await writeFile(path, '0123456789')
      await symlink('file', join(directory, 'link'))
      expect(await readRegular(join(directory, 'link'))).toBe('0123456789')
      expect(readRegularNow(path)).toBe('0123456789')
      expect(await chunksOf(path, { start: 2, chunkBytes: 4 })).toEqual(['2345', '6789'])
    })
  })

  it.each(ways)('is refused by %s at once if something else is in its place', async (_, read) => {
    await withDirectory(async (directory) => {
      const path = (name: string): string => join(directory, name)
      execFileSync('mkfifo', [path('pipe')])
      await mkdir(path('directory'))
      await symlink('/dev/zero', path('device'))
      const server = createServer().listen(path('socket'))
      await once(server, 'listening')
      for (const name of ['pipe', 'device', 'socket', 'directory', 'missing']) {
        const error = await read(path(name)).catch((thrown: unknown) => thrown)
        const code = { directory: 'EISDIR', missing: 'ENOENT' }[name] ?? 'EFTYPE'
        expect([name, parseSystemError(error)]).toMatchObject([name, { code, path: path(name) }])
      }
      server.close()
    })
  })
})
