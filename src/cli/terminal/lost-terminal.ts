import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * Lets the process end by its exit code also where its terminal is gone by then. Node sets terminals back to how it
 * found them as its very last act, and aborts (SIGABRT, 134, a core file) where one can't be set any more. One that is
 * closed is left alone.
 */
export function leaveLostTerminals(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  process.once('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd)
  })
}
