import type { InputFile } from '../input-file.ts'
import type { RawRecord } from '../row.ts'

/**
 * Reads the records of a JSON array or of JSON lines. Its parser is loaded only now: a program that starts for a CSV
 * file does not wait for it.
 */
export async function* readJson(
  input: InputFile,
  format: 'json' | 'jsonl',
  chunkBytes?: number,
): AsyncGenerator<RawRecord> {
  if (format === 'json') yield* (await import('./read-json-array.ts')).readJsonArray(input, chunkBytes)
  else yield* (await import('./read-json-lines.ts')).readJsonLines(input, chunkBytes)
}
