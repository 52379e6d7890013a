import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, it } from 'vitest'
import { countsOf, parseCsv, usersCsv, type Workplace, withWorkplace } from '../end-to-end/workplace.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { type Postgres, startPostgres, whyNoPostgres } from '../support/postgres.ts'
import { selfSigned } from '../support/self-signed.ts'
import { type Block, blocksOf, commandsOf } from './pages.ts'
import { makeCheckout } from './session.ts'

const page = 'docs/fleet.md'
const blocks = blocksOf(page).filter(({ language }) => language === 'console')
const password = 'a fictional password'

/** Where a block is typed: what its first line says. A directory stands for each host. */
const hosts: Readonly<Record<string, readonly string[]>> = {
  '# On the database host': ['db'],
  '# On both hosts': ['one', 'two'],
  '# On the first host': ['one'],
  '# On the second host': ['two'],
  '# On any host': ['two'],
}

/** Blocks that are not run here, by what they begin with, and why. */
const notRun: ReadonlyMap<string, string> = new Map([
  ["# On the standby's host", 'a second server; tried by hand, as the page says'],
  ["# On the primary's host", 'the same'],
  ['# On any host\nnpm install', 'it asks the registry; tried by hand, as the page says'],
])

const missing = await whyNoPostgres()

/** The hosts of the page. */
class Fleet {
  readonly place: Workplace
  readonly org: ForeignOrg
  readonly postgres: Postgres
  readonly #port: string

  constructor(place: Workplace, org: ForeignOrg, postgres: Postgres) {
    this.place = place
    this.org = org
    this.postgres = postgres
    this.#port = new URL(postgres.url).port
  }

  directory(host: string): string {
    return join(this.place.directory, host)
  }

  /** Makes the hosts, with a server as Debian's package leaves it: TLS, and nobody from outside. */
  async prepare(): Promise<void> {
    const { directory } = this.postgres
    const { uid, gid } = await stat(directory)
    for (const [name, text] of [
      ['server.crt', selfSigned.cert],
      ['server.key', selfSigned.key],
    ] as const) {
      await writeFile(join(directory, name), text, { mode: 0o600 })
      await chown(join(directory, name), uid, gid)
    }
    await writeFile(join(directory, 'pg_hba.conf'), 'local all all trust\n')
    await this.ask('ALTER SYSTEM SET ssl = on')
    await this.ask('SELECT pg_reload_conf()')
    for (const host of ['db', 'one', 'two']) {
      await mkdir(this.directory(host))
      await makeCheckout(this.directory(host))
    }
    await writeFile(join(this.directory('db'), 'bin/sudo'), this.#sudo(), { mode: 0o755 })
    await this.place.write('db.pem', selfSigned.cert)
  }

  /** Runs as the database's administrator what is for it. A restart would only read the settings again. */
  #sudo(): string {
    return [
      '#!/bin/sh',
      `export PGHOST='${dirname(this.postgres.directory)}' PGPORT=${this.#port} PGUSER=postgres`,
      'case "$1 $2" in',
      '  "-u postgres") shift 2; exec "$@" ;;',
      '  "apt install") exit 0 ;;',
      `  "systemctl restart") exec psql --quiet --command 'SELECT pg_reload_conf()' ;;`,
      'esac',
      'exec "$@"',
      '',
    ].join('\n')
  }

