import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal, JournalCheck, type JournalHead } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
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

/** A journal whose lines were written at once, apart from the first ones: none says that another of them was on disk. */
function unsynced(events: readonly JournalEvent[], syncedLines = 0): { bytes: Buffer; lines: Buffer[] } {
  let [chain, synced] = [chainStart, 0]
  const lines = events.map((event, index) => {
    const encoded = encodeLine(event, chain, synced)
    chain = encoded.chain
    if (index < syncedLines) synced += encoded.line.length
    return Buffer.from(encoded.line)
  })
  return { bytes: Buffer.concat(lines), lines }
}

/** Checks a journal of which nothing else is known, as a reader of its file does. */
function checkBytes(bytes: Buffer): JournalCheck {
  const check = new JournalCheck({ run: null, head: null })
  let offset = 0
  for (const line of linesOf(bytes)) {
    const whole = line.at(-1) === 0x0a
    check.take({ bytes: whole ? line.subarray(0, -1) : line, offset, whole })
    offset += line.length
  }
  return check
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

  it('without a head or a sync is altered where a bit is another, also in its last line', () => {
    const { bytes, lines } = unsynced(some)
    for (let at = 0; at < bytes.length; at++) {
      const index = lines.findIndex((_, i) => at < offsetOf(lines, i + 1))
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        const flaw = { kind: 'altered', line: index + 1, offset: offsetOf(lines, index) }
        expect(checkBytes(changed).flaw, `bit ${bit} of byte ${at}`).toMatchObject(flaw)
      }
    }
  })

  it('without a head or a sync is altered where many lines are, up to its end', () => {
    const { lines } = unsynced(some)
    for (let line = 1; line <= lines.length; line++) {
      const changed = lines.map((bytes, i) =>
        i + 1 < line ? bytes : Buffer.from(bytes.toString('latin1').replace('"event"', '"Event"'), 'latin1'),
      )
      const offset = offsetOf(lines, line - 1)
      expect(checkBytes(Buffer.concat(changed)).flaw).toMatchObject({ kind: 'altered', line, offset })
    }
  })

  it('is torn where any sectors of its last write are lost, and what is sound before them counts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: some.length - 1 }),
        fc.infiniteStream(fc.boolean()),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (syncedLines, kept, part) => {
          const { bytes, lines } = unsynced([...some, ...some.slice(1), ...some.slice(1)], syncedLines)
          const from = offsetOf(lines, syncedLines)
          const remains = Buffer.from(bytes)
          let first = bytes.length
          for (let sector = Math.floor(from / 512); sector * 512 < bytes.length; sector++) {
            if (kept.next().value === true) continue
            const start = Math.max(from, sector * 512)
            first = Math.min(first, start)
            remains.fill(0, start, Math.min((sector + 1) * 512, bytes.length))
          }
          const length = from + Math.floor((bytes.length - from) * part)
          const { flaw, end } = checkBytes(remains.subarray(0, length))
          expect(flaw).toBeNull()
          const whole = bytes.subarray(0, Math.min(first, length)).filter((byte) => byte === 0x0a).length
          expect(end).toMatchObject({ soundLines: whole, soundBytes: offsetOf(lines, whole) })
        },
      ),
      { numRuns: 500 },
    )
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
