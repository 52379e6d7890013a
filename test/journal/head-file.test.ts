import { link, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeadFile, keepHeadApart, readHead, replaceHead } from '../../src/journal/head-file.ts'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal, type JournalHead } from '../../src/journal/journal-check.ts'
import { checkJournal } from '../../src/journal/journal-reader.ts'
import { some } from './journal-play.ts'
import { withDirectory } from './support.ts'

const head: JournalHead = { lines: 12, bytes: 3_456, chain: 'ab'.repeat(16) }

async function soundHead(path: string): Promise<JournalHead | null> {
  const found = await readHead(path)
  if (typeof found === 'string') throw new Error(`It is ${found}.`)
  return found
}

describe('the file beside a journal', () => {
  it('tells how far the journal is on disk after each sync, and after the process has died', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      expect(await readHead(path)).toBeNull()
      for (const event of some) {
        await journal.append(event).durable
        expect(await readHead(path)).toEqual(journal.head)
      }
      // Nothing is closed, as after a kill. A copy from before is as sound as a whole journal; the file beside it tells.
      const whole = await readFile(path, 'utf8')
      const kept = whole.slice(0, whole.lastIndexOf('\n', whole.length - 2) + 1)
      await writeFile(path, kept)
      expect((await checkJournal(path, { run: null, head: null })).flaw).toBeNull()
      const { flaw } = await checkJournal(path, { run: null, head: await soundHead(path) })
      expect(flaw).toMatchObject({ kind: 'cut_short', line: some.length })
      await writeFile(path, whole)
      expect((await checkJournal(path, { run: null, head: await soundHead(path) })).flaw).toBeNull()
      await journal.close()
    })
  })

  it('is not kept for a journal that counts elsewhere, or is not in its place yet', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal, undefined, false)
      await Promise.all(some.map((event) => journal.append(event).durable))
      await journal.close()
      expect(await readHead(path)).toBe('missing')
    })
  })

  it('is missing if it was never on disk, and damaged if it is altered', async () => {
    await withDirectory(async (directory) => {
      const journal = join(directory, 'journal.ndjson')
      const path = join(directory, 'journal.head')
      expect(await readHead(journal)).toBe('missing')
      await replaceHead(journal, head)
      expect(await readHead(journal)).toEqual(head)
      const text = await readFile(path, 'utf8')
      await writeFile(path, `${text}x`)
      expect(await readHead(journal)).toEqual(head)
      for (const altered of [text.slice(0, 50), ` ${text}`, text.replace('3456', '3457'), 'hello\n']) {
        await writeFile(path, altered)
        expect(await readHead(journal)).toBe('damaged')
      }
      for (const lost of ['', '\0'.repeat(text.length)]) {
        await writeFile(path, lost)
        expect(await readHead(journal)).toBe('missing')
      }
      await truncate(path)
      expect(await readHead(journal)).toBe('missing')
      await rm(path)
      // What can't be looked at is not taken for nothing.
      await mkdir(path)
      await expect(readHead(journal)).rejects.toThrow()
      await rm(path, { recursive: true })
      await symlink(join(directory, 'elsewhere'), path)
      await expect(HeadFile.open(journal)).rejects.toThrow(`${path} is not the file`)
    })
  })

  it('is ours again after somebody has written more to it, and leaves its other names alone', async () => {
    await withDirectory(async (directory) => {
      const journal = join(directory, 'journal.ndjson')
      const path = join(directory, 'journal.head')
      await writeFile(path, 'x'.repeat(600))
      await link(path, join(directory, 'backup'))
      const file = await HeadFile.open(journal)
      file.write(head)
      await file.close()
      expect(await readHead(journal)).toEqual(head)
      expect(await readFile(join(directory, 'backup'), 'utf8')).toBe('x'.repeat(600))
    })
  })

  it('reads back what was written, however far a journal is', async () => {
    await withDirectory(async (directory) => {
      const journal = join(directory, 'journal.ndjson')
      const file = await HeadFile.open(journal)
      const chain = fc.stringMatching(/^[0-9a-f]{32}$/)
      const anyHead = fc.record({ lines: fc.integer({ min: 1 }), bytes: fc.maxSafeNat(), chain })
      await fc.assert(
        fc.asyncProperty(anyHead, async (one) => {
          file.write(one)
          expect(await readHead(journal)).toEqual(one)
        }),
      )
      await file.close()
    })
  })

  it('can no longer be changed by who had it open, once it is kept apart', async () => {
    await withDirectory(async (directory) => {
      const journal = join(directory, 'journal.ndjson')
      await keepHeadApart(journal)
      expect(await readHead(journal)).toBe('missing')
      const file = await HeadFile.open(journal)
      file.write(head)
      await keepHeadApart(journal)
      file.write({ ...head, lines: 13 })
      expect(await readHead(journal)).toEqual(head)
      await file.close()
    })
  })
})