  /** Asks the server as its administrator. */
  async ask(statement: string, database = 'postgres'): Promise<readonly unknown[]> {
    const host = dirname(this.postgres.directory)
    const client = new Client({ host, port: Number(this.#port), user: 'postgres', database })
    await client.connect()
    const { rows } = await client.query(statement)
    await client.end()
    return rows
  }

  /** Types lines on a host, in a shell that knows what was exported there before, and says what was printed. */
  async type(host: string, lines: readonly string[], typed = ''): Promise<string> {
    const directory = this.directory(host)
    const script = ['. ./.exported 2> .no-exports', ...lines.map((line) => `${line}\necho "ended $?"`)]
    await writeFile(join(directory, 'typed.sh'), [...script, 'export -p > .exported', ''].join('\n'))
    const shell = spawn('bash', ['--noprofile', '--norc', '-c', '. ./typed.sh > said 2>&1'], {
      cwd: directory,
      env: {
        OKTA_CLIENT_REQUESTTIMEOUT: '3',
        PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
        HOME: directory,
      },
      stdio: ['pipe', 'ignore', 'ignore'],
      // Without a terminal of its own, `createuser` reads what is typed here.
      detached: true,
    })
    shell.stdin.on('error', () => {}).end(typed)
    await once(shell, 'exit')
    const said = await readFile(join(directory, 'said'), 'utf8')
    const ends = [...said.matchAll(/^ended (\d+)$/gm)].map(([, code]) => code)
    expect(ends, `${lines.join('\n')}\n${said}`).toEqual(lines.map(() => '0'))
    return said
  }

  async typeBlock(block: Block, run: string): Promise<readonly string[]> {
    const instead = [
      ['db.example.com', `localhost:${this.#port}`],
      ['/etc/okta-lifecycle/db.pem', join(this.place.directory, 'db.pem')],
      ['https://your-org.okta.com', this.org.url],
      ['10.0.0.0/8', '127.0.0.0/8'],
      ['RUN', run],
    ] as const
    const lines = commandsOf(block)
      .slice(1)
      .map((command) => instead.reduce((all, [from, to]) => all.replaceAll(from, to), command))
    const typed = block.text.includes('createuser')
      ? `${password}\n${password}\n`
      : `${password}\n${this.org.token}\n`
    const said: string[] = []
    for (const host of hosts[firstLine(block)] ?? []) said.push(await this.type(host, lines, typed))
    return said
  }

  async status(): Promise<{ readonly run_id: string; readonly state: string }> {
    const said = await this.type('two', ['okta-lifecycle status --latest --json'])
    return JSON.parse(said.replace(/^ended 0$/m, ''))
  }

  async untilFinished(): Promise<void> {
    while ((await this.status()).state !== 'finished') await delay(500)
  }

  /** The calls that have been applied, by action. */
  applied(action: string): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.org.applied).filter(([key]) => key.endsWith(` ${action}`)))
  }

  async untilApplied(action: string, count: number): Promise<void> {
    await this.org.waitUntil(() => Object.keys(this.applied(action)).length >= count)
  }

  expectOnce(action: string, count: number): void {
    expect(Object.values(this.applied(action))).toEqual(Array.from({ length: count }, () => 1))
  }

  async log(host: string): Promise<string> {
    return await readFile(join(this.directory(host), 'worker.log'), 'utf8')
  }

