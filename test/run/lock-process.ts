import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What a process says when it was told to take the lock. */
type Attempt =
  | { readonly got: true }
  | { readonly got: false; readonly message: string; readonly exitCode: unknown }

/** A process of its own that takes the lock of a directory when it is told to. */
export interface LockProcess {
  readonly pid: number
  /** Tells it to take the lock; resolves with how that ended. */
  take(): Promise<Attempt>
  /** Tells it to release the lock and end. */
  release(): Promise<void>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

const script = `
import { acquireLock } from './run/lock.js'
let lock = null
process.on('message', async (message) => {
  if (message === 'release') {
    await lock?.release()
    process.disconnect()
    return
  }
  try {
    lock = await acquireLock(process.argv[2])
    process.send({ got: true })
  } catch (error) {
    process.send({ got: false, message: String(error.message), exitCode: error.exitCode })
  }
})
process.send('ready')
`

/** Node 20 runs no TypeScript: translates the lock for processes of its own, and returns the script that takes it. */
export async function translateLock(directory: string): Promise<string> {
  const source = fileURLToPath(new URL('../../src/', import.meta.url))
  const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const flags = [
    '--noCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--rewriteRelativeImportExtensions',
  ]
  const where = ['--rootDir', source, '--outDir', directory, join(source, 'run', 'lock.ts')]
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }\n')
  await promisify(execFile)(process.execPath, [compiler, '--ignoreConfig', ...flags, ...where])
  const path = join(directory, 'take-lock.js')
  await writeFile(path, script)
  return path
}

/** Starts a process that waits to be told. */
export async function startLockProcess(scriptPath: string, directory: string): Promise<LockProcess> {
  const child = fork(scriptPath, [directory], { execArgv: [] })
  const gone = once(child, 'exit')
  await message(child)
  return {
    pid: child.pid ?? 0,
    async take() {
      const answer = message(child)
      child.send('take')
      return (await answer) as Attempt
    },
    async release() {
      child.send('release')
      await gone
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function message(child: ChildProcess): Promise<unknown> {
  const [said] = (await once(child, 'message')) as [unknown]
  return said
}
