import { NotUtf8 } from '../bytes/utf8.ts'
import { decodeCell } from '../csv/cell-text.ts'
import { parseLines } from '../csv/parse-lines.ts'
import { delimiters, headerLines } from '../csv/read-header.ts'
import type { InputFile } from '../input-file.ts'
import { candidates, dataInHeader, userNames } from './column-names.ts'

function cellsOf(bytes: Buffer, delimiter: string): string[] {
  try {
    return (parseLines(bytes, delimiter).records[0] ?? []).map(decodeCell)
  } catch (error) {
    if (error instanceof NotUtf8) return []
    throw error
  }
}

/**
 * The line of a CSV, after the first, that looks like its header, because it has the column that was named or one of a
 * usual name. Null where there is none among the first lines. Which line it is, a person must say.
 */
export async function findHeaderLine(
  input: InputFile,
  userColumn: string | null,
  chunkBytes: number | undefined,
): Promise<number | null> {
  for (const { bytes, line } of (await headerLines(input, chunkBytes)).slice(1)) {
    for (const delimiter of delimiters) {
      const cells = cellsOf(bytes, delimiter)
      if (dataInHeader(cells) === null && candidates(cells, userColumn, userNames).length > 0) return line
    }
  }
  return null
}
