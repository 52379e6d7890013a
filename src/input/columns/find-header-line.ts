import { NotUtf8 } from '../bytes/utf8.ts'
import { decodeCell } from '../csv/cell-text.ts'
import { parseLines } from '../csv/parse-lines.ts'
import { delimiters, headerLines, isSteppedOver } from '../csv/read-header.ts'
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

/** How many lines are searched. Quotes are ignored, because one in a title would swallow the lines below it. */
const lastLine = 100

/** A line that looks like a header, and the line that was read as the header instead. */
export interface HeaderBelow {
  readonly line: number
  readonly readInstead: number
}

/**
 * A line of a CSV, below the one that was read as its header, that looks like a header: it has the column that was
 * named, or one with a usual name. Null if there is none among the first lines, or if the first line has such a column
 * itself. A person must say which line is the header.
 */
export async function findHeaderBelow(
  input: InputFile,
  userColumn: string | null,
  chunkBytes: number | undefined,
): Promise<HeaderBelow | null> {
  const lines = (await headerLines(input, chunkBytes, lastLine)).filter(({ bytes }) => !isSteppedOver(bytes))
  const found = lines.findIndex(({ bytes }) =>
    delimiters.some((delimiter) => {
      const cells = cellsOf(bytes, delimiter)
      return dataInHeader(cells) === null && candidates(cells, userColumn, userNames).length > 0
    }),
  )
  const [first, header] = [lines[0], lines[found]]
  return found < 1 || first === undefined || header === undefined
    ? null
    : { line: header.line, readInstead: first.line }
}
