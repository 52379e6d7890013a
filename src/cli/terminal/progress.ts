import type { ExecutionView } from '../../engine/execution.ts'
import { type Block, openBlock } from './block.ts'
import { blockOf, lineOf, type Shown, waitOf } from './progress-lines.ts'

/** Shows how far a run has got, on standard error. */
export interface Progress {
  begin(view: ExecutionView): void
  end(): void
}

const terminalEveryMs = 250
const linesEveryMs = 30_000
const looksEveryMs = 1_000

/**
 * On a terminal, a block of a few lines that is drawn again; elsewhere, a line every 30 seconds and at each wait, without
 * colour or cursor movement.
 *
 * @param tasks tasks of the whole run
 */
export function createProgress(tasks: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  const terminal = isTerminal(stream)
  let view: ExecutionView | null = null
  let block: Block | null = null
  let shownAt = 0
  let shownWait = ''
  let timer: NodeJS.Timeout | undefined

  function show(): void {
    if (view === null) return
    const { state, buckets, outlook } = view
    const shown: Shown = {
      done: state.done,
      tasks,
      counts: state.counts,
      outlook: outlook(),
      buckets: buckets(),
    }
    if (block !== null) {
      block.draw(blockOf(shown, stream.columns))
      return
    }
    const now = performance.now()
    const wait = waitOf(shown.outlook).join()
    const isNews = wait !== shownWait && wait !== ''
    shownWait = wait
    if (!isNews && shownAt !== 0 && now - shownAt < linesEveryMs) return
    shownAt = now
    stream.write(`${lineOf(shown)}\n`)
  }

  return {
    begin(execution) {
      view = execution
      if (terminal) block = openBlock(stream)
      timer = setInterval(show, terminal ? terminalEveryMs : looksEveryMs).unref()
      show()
    },
    end() {
      clearInterval(timer)
      shownAt = 0
      show()
      block?.end()
      view = null
    },
  }
}

/** Whether lines can be drawn over. They can't on something that only looks like a terminal. */
function isTerminal(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.columns > 0 && process.env.TERM !== 'dumb'
}

/** Shows nothing, for `--quiet`. */
export function silentProgress(): Progress {
  return { begin: () => {}, end: () => {} }
}
