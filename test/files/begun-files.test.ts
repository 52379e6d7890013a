import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openReplacingFile, removeBegunFiles, replaceFile } from '../../src/files/replacing-file.ts'

it('a paused writer cannot put its file in place once its successor has removed it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'okta-lifecycle-'))
  try {
    const path = join(directory, 'results.jsonl')
    const paused = await openReplacingFile(path)
    await paused.write('old\n')
    // Files that only look alike are somebody's own.
    await writeFile(join(directory, '.mine.tmp'), '')
    await removeBegunFiles(directory)
    await replaceFile(path, 'new\n')
    await expect(paused.commit()).rejects.toThrow(/results\.jsonl/)
    await paused.discard()
    expect(await readFile(path, 'utf8')).toBe('new\n')
    expect((await readdir(directory)).sort()).toEqual(['.mine.tmp', 'results.jsonl'])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
