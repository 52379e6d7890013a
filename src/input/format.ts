import { extname } from 'node:path'
import { textChunks } from './bytes/text-chunks.ts'
import type { InputFile } from './input-file.ts'
import type { InputFormat } from './row.ts'

const extensions: ReadonlyMap<string, InputFormat> = new Map<string, InputFormat>([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.xlsx', 'xlsx'],
])

const blanks = new Set([...' \t\r\n'].map((character) => character.charCodeAt(0)))

/** The format that the extension of a name stands for, in any letter case; null if it stands for none. */
export function formatOfName(name: string): InputFormat | null {
  return extensions.get(extname(name).toLowerCase()) ?? null
}

/**
 * Tells the format of a text: the one that was asked for; else by the extension of its name; else (standard input,
 * `.txt`, any other extension) by its first character that is not blank: `[` is JSON, `{` is JSON lines, anything else
 * CSV.
 * @param explicit the format that the user asked for, if any
 * Throws KnownError if the file has to be read for that and cannot be.
 */
export async function detectFormat(
  input: InputFile,
  explicit: InputFormat | null,
  chunkBytes?: number,
): Promise<InputFormat> {
  const told = explicit ?? formatOfName(input.name)
  if (told !== null) return told
  for await (const chunk of textChunks(input, 0, chunkBytes)) {
    const first = chunk.find((byte) => !blanks.has(byte))
    if (first !== undefined) return formatOfText(String.fromCharCode(first))
  }
  return 'csv'
}

function formatOfText(first: string): InputFormat {
  if (first === '[') return 'json'
  return first === '{' ? 'jsonl' : 'csv'
}
