import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exists } from '../../src/files/exists.ts'
import { withDirectory } from '../journal/support.ts'

it('knows what is there and what is not', async () => {
  await withDirectory(async (directory) => {
    await writeFile(join(directory, 'file'), '')
    expect(await exists(directory)).toBe(true)
    expect(await exists(join(directory, 'file'))).toBe(true)
    expect(await exists(join(directory, 'nothing'))).toBe(false)
    expect(await exists(join(directory, 'file', 'below'))).toBe(false)
  })
})

it('says so where it can’t be found out: that is not the same as no', async () => {
  await withDirectory(async (directory) => {
    await expect(exists(join(directory, 'x'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
  })
})
