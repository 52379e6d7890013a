import { textChunks } from '../bytes/text-chunks.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import type { RawRecord } from '../row.ts'

/** Whether a JSON file begins with an object: then it is one record, or several one after another. */
async function beginsWithObject(input: InputFile, chunkBytes: number | undefined): Promise<boolean> {
  for await (const chunk of textChunks(input, 0, chunkBytes)) {
    const text = trimInvisible(chunk.toString('latin1'))
    if (text !== '') return text.startsWith('{')
  }
  return false
}

/**
 * Reads the records of a JSON array, of JSON lines, or of objects one after another. The parser is loaded only when it
 * is needed, so that no CSV file waits for it.
 */
export async function* readJson(
  input: InputFile,
  format: 'json' | 'jsonl',
  chunkBytes?: number,
): AsyncGenerator<RawRecord> {
  const isArray = format === 'json' && !(await beginsWithObject(input, chunkBytes))
  if (isArray) yield* (await import('./read-json-array.ts')).readJsonArray(input, chunkBytes)
  else yield* (await import('./read-json-lines.ts')).readJsonLines(input, chunkBytes)
}
