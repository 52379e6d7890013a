import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How a command ended. */
export interface CliEnd {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that was started. */
export interface Cli {
  readonly pid: number
  /** What it has printed so far. */
  readonly printed: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<CliEnd>
  /** False where the process is gone already. */
  kill(signal: NodeJS.Signals): boolean
  /** Closes this end of a stream, as a reader does who has seen enough. */
  closeReader(stream: 'stdout' | 'stderr'): void
  /** Resolves once what was printed so far, on either stream, matches. Rejects where the command ends first. */
  says(pattern: RegExp): Promise<void>
}

/** How a command is started. */
export interface CliOptions {
  readonly cwd: string
  /** All of its environment but PATH and HOME, which is the working directory. */
  readonly env?: Readonly<Record<string, string>>
  /** What it finds on standard input; by default nothing. */
  readonly input?: string | Buffer
  /** Started by a POSIX shell that is told this, where `exec "$@"` is the command. */
  readonly shell?: string
}

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Starts the built command as a user's script would: a clean environment, and no terminal on any stream. */
export function startCli(args: readonly string[], options: CliOptions): Cli {
  const command = [process.execPath, main, ...args]
  const [program = '', ...rest] =
    options.shell === undefined ? command : ['/bin/sh', '-c', options.shell, 'sh', ...command]
  const child = spawn(program, rest, {
    cwd: options.cwd,
    // Its own home: the settings of whoever runs the tests are not theirs.
    env: { PATH: process.env.PATH, HOME: options.cwd, ...options.env },
    stdio: 'pipe',
  })
  // A command that refuses its arguments does not read its input to the end.
  child.stdin.on('error', () => {}).end(options.input ?? '')
  const printed = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
      for (const listener of listeners) listener()
    })
  }
  const ended = once(child, 'close').then(([code, signal]): CliEnd => ({ code, signal, ...printed }))

  function matches(pattern: RegExp): boolean {
    return pattern.test(printed.stdout) || pattern.test(printed.stderr)
  }

  async function says(pattern: RegExp): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!matches(pattern)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
    })
    await Promise.race([said, ended])
    if (matches(pattern)) return
    throw new Error(`The command ended without saying ${pattern}:\n${printed.stdout}\n${printed.stderr}`)
  }

  return {
    pid: child.pid ?? 0,
    printed,
    ended,
    kill: (signal) => child.kill(signal),
    closeReader: (stream) => child[stream].destroy(),
    says,
  }
}
