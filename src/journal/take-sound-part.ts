import { link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { syncPath } from '../files/sync-path.ts'
import { noFence } from '../files/synced-appends.ts'
import { KnownError } from '../messages/known-error.ts'
import { replaceHead } from './head-file.ts'
import { Journal } from './journal.ts'
import type { JournalFlaw } from './journal-check.ts'
import { journalVersion } from './journal-event.ts'
import { checkJournal } from './journal-reader.ts'
import { JournalState } from './journal-state.ts'
import type { JournalFile } from './open-journal.ts'

/** What became of a damaged journal. */
export interface SoundPart {
  /** Null if nothing is wrong with the journal, but a person says that it is an older copy. */
  readonly flaw: JournalFlaw | null
  /** Sound lines that were kept. */
  readonly lines: number
  readonly lostBytes: number
  /** The path of the journal in its damaged state. */
  readonly keptAs: string
}

/** How far this machine's clock may be off Okta's: a wrong time zone puts it hours off. */
const clockMarginMs = 24 * 60 * 60_000

/** Flaws that leave a sound part of this run before them. */
const cuttable: ReadonlySet<JournalFlaw['kind']> = new Set([
  'altered',
  'missing',
  'moved',
  'cut_short',
  'other_head',
])

/**
 * Goes on from the sound part of a damaged journal, or from an older copy of it, and notes that the rest is lost: every
 * task without a result in the sound part is in doubt from then on. The damaged journal is kept beside the new one. The
 * run must be held.
 *
 * @param now the time in the name of the damaged journal
 * @param begunAt when the run began, in epoch ms: the loss counts from a day before that if the sound part mentions
 *   no call
 * @returns null for a flaw that leaves no sound part of this run; nothing is changed then
 */
export async function takeSoundPart(
  file: JournalFile,
  now: Date,
  begunAt: number,
): Promise<SoundPart | null> {
  const state = new JournalState(file.stepsPerRow)
  let lastBegunAt = begunAt
  const expected = { run: file.runId, head: file.recorded }
  const { end, flaw } = await checkJournal(file.path, expected, ({ event, offset, length }) => {
    state.apply(event, { offset, length })
    if (event.event === 'execution') lastBegunAt = Math.max(lastBegunAt, Date.parse(event.at))
  })
  if (flaw !== null && !cuttable.has(flaw.kind)) return null
  const { size } = await stat(file.path)
  const keptAs = `${file.path}.damaged-${now.toISOString().replaceAll(/[-:.]/g, '')}`
  const lostBytes = size - end.soundBytes
  // This machine's clock may be ahead of Okta's, which the journal goes by, or behind it.
  const since = state.lastOktaTime === 0 ? begunAt - clockMarginMs : state.lastOktaTime
  const by = state.isTimed ? since : Math.max(since, lastBegunAt + clockMarginMs)
  const sound = `${file.path}.sound`
  try {
    await copyStart(file.path, sound, end.soundBytes)
    // Before it takes its place, the new journal says that a part is lost. Without that line, all would be sent again.
    const journal = await Journal.open(sound, { ...end, tornBytes: 0 }, noFence, false)
    try {
      if (end.soundLines === 0) journal.note({ event: 'journal', version: journalVersion, run: file.runId })
      await journal.append({
        event: 'cut',
        okta_time: since,
        ...(by === since ? {} : { okta_time_at_most: by }),
        lost_bytes: lostBytes,
      }).durable
    } finally {
      await journal.close()
    }
    await keepAs(file.path, keptAs, size)
    await rename(sound, file.path)
    await syncPath(dirname(file.path))
    // What was kept of the damaged journal's end does not hold for a part of it.
    await replaceHead(file.path, journal.head)
  } catch (error) {
    await rm(sound, { force: true }).catch(() => {})
    // What failed is not the run's journal yet, and nothing was sent.
    throw CannotWrite.of(sound, error instanceof KnownError ? (error.cause ?? error) : error)
  }
  return { flaw, lines: end.soundLines, lostBytes, keptAs }
}

/** Keeps a file under another name as well, so that there is a journal at every moment. */
async function keepAs(path: string, keptAs: string, bytes: number): Promise<void> {
  try {
    await link(path, keptAs)
  } catch {
    // Not every disk has links.
    await copyStart(path, keptAs, bytes).catch(async (error: unknown) => {
      await rm(keptAs, { force: true }).catch(() => {})
      throw error
    })
  }
}

/** Copies the first bytes of a file and syncs the copy. */
async function copyStart(from: string, to: string, bytes: number): Promise<void> {
  const source = await open(from, 'r')
  const target = await open(to, 'w', 0o600)
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024)
    for (let done = 0; done < bytes; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, bytes - done), done)
      if (bytesRead === 0) break
      // A disk that is nearly full may take less than it was given. This goes on until it has all, or fails.
      await target.appendFile(buffer.subarray(0, bytesRead))
      done += bytesRead
    }
    await target.sync()
  } finally {
    await source.close()
    await target.close()
  }
}
