import { open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { syncPath } from '../files/sync-path.ts'
import { Journal } from './journal.ts'
import type { JournalFlaw } from './journal-check.ts'
import { checkJournal } from './journal-reader.ts'
import { JournalState } from './journal-state.ts'
import type { JournalFile } from './open-journal.ts'

/** What was done with a damaged journal. */
export interface SoundPart {
  readonly flaw: JournalFlaw
  /** Sound lines that were kept. */
  readonly lines: number
  readonly lostBytes: number
  /** Where the journal lies as it was found. */
  readonly keptAs: string
}

/** Flaws behind which there is a sound part of this very run. */
const cuttable: ReadonlySet<JournalFlaw['kind']> = new Set([
  'altered',
  'missing',
  'moved',
  'cut_short',
  'other_head',
])

/**
 * Takes up the sound part of a damaged journal, or an older copy of it, and notes that what stood behind it is lost: every
 * task of which the sound part knows nothing is in doubt from then on. The journal as it was found is kept beside it.
 * The run must be held.
 *
 * @param now for the name under which the damaged journal is kept
 * @returns null for a journal with nothing wrong, or with a flaw that leaves no sound part of this run; then nothing was
 *   changed
 */
export async function takeSoundPart(file: JournalFile, now: Date): Promise<SoundPart | null> {
  const state = new JournalState(file.stepsPerRow)
  const expected = { run: file.runId, head: file.recorded }
  const { end, flaw } = await checkJournal(file.path, expected, ({ event, offset, length }) => {
    state.apply(event, { offset, length })
  })
  if (flaw === null || !cuttable.has(flaw.kind)) return null
  const { size } = await stat(file.path)
  const keptAs = `${file.path}.damaged-${now.toISOString().replaceAll(/[-:.]/g, '')}`
  try {
    await copyStart(file.path, `${file.path}.sound`, end.soundBytes)
    await rename(file.path, keptAs)
    await rename(`${file.path}.sound`, file.path)
    await syncPath(dirname(file.path))
  } catch (error) {
    throw CannotWrite.of(file.path, error)
  }
  const lostBytes = size - end.soundBytes
  const journal = await Journal.open(file.path, { ...end, tornBytes: 0 })
  await journal.append({ event: 'cut', okta_time: state.lastOktaTime, lost_bytes: lostBytes }).durable
  await journal.close()
  return { flaw, lines: end.soundLines, lostBytes, keptAs }
}

/** Copies so many bytes from a file's beginning, synced. */
async function copyStart(from: string, to: string, bytes: number): Promise<void> {
  const source = await open(from, 'r')
  const target = await open(to, 'w', 0o600)
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024)
    for (let done = 0; done < bytes; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, bytes - done), done)
      if (bytesRead === 0) break
      await target.write(buffer, 0, bytesRead, done)
      done += bytesRead
    }
    await target.sync()
  } finally {
    await source.close()
    await target.close()
  }
}
