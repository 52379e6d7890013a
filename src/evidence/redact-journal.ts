import { closeSync, openSync, writeSync } from 'node:fs'
import type { JournalHead } from '../journal/journal-check.ts'
import { chainStart, encodeLine } from '../journal/journal-line.ts'
import { type JournalEntry, readJournal } from '../journal/journal-reader.ts'
import { redactEvent } from './redact-event.ts'
import type { Redactor } from './redactor.ts'

const blockLength = 1024 * 1024

/**
 * Writes a copy of a journal without what names people. It has the same events in the same order, and a chain of its
 * own. What a crash left after the last line is left out.
 *
 * @throws KnownError when the journal is damaged
 */
export async function redactJournal(
  path: string,
  expected: { readonly run: string; readonly head: JournalHead | null },
  target: string,
  redactor: Redactor,
): Promise<void> {
  const file = openSync(target, 'wx', 0o600)
  let chain = chainStart
  let bytes = 0
  let waiting: Buffer[] = []
  let waitingBytes = 0
  const flush = (): void => {
    writeWhole(file, Buffer.concat(waiting))
    waiting = []
    waitingBytes = 0
  }
  const visit = ({ event }: JournalEntry): void => {
    const encoded = encodeLine(redactEvent(event, redactor), chain, bytes)
    chain = encoded.chain
    bytes += encoded.line.length
    waitingBytes += encoded.line.length
    waiting.push(encoded.line)
    if (waitingBytes >= blockLength) flush()
  }
  try {
    await readJournal(path, visit, expected)
    flush()
  } finally {
    closeSync(file)
  }
}

function writeWhole(file: number, text: Buffer): void {
  for (let done = 0; done < text.length; ) done += writeSync(file, text, done)
}
