import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal, type JournalHead } from '../../src/journal/journal-check.ts'
import { chainStart, encodeLine } from '../../src/journal/journal-line.ts'
import { checkJournal } from '../../src/journal/journal-reader.ts'
import { opened, some, write } from './journal-play.ts'
import { intentOf, withDirectory } from './support.ts'

const run = '20260302T100000000Z-leavers'

function linesOf(bytes: Buffer): Buffer[] {
  const texts = bytes.toString('latin1').split(/(?<=\n)/)
  return texts.map((text) => Buffer.from(text, 'latin1'))
}

function offsetOf(lines: readonly Buffer[], index: number): number {
  return lines.slice(0, index).reduce((sum, line) => sum + line.length, 0)
}

/** A whole journal, its head, and how others that are put in its place are judged. */
async function withJournal(
  work: (parts: {
    bytes: Buffer
    lines: readonly Buffer[]
    head: JournalHead
    judge: (content: Buffer | readonly Buffer[], head?: JournalHead | null) => ReturnType<typeof checkJournal>
  }) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, 'journal.ndjson')
    const bytes = await write(path, some)
    const { end } = await checkJournal(path, { run, head: null })
    const head = { lines: end.soundLines, bytes: end.soundBytes, chain: end.chain }
    await work({
      bytes,
      lines: linesOf(bytes),
      head,
      judge: async (content, recorded = head) => {
        await writeFile(path, Buffer.isBuffer(content) ? content : Buffer.concat(content))
        return await checkJournal(path, { run, head: recorded })
      },
    })
  })
}

/** Every length within the first two and the last two lines, and the lengths around the end of every other line. */
function lengthsOf(lines: readonly Buffer[]): readonly number[] {
  const total = offsetOf(lines, lines.length)
  const [afterTwo, beforeTwo] = [offsetOf(lines, 2), offsetOf(lines, lines.length - 2)]
  const ends = new Set(lines.flatMap((_, index) => [-1, 0, 1].map((by) => offsetOf(lines, index) + by)))
  return Array.from({ length: total }, (_, length) => length).filter(
    (length) => length < afterTwo || length >= beforeTwo || ends.has(length),
  )
}

