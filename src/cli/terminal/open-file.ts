import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'

/** How long an opener may take to say that it can't. Some stay until the program that they started ends. */
const patienceMs = 3_000

/** The command that opens a file in the program that the person uses for it, by platform. */
const openers: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/**
 * Opens a file as if a person had clicked on it. Does not wait until it is closed.
 *
 * @param path absolute
 * @returns why it can't be opened, in a clause; null if nothing says that it can't
 */
export async function openFile(path: string): Promise<string | null> {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, path], { stdio: 'ignore', detached: true })
  child.unref()
  const ended = once(child, 'exit').then(
    ([code]) => (code === 0 ? null : `${command} ended with ${code}`),
    (error: NodeJS.ErrnoException) => `${command} can't be started (${error.code ?? error.message})`,
  )
  const waited = new AbortController()
  const patience = after(patienceMs, null, { signal: waited.signal }).catch(() => null)
  return await Promise.race([ended, patience]).finally(() => waited.abort())
}
