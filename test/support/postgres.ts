import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'

const run = promisify(execFile)

/** A private cluster of PostgreSQL on loopback, for one test file. */
export interface Postgres {
  /** The address of its database. */
  readonly url: string
  /** Stops it as a crash would (`pg_ctl stop -m immediate`). */
  readonly stop: () => Promise<void>
  /** Starts it again on the same port. */
  readonly start: () => Promise<void>
  /** Where it keeps its files, and the file of its log. */
  readonly directory: string
  readonly log: string
  /** Stops it and removes its files. */
  readonly remove: () => Promise<void>
}

/** The directory of Debian's PostgreSQL with the programs that are in no PATH; null if there is none. */
async function findPrograms(): Promise<string | null> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => [])
  const [newest] = versions.toSorted((some, other) => Number(other) - Number(some))
  return newest === undefined ? null : join('/usr/lib/postgresql', newest, 'bin')
}

/** Who runs the cluster: PostgreSQL refuses to run as root. */
async function serverUser(): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (process.getuid?.() !== 0) return null
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  )
  if (uid === undefined || gid === undefined) throw new Error('There is no user postgres.')
  return { uid, gid }
}

/**
 * Why no cluster can be started here, as a sentence; null if one can.
 */
export async function whyNoPostgres(): Promise<string | null> {
  if ((await findPrograms()) === null) return 'Debian\'s package "postgresql" is not installed'
  try {
    await serverUser()
    return null
  } catch {
    return 'there is no user "postgres" to run it'
  }
}

/**
 * Starts a new cluster.
 *
 * @param settings further lines of `postgresql.conf`, as `name=value`
 */
export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  const programs = await findPrograms()
  if (programs === null) throw new Error('PostgreSQL is not installed.')
  const user = await serverUser()
  const home = await mkdtemp(join(tmpdir(), 'okta-lifecycle-postgres-'))
  if (user !== null) await chown(home, user.uid, user.gid)
  const directory = join(home, 'data')
  const as = { ...(user ?? {}), cwd: home, env: { ...process.env, LC_ALL: 'C.UTF-8' } }
  const initialise = ['-D', directory, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  await run(join(programs, 'initdb'), initialise, as)
  const port = await freePort()
  const flags = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${home}`,
    'logging_collector=off',
    ...settings,
  ].flatMap((setting) => ['-c', setting])
  let server: ChildProcess | null = null

  const log = join(home, 'server.log')
  const start = async (): Promise<void> => {
    const output = await open(log, 'a')
    const started = spawn(join(programs, 'postgres'), ['-D', directory, ...flags], {
      ...as,
      stdio: ['ignore', 'ignore', output.fd],
    })
    await output.close()
    server = started
    // It says so in no other way: a connection that is accepted is what the tests need.
    while (!(await answers(port))) {
      if (started.exitCode !== null)
        throw new Error(`PostgreSQL did not start: ${await readFile(log, 'utf8')}`)
    }
  }
  const stop = async (): Promise<void> => {
    const stopped = server
    if (stopped === null || stopped.exitCode !== null) return
    const ended = once(stopped, 'exit')
    // What `pg_ctl stop -m immediate` sends.
    stopped.kill('SIGQUIT')
    await ended
  }
  await start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    directory,
    log,
    start,
    stop,
    remove: async () => {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port.')
  return address.port
}

async function answers(port: number): Promise<boolean> {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