describe('a journal held against its recorded head', () => {
  it('is sound as it was written, and also where it has gone on since', async () => {
    await withJournal(async ({ bytes, lines, head, judge }) => {
      expect(head).toMatchObject({ lines: some.length, bytes: bytes.length })
      expect((await judge(bytes)).flaw).toBeNull()
      for (let line = 1; line <= lines.length; line++) {
        const { end } = await judge(lines.slice(0, line), null)
        const earlier = { lines: line, bytes: end.soundBytes, chain: end.chain }
        expect((await judge(bytes, earlier)).flaw).toBeNull()
        const torn = await judge([...lines, Buffer.from('{"event":"res')], earlier)
        expect(torn).toMatchObject({ flaw: null, end: { soundLines: some.length, tornBytes: 13 } })
      }
    })
  })

  it('is altered in the line where one byte is another, whichever it is', async () => {
    await withJournal(async ({ bytes, lines, judge }) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: bytes.length - 1 }),
          fc.integer({ min: 1, max: 255 }),
          async (at, change) => {
            const changed = Buffer.from(bytes)
            changed[at] = (changed[at] ?? 0) ^ change
            const index = lines.findIndex((_, i) => at < offsetOf(lines, i + 1))
            expect((await judge(changed)).flaw).toMatchObject({
              kind: 'altered',
              line: index + 1,
              offset: offsetOf(lines, index),
            })
          },
        ),
        { numRuns: 400 },
      )
    })
  })

  it('without a head or a sync is altered where a byte is another, and torn where a page is lost', async () => {
    await withJournal(async ({ judge }) => {
      let chain = chainStart
      const lines = some.map((event) => {
        const encoded = encodeLine(event, chain, 0)
        chain = encoded.chain
        return Buffer.from(encoded.line)
      })
      const bytes = Buffer.concat(lines)
      for (let line = 1; line < lines.length; line++) {
        const from = offsetOf(lines, line - 1)
        const changed = Buffer.from(bytes)
        changed[from + 20] = (changed[from + 20] ?? 0) ^ 1
        const lost = Buffer.from(bytes).fill(0, from + 10, from + 60)
        expect((await judge(changed, null)).flaw).toMatchObject({ kind: 'altered', line, offset: from })
        expect(await judge(lost, null)).toMatchObject({ flaw: null, end: { soundLines: line - 1 } })
      }
    })
  })

  it('is found where lines are missing, and where its end is cut off at any byte', async () => {
    await withJournal(async ({ bytes, lines, judge }) => {
      for (let from = 0; from < lines.length; from++) {
        for (let to = from + 1; to <= lines.length; to++) {
          const { flaw } = await judge([...lines.slice(0, from), ...lines.slice(to)])
          const kind = to === lines.length ? 'cut_short' : 'missing'
          expect(flaw).toMatchObject({ kind, line: from + 1, offset: offsetOf(lines, from) })
        }
      }
      for (const length of lengthsOf(lines)) {
        const { flaw } = await judge(bytes.subarray(0, length))
        const whole = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length
        expect(flaw).toMatchObject({ kind: 'cut_short', line: whole + 1, offset: offsetOf(lines, whole) })
      }
    })
  })

  it('has lines that moved where two were swapped or one was put in', async () => {
    await withJournal(async ({ lines, judge }) => {
      for (let i = 0; i < lines.length; i++) {
        const line = lines[i] ?? Buffer.alloc(0)
        for (let j = i + 1; j < lines.length; j++) {
          const { flaw } = await judge(lines.with(i, lines[j] ?? line).with(j, line))
          expect(flaw).toMatchObject({ kind: 'moved', line: i + 1, offset: offsetOf(lines, i) })
          expect(flaw?.what).toContain(`line ${j + 1} does`)
        }
        if (i === lines.length - 1) continue
        const { flaw } = await judge(lines.toSpliced(i, 0, line))
        expect(flaw).toMatchObject({ kind: 'moved', line: i + 2, offset: offsetOf(lines, i + 1) })
      }
    })
  })

  it('is not the one that was recorded where its lines were written anew', async () => {
    await withJournal(async ({ head, judge, lines }) => {
      await withDirectory(async (directory) => {
        for (let i = 1; i < some.length; i++) {
          const anew = await write(join(directory, 'anew'), some.with(i, intentOf(1)))
          if (anew.equals(Buffer.concat([...lines]))) continue
          const { flaw } = await judge(anew)
          // A shorter one ends before the head; one of its length or more passes it with another line.
          expect(flaw?.kind).toBe(anew.length < head.bytes ? 'cut_short' : 'other_head')
        }
      })
      expect((await judge([...lines], { ...head, lines: 3 })).flaw?.kind).toBe('other_head')
      expect((await judge([...lines], { ...head, bytes: head.bytes - 1 })).flaw?.kind).toBe('other_head')
    })
  })

  it('belongs to one run, and has a version that is known', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await write(path, some)
      const other = await checkJournal(path, { run: 'another', head: null })
      expect(other.flaw).toMatchObject({ kind: 'other_run', line: 1, offset: 0 })
      expect(other.flaw?.what).toContain(run)
      await write(path, [{ event: 'journal', version: 1, run }])
      expect((await checkJournal(path, { run, head: null })).flaw).toMatchObject({ kind: 'unknown_version' })
    })
  })
})

describe('the head of a journal', () => {
  it('is what is on disk, and covers a line once it is', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      for (const [index, event] of some.entries()) {
        const before = journal.head
        const { durable } = journal.append(event)
        expect(journal.head).toEqual(before)
        await durable
        const { end } = await checkJournal(path, { run, head: journal.head })
        expect(journal.head).toEqual({ lines: index + 1, bytes: end.soundBytes, chain: end.chain })
      }
      journal.note(opened)
      await journal.close()
      expect(journal.head.lines).toBe(some.length + 1)
    })
  })
})
