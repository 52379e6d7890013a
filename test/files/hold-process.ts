import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What a process says when it was told to take a hold. */
type Attempt =
  | { readonly got: true }
  | { readonly got: false; readonly message: string; readonly exitCode: unknown }

/** A process of its own that takes the holds of directories when it is told to. */
export interface HoldProcess {
  readonly pid: number
  /** Tells it to take a directory's hold; resolves with how that ended. */
  take(directory: string): Promise<Attempt>
  /** Tells it to release the hold that it took last; resolves when that is done. */
  release(): Promise<void>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

const script = `
import { acquireHolds } from './files/hold/acquire.js'
let hold = null
process.on('message', async ({ take }) => {
  if (take === undefined) {
    await hold?.release()
    process.send('released')
    return
  }
  try {
    const subject = { directory: take, name: 'this run', run: null, status: () => 'okta-lifecycle status' }
    hold = (await acquireHolds([subject]))[0]
    process.send({ got: true })
  } catch (error) {
    process.send({ got: false, message: String(error.message), exitCode: error.exitCode })
  }
})
process.send('ready')
`

/**
 * Node 20 runs no TypeScript: translates the hold for processes of its own, and returns the script that takes it.
 *
 * @param directory an empty one; the packages are linked into it
 */
export async function translateHold(directory: string): Promise<string> {
  const source = fileURLToPath(new URL('../../src/', import.meta.url))
  const packages = fileURLToPath(new URL('../../node_modules', import.meta.url))
  const flags = [
    '--noCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--rewriteRelativeImportExtensions',
  ]
  const where = ['--rootDir', source, '--outDir', directory, join(source, 'files', 'hold', 'acquire.ts')]
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }\n')
  await symlink(packages, join(directory, 'node_modules'))
  const compiler = join(packages, 'typescript', 'bin', 'tsc')
  await promisify(execFile)(process.execPath, [compiler, '--ignoreConfig', ...flags, ...where])
  const path = join(directory, 'take-hold.js')
  await writeFile(path, script)
  return path
}

/** Starts a process that waits to be told. */
export async function startHoldProcess(scriptPath: string): Promise<HoldProcess> {
  const child = fork(scriptPath, { execArgv: [] })
  const gone = once(child, 'exit')
  await message(child)
  return {
    pid: child.pid ?? 0,
    async take(directory) {
      const answer = message(child)
      child.send({ take: directory })
      return (await answer) as Attempt
    },
    async release() {
      const answer = message(child)
      child.send({})
      await answer
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** What the process says next. Fails where it ends without a word. */
function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (said: unknown): void => {
      child.off('exit', onExit)
      resolve(said)
    }
    const onExit = (code: number | null): void => {
      child.off('message', onMessage)
      reject(new Error(`The process has ended, with exit code ${code}.`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}
