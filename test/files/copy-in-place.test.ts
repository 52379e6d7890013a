import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CannotWrite } from '../../src/files/cannot-write.ts'
import { copyInPlace } from '../../src/files/copy-in-place.ts'
import { withDirectory } from '../journal/support.ts'

it('takes a file away from who still has it open', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'journal.ndjson')
    await writeFile(path, 'one\n', { mode: 0o600 })
    const woken = await open(path, 'r+')
    await copyInPlace(path)
    await woken.write('overwritten\n', 0)
    await woken.datasync()
    await woken.close()
    expect(await readFile(path, 'utf8')).toBe('one\n')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['journal.ndjson'])
  })
})

it('says what stands in its way, and leaves what is there', async () => {
  await withDirectory(async (directory) => {
    await mkdir(join(directory, 'a directory'))
    await expect(copyInPlace(join(directory, 'a directory'))).rejects.toBeInstanceOf(CannotWrite)
    expect(await readdir(directory)).toEqual(['a directory'])
  })
})
