import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openRunLog } from '../../src/run/run-log.ts'
import { withDirectory } from '../journal/support.ts'

it('appends what is logged', async () => {
  await withDirectory(async (directory) => {
    for (const number of [1, 2]) {
      const { log, close } = openRunLog(directory)
      log.info({ number }, 'Something')
      close()
    }
    const lines = (await readFile(join(directory, 'run.log'), 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).number)).toEqual([1, 2])
  })
})

it('stops nothing where it cannot be opened', async () => {
  await withDirectory(async (directory) => {
    const { log, close } = openRunLog(join(directory, 'nowhere'))
    expect(() => log.warn('Something')).not.toThrow()
    expect(close).not.toThrow()
  })
})

it('stops nothing where the disk is full', async () => {
  await withDirectory(async (directory) => {
    await symlink('/dev/full', join(directory, 'run.log'))
    const { log, close } = openRunLog(directory)
    for (let number = 0; number < 100; number++) expect(() => log.warn({ number }, 'Something')).not.toThrow()
    expect(close).not.toThrow()
  })
})

it('never follows a link', async () => {
  await withDirectory(async (directory) => {
    const elsewhere = join(directory, 'mine')
    await writeFile(elsewhere, 'mine')
    await symlink(elsewhere, join(directory, 'run.log'))
    const { log, close } = openRunLog(directory)
    log.warn('Something')
    close()
    expect(await readFile(elsewhere, 'utf8')).toBe('mine')
  })
})
