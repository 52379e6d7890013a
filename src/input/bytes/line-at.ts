const lineFeed = 10
const carriageReturn = 13

/**
 * The number, from 1, of the line of a text that holds the byte at `offset`; where blank lines begin there, of the
 * first line after them. LF, CRLF and a lone CR each end a line, also inside a quoted cell, as editors count.
 * It reads the text up to there: for error messages alone.
 */
export async function lineAt(chunks: AsyncIterable<Buffer>, offset: number): Promise<number> {
  let line = 1
  let place = 0
  let before = 0
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      const ends = byte === lineFeed || byte === carriageReturn
      if (place >= offset && !ends) return line
      if (ends && !(byte === lineFeed && before === carriageReturn)) line += 1
      before = byte
      place += 1
    }
  }
  return line
}
