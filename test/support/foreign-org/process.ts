import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ForeignState } from './control.ts'
import type { LoggedRequest } from './log.ts'
import type { ProcessOptions } from './main.ts'
import { defaultToken } from './server.ts'

/** An org in a process of its own: nothing that happens to the program under test touches it. */
export interface ForeignOrgProcess {
  /** `http://127.0.0.1:PORT`, with no slash at the end. */
  readonly url: string
  readonly token: string
  readonly pid: number
  /** `USER_ID ACTION` → how many times it was really applied. */
  applied(): Promise<Record<string, number>>
  state(): Promise<ForeignState>
  requests(): Promise<LoggedRequest[]>
  /** Resolves once at least so many actions were applied, whichever they were. */
  waitForApplied(total: number): Promise<void>
  /** Resolves once at least so many requests arrived. */
  waitForRequests(total: number): Promise<void>
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts an org in a process of its own, which dies with this one.
 * Throws an Error where it doesn't start, with the reason that it gives.
 */
export async function startForeignOrgProcess(options: ProcessOptions = {}): Promise<ForeignOrgProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'foreign-org-'))
  try {
    return await start(await translateForeignOrg(directory), options)
  } finally {
    // All modules are loaded once the org listens, so nothing is left behind even if everything is killed later.
    await rm(directory, { recursive: true, force: true })
  }
}

/** Node 20 runs no TypeScript: translates the org's files, without checking them, and returns the main one's path. */
export async function translateForeignOrg(directory: string): Promise<string> {
  const source = fileURLToPath(new URL('./main.ts', import.meta.url))
  const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
  const flags = [
    '--noCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--rewriteRelativeImportExtensions',
  ]
  const where = ['--rootDir', fileURLToPath(new URL('.', import.meta.url)), '--outDir', directory]
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }\n')
  await promisify(execFile)(process.execPath, [compiler, '--ignoreConfig', ...flags, ...where, source])
  return join(directory, 'main.js')
}

async function start(main: string, options: ProcessOptions): Promise<ForeignOrgProcess> {
  const child = fork(main, { execArgv: [], env: {}, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const started = once(child, 'message')
  child.send(options)
  const first: unknown = await Promise.race([started.then(([message]) => message), exited.then(() => null)])
  if (!isStarted(first) || child.pid === undefined) {
    child.kill()
    throw new Error(`The foreign org did not start: ${JSON.stringify(first)}`)
  }
  const { url } = first

  async function control<T>(path: string): Promise<T> {
    const response = await fetch(`${url}/control/${path}`)
    return (await response.json()) as T
  }

  return {
    url,
    token: options.token ?? defaultToken,
    pid: child.pid,
    applied: () => control('applied'),
    state: () => control('state'),
    requests: () => control('requests'),
    waitForApplied: (total) => control(`wait?applied=${total}`),
    waitForRequests: (total) => control(`wait?requests=${total}`),
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

function isStarted(message: unknown): message is { url: string } {
  return (
    typeof message === 'object' && message !== null && 'url' in message && typeof message.url === 'string'
  )
}
