import { extname } from 'node:path'
import { fileChunks } from './file-chunks.ts'
import { defaultChunkBytes } from './limits.ts'
import type { InputFormat } from './row.ts'
import { textStart } from './text-start.ts'

const extensions: ReadonlyMap<string, InputFormat> = new Map<string, InputFormat>([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
])

const blanks = new Set([...' \t\r\n'].map((character) => character.charCodeAt(0)))

/**
 * Tells the format of an input: the one that was asked for, else by the extension of `name` in any letter case, else
 * (standard input, `.txt`, any other extension) by the first byte of `file` that is not blank: `[` is JSON, `{` is
 * JSON lines, anything else CSV.
 * @param file the file on disk
 * @param name the input as the user named it; `-` for standard input
 * @param explicit the format that the user asked for, if any
 * Throws KnownError where the file has to be looked into and cannot be read, or is UTF-16.
 */
export async function detectFormat(
  file: string,
  name: string,
  explicit: InputFormat | null,
  chunkBytes: number = defaultChunkBytes,
): Promise<InputFormat> {
  const told = explicit ?? extensions.get(extname(name).toLowerCase())
  if (told !== undefined) return told
  for await (const chunk of fileChunks(file, await textStart(file), chunkBytes)) {
    const first = chunk.find((byte) => !blanks.has(byte))
    if (first !== undefined) return formatOfText(String.fromCharCode(first))
  }
  return 'csv'
}

function formatOfText(first: string): InputFormat {
  if (first === '[') return 'json'
  return first === '{' ? 'jsonl' : 'csv'
}
