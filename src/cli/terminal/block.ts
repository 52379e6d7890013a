import { createLogUpdate } from 'log-update'

/** A few lines at the bottom of a terminal that are drawn again and again. */
export interface Block {
  draw(lines: readonly string[]): void
  /** Leaves the last lines where they are. */
  end(): void
}

/**
 * Keeps a block at the bottom of a stream. Whatever else is written to the stream meanwhile goes above the block, which
 * is taken away first and drawn again afterwards.
 */
export function openBlock(stream: NodeJS.WriteStream): Block {
  const { write } = stream
  const plain = write.bind(stream) as (...given: unknown[]) => boolean
  const facade = Object.create(stream, {
    write: { value: (text: string) => plain(text) },
  }) as NodeJS.WriteStream
  const log = createLogUpdate(facade, { showCursor: true })
  let drawn: readonly string[] = []
  const clear = (): void => {
    const wrapped = wrappedRows(drawn, stream.columns)
    log.clear()
    if (wrapped > 0) plain(eraseRowAbove.repeat(wrapped))
  }
  stream.write = (...given: unknown[]): boolean => {
    clear()
    const accepted = plain(...given)
    // A text that does not end its line is continued later: the block would be drawn into that line.
    const [text] = given
    if (typeof text !== 'string' || text.endsWith('\n')) log(drawn.join('\n'))
    return accepted
  }
  return {
    draw: (lines) => {
      if (wrappedRows(drawn, stream.columns) > 0) clear()
      drawn = lines
      log(lines.join('\n'))
    },
    end: () => {
      stream.write = write
      log.done()
    },
  }
}

/** Moves the cursor up by one row and erases that row. */
const eraseRowAbove = '\x1b[1A\x1b[2K'

/**
 * How many rows more than lines the block takes: when a terminal is made narrower, it wraps the lines that are on it.
 */
function wrappedRows(lines: readonly string[], columns: number): number {
  if (!(columns > 0)) return 0
  return lines.reduce((rows, line) => rows + Math.max(0, Math.ceil(line.length / columns) - 1), 0)
}
