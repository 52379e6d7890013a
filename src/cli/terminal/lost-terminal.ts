import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * Lets the process end with its exit code even if its terminal is gone by then. Node's very last act is to set
 * terminals back to how it found them, and it aborts (SIGABRT, 134, a core file) if that fails. It leaves closed
 * terminals alone, so a lost one is closed here.
 */
export function leaveLostTerminals(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  process.once('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd)
  })
}
