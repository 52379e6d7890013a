/** A few lines at the bottom of a terminal that are drawn again and again. */
export interface Block {
  draw(lines: readonly string[]): void
  /** Leaves the last lines where they are, and the cursor below them. */
  end(): void
}

/**
 * Keeps a block at the bottom of a stream. Whatever else is written to the stream meanwhile goes above the block, which
 * is taken away first and drawn again afterwards.
 *
 * Between two drawings the cursor rests at the beginning of the block, so that the block is erased from there on,
 * however many rows it takes. Rows can't be counted reliably: a terminal that is made narrower may wrap what it shows
 * (tmux, VTE, Windows Terminal) or not (xterm), and some wrap first and tell the width a quarter of a second later
 * (tmux). But all of them keep the cursor in the first column of the line that it is in, as long as that is on the screen.
 * What a terminal has moved into its history, because wrapped lines needed the room, can't be erased by anybody: tmux 3.3
 * does so with the first lines of a block near the top of the screen that is made far narrower at once.
 */
export function openBlock(stream: NodeJS.WriteStream): Block {
  const { write } = stream
  const plain = write.bind(stream) as (...given: unknown[]) => boolean
  let lines: readonly string[] = []
  let isShown = false
  /** Whether the last text did not end its line. It is continued later, and the block would be drawn into it. */
  let isInLine = false
  const erase = (): void => {
    if (isShown) plain(eraseFromCursor)
    isShown = false
  }
  const show = (): void => {
    if (isInLine || lines.length === 0) return
    const fitting = stream.rows > 1 ? lines.slice(0, stream.rows - 1) : lines
    const back = fitting.length > 1 ? `\r\x1b[${fitting.length - 1}A` : '\r'
    plain(atOnce(`${isShown ? eraseFromCursor : ''}${cut(fitting)}${back}`))
    isShown = true
  }
  const end = (): void => {
    process.off('exit', end)
    stream.write = write
    if (lines.length === 0) return
    plain(atOnce(`${isShown ? eraseFromCursor : ''}${isInLine ? '\n' : ''}${cut(lines)}\n`))
    isShown = false
  }
  stream.write = (...given: unknown[]): boolean => {
    erase()
    const accepted = plain(...given)
    const [text] = given
    isInLine = typeof text === 'string' && text !== '' ? !text.endsWith('\n') : isInLine
    show()
    return accepted
  }
  // A second signal ends the process at once: the prompt must not appear in the middle of the block.
  process.once('exit', end)
  return {
    draw: (next) => {
      lines = next
      show()
    },
    end,
  }
}

/** From the second column on: when a whole screen is erased from its very beginning, tmux keeps it in its history. */
const eraseFromCursor = '\r \x1b[J\r'

/**
 * The lines, cut by the terminal where it is narrower than they are long: wrapping (DECAWM) is off only inside this text,
 * so that no exit can leave it off.
 */
function cut(lines: readonly string[]): string {
  return `\x1b[?7l${lines.join('\n')}\x1b[?7h`
}

/** Lets terminals that can (mode 2026) show a drawing only when it is complete, so that nothing flickers. */
function atOnce(drawing: string): string {
  return `\x1b[?2026h${drawing}\x1b[?2026l`
}
