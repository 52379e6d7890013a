import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ExpectedJournal } from './journal-check.ts'
import type { JournalVerdict } from './journal-reader.ts'

/** What the second thread has to check. */
export interface CheckTask {
  readonly path: string
  readonly expected: ExpectedJournal
}

/** A shorter journal is checked in less time than a thread takes to start. */
const worthwhileBytes = 32 * 1024 * 1024

/** Where the build puts the thread's program, relative to a file of the built program or of its source. */
const places = ['./journal/check-thread.js', '../../dist/journal/check-thread.js']

/**
 * Begins to check a large journal in a second thread, while this one replays it: the check is half of the work.
 *
 * @returns null if that is not worthwhile or not possible here. The promise resolves to null if the thread fails
 */
export function checkBeside(task: CheckTask): Promise<JournalVerdict | null> | null {
  if (availableParallelism() < 2 || !isLarge(task.path)) return null
  const program = places.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url))
  if (program === undefined) return null
  const thread = new Worker(fileURLToPath(program), { workerData: task })
  return new Promise((resolve) => {
    thread.once('message', resolve)
    thread.once('error', () => resolve(null))
    thread.once('exit', () => resolve(null))
  })
}

function isLarge(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && stats.size >= worthwhileBytes
}
