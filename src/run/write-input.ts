import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openReplacingFile } from '../files/replacing-file.ts'
import { renderCsv } from '../input/csv/csv-text.ts'
import { cellToFeed } from '../input/due/date-cell.ts'
import { jsonLineRenderer } from '../input/json/json-line.ts'
import type { ValidRow } from '../input/row.ts'
import type { InputCopy } from './input-copy.ts'

const rowsPerWrite = 256

/** Writes the input of a run that goes on from another one. */
export interface InputWriter {
  add(row: ValidRow): Promise<void>
  /** Puts the file in its place, synced. */
  finish(): Promise<InputCopy>
  /** Removes the unfinished file. Does nothing after `finish`. */
  discard(): Promise<void>
}

/**
 * Opens the input of a run in its directory: CSV if all cells are text, otherwise JSON lines, because CSV can't tell a
 * number from text. Both are UTF-8 and read back unchanged.
 */
export async function openInput(
  directory: string,
  format: 'csv' | 'jsonl',
  columns: readonly string[],
): Promise<InputWriter> {
  const name = `input.${format}`
  const file = await openReplacingFile(join(directory, name))
  const toJsonLine = jsonLineRenderer(columns)
  const hash = createHash('sha256')
  let bytes = 0
  let waiting: ValidRow[] = []

  async function write(text: string): Promise<void> {
    hash.update(text)
    bytes += Buffer.byteLength(text)
    await file.write(text)
  }

  async function flush(): Promise<void> {
    const records = waiting.map((row) => columns.map((column) => cellToFeed(row, column)))
    waiting = []
    if (records.length === 0) return
    await write(format === 'csv' ? renderCsv(records) : records.map(toJsonLine).join(''))
  }

  if (format === 'csv') await write(renderCsv([columns]))
  return {
    async add(row) {
      waiting.push(row)
      if (waiting.length >= rowsPerWrite) await flush()
    },
    async finish() {
      await flush()
      await file.commit()
      return { file: name, sha256: hash.digest('hex'), bytes }
    },
    discard: () => file.discard(),
  }
}