  /** Ends what the page has left at work. */
  async end(): Promise<void> {
    for (const host of ['one', 'two']) {
      const pid = Number(await readFile(join(this.directory(host), 'worker.pid'), 'utf8').catch(() => '0'))
      try {
        if (pid > 0) process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
  }
}

function firstLine({ text }: Block): string {
  return text.split('\n')[0] ?? ''
}

function isRun({ text }: Block): boolean {
  return ![...notRun.keys()].some((begin) => text.startsWith(begin))
}

it('every block says on which host it is typed, and those that are not run are still there', () => {
  expect(blocks.filter(isRun).filter((block) => hosts[firstLine(block)] === undefined)).toEqual([])
  for (const begin of notRun.keys())
    expect(blocks.filter(({ text }) => text.startsWith(begin))).toHaveLength(1)
})

it.skipIf(missing !== null)(
  'the page leads from nothing to a run that outlives its worker, and from an old backup to nothing done twice',
  async () => {
    const postgres = await startPostgres()
    try {
      await withWorkplace(async (place) => {
        const leavers = makeUsers({ count: 300 })
        const resets = makeUsers({ count: 240, first: 1000, factors: 1 })
        const org = await place.org({ users: [...leavers, ...resets], latencyMs: 300 })
        const fleet = new Fleet(place, org, postgres)
        try {
          await fleet.prepare()
          await writeFile(
            join(fleet.directory('one'), 'leavers.csv'),
            `login\n${leavers.map(({ login }) => login).join('\n')}\n`,
          )
          await writeFile(join(fleet.directory('one'), 'resets.csv'), usersCsv(resets.map(({ id }) => id)))
          await walk(fleet, { leavers: leavers.length, resets: resets.length })
        } finally {
          await fleet.end()
        }
      })
    } finally {
      await postgres.remove()
    }
  },
  600_000,
)

/** What the test does around a block, besides typing it. */
interface Moment {
  /** What the block, and no other, holds. */
  readonly words: string
  readonly before?: () => Promise<void>
  /** @param said what the block printed on each host */
  readonly after?: (said: string) => Promise<void>
}

async function walk(
  fleet: Fleet,
  { leavers, resets }: { readonly leavers: number; readonly resets: number },
): Promise<void> {
  let killedAt = 0
  let run = 'none'
  const moments: readonly Moment[] = [
    {
      words: 'okta-lifecycle doctor',
      after: async (said) => expect(said.match(/^ok +store: /gm)).toHaveLength(2),
    },
    {
      words: 'kill -KILL',
      before: async () => {
        await fleet.untilApplied('suspend', 40)
        expect(Object.keys(fleet.applied('suspend')).length).toBeLessThan(leavers)
        expect(await fleet.log('two')).not.toContain('taken up')
        killedAt = performance.now()
      },
    },
    {
      words: '--out leavers-report',
      before: async () => {
        while (!(await fleet.log('two')).includes('taken up')) await delay(200)
        expect(performance.now() - killedAt).toBeLessThan(60_000)
        await fleet.untilFinished()
      },
      after: async () => {
        const results = await readFile(join(fleet.directory('two'), 'leavers-report/results.csv'), 'utf8')
        expect(countsOf(parseCsv(results).map(({ result }) => result))).toEqual({ succeeded: leavers })
        for (const action of ['suspend', 'unsuspend']) fleet.expectOnce(action, leavers)
      },
    },
    { words: '--every "', after: async (said) => expect(said).toContain('not due yet') },
    {
      words: 'pg_dump',
      before: async () => {
        const submit = 'okta-lifecycle submit resets.csv --action reset_factors --yes --json'
        run = /"run_id": "(.*)"/.exec(await fleet.type('one', [submit]))?.[1] ?? ''
        await fleet.untilApplied('reset_factors', 40)
      },
      after: async () => {
        expect(Object.keys(fleet.applied('reset_factors')).length).toBeLessThan(120)
        await fleet.untilApplied('reset_factors', 120)
      },
    },
    {
      words: '# On both hosts\nkill',
      after: async () => {
        const others = "SELECT 1 FROM pg_stat_activity WHERE datname = 'lifecycle'"
        while ((await fleet.ask(others)).length > 0) await delay(200)
        expect(Object.keys(fleet.applied('reset_factors')).length).toBeLessThan(resets)
      },
    },
    {
      words: 'okta-lifecycle resume RUN',
      before: async () => {
        const claimed = 'SELECT 1 FROM okta_lifecycle.run WHERE claimed_until > clock_timestamp()'
        while ((await fleet.ask(claimed, 'lifecycle')).length > 0) await delay(200)
      },
      after: async (said) => {
        expect(said).toContain(`${resets} of ${resets} people have no factors left`)
        fleet.expectOnce('reset_factors', resets)
      },
    },
    {
      words: 'FROM okta_lifecycle.worker',
      after: async (said) => expect(said).toContain('"event":"cut"'),
    },
  ]
  const toRun = blocks.filter(isRun)
  for (const { words } of moments)
    expect(
      toRun.filter(({ text }) => text.includes(words)),
      words,
    ).toHaveLength(1)
  for (const block of toRun) {
    const moment = moments.find(({ words }) => block.text.includes(words))
    await moment?.before?.()
    const said = await fleet.typeBlock(block, run)
    await moment?.after?.(said.join('\n'))
  }
}
