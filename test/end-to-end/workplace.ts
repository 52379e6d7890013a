import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect } from 'vitest'
import { type Cli, type CliEnd, type CliOptions, startCli } from '../support/cli.ts'
import type { RateLimit } from '../support/foreign-org/bucket.ts'
import type { ProcessOptions } from '../support/foreign-org/main.ts'
import { type ForeignOrgProcess, startForeignOrgProcess } from '../support/foreign-org/process.ts'
import { createForeignOrg, type ForeignOrg, type ForeignOrgOptions } from '../support/foreign-org/server.ts'
import { runInProcess } from '../support/in-process.ts'

/** An org as the environment of a command names it. */
interface OrgAddress {
  readonly url: string
  readonly token: string
}

/** What a command is given besides its arguments. */
interface More {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  /** As in {@link CliOptions}. */
  readonly shell?: string
}

/** A line of `results.csv` by column name, as a spreadsheet shows it. */
export type ResultLine = Readonly<Record<string, string>>

/** A directory where commands are run, with the orgs that they talk to. All of it ends with the test. */
export interface Workplace {
  readonly directory: string
  /** An org in this process: its state is at hand. By default its limit is too large to matter. */
  org(options?: ForeignOrgOptions): Promise<ForeignOrg>
  /** An org in a process of its own. */
  orgProcess(options?: ProcessOptions): Promise<ForeignOrgProcess>
  write(name: string, content: string | Buffer): Promise<void>
  read(name: string): Promise<string>
  start(org: OrgAddress | null, args: readonly string[], more?: More): Cli
  run(org: OrgAddress | null, args: readonly string[], more?: More): Promise<CliEnd>
  /** Carries out a command in the process of the test, which must not be a concurrent one. */
  runHere(org: OrgAddress | null, args: readonly string[], more?: Pick<More, 'env'>): Promise<CliEnd>
  results(): Promise<readonly ResultLine[]>
  /** The names of the runs below `runs`, sorted. */
  runs(): Promise<readonly string[]>
}

/** The name that the tests give to their run. */
export const runId = 'run'
/** A job that sends activations without mail and keeps their links. */
export const linksJob = [
  'name: onboarding',
  'action: activate',
  'options: { send_email: false }',
  'report: { activation_links: links.csv }',
  '',
].join('\n')

/** How a script starts a run: without a question, and here under a known name. */
export const unattended = ['--yes', '--quiet', '--run-id', runId] as const

const plenty: RateLimit = { lifecycle: 100_000, read: 100_000, windowSeconds: 60 }

/**
 * Runs a test in a new workplace. Afterwards nothing may be left that holds an org's token: not a file, not a line on
 * standard output or error. And whatever happened to a run, nobody else may read its directory.
 */
export async function withWorkplace(work: (place: Workplace) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'end-to-end-'))
  const orgs: { readonly token: string; close(): Promise<void> }[] = []
  const started: Cli[] = []
  const printedHere: string[] = []
  const place: Workplace = {
    directory,
    async org(options = {}) {
      const org = await createForeignOrg({ rateLimit: plenty, ...options })
      orgs.push(org)
      return org
    },
    async orgProcess(options = {}) {
      const org = await startForeignOrgProcess({ rateLimit: plenty, ...options })
      orgs.push({ token: org.token, close: () => org.stop() })
      return org
    },
    write: (name, content) => writeFile(join(directory, name), content),
    read: (name) => readFile(join(directory, name), 'utf8'),
    start(org, args, more = {}) {
      const cli = startCli(args, { ...more, cwd: directory, env: { ...addressOf(org), ...more.env } })
      started.push(cli)
      return cli
    },
    run: (org, args, more) => place.start(org, args, more).ended,
    async runHere(org, args, { env = {} } = {}) {
      const end = await runInProcess(args, { cwd: directory, env: { ...addressOf(org), ...env } })
      printedHere.push(end.stdout + end.stderr)
      return end
    },
    results: async () => parseCsv(await place.read(`runs/${runId}/results.csv`)),
    runs: async () => (await namesIn(join(directory, 'runs'))).filter((name) => !name.startsWith('.')),
  }
  try {
    await work(place)
    const tokens = orgs.map(({ token }) => token)
    for (const cli of started) cli.kill('SIGKILL')
    for (const cli of started) expectNoToken(await outputOf(cli), tokens, 'the output of a command')
    for (const printed of printedHere) expectNoToken(printed, tokens, 'the output of a command')
    await expectPrivate(join(directory, 'runs'), tokens)
  } finally {
    for (const cli of started) cli.kill('SIGKILL')
    await Promise.all(started.map((cli) => cli.ended))
    for (const org of orgs) await org.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function addressOf(org: OrgAddress | null): Readonly<Record<string, string>> {
  return org === null ? {} : { OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_TOKEN: org.token }
}

/** Reads CSV by its header. */
export function parseCsv(text: string): readonly ResultLine[] {
  return parse(text, { columns: true }) as ResultLine[]
}

/** A CSV of one column of users, or of users and actions. */
export function usersCsv(users: readonly (string | readonly [user: string, action: string])[]): string {
  const lines = users.map((user) => (typeof user === 'string' ? user : user.join(',')))
  const header = typeof users[0] === 'string' ? 'user' : 'user,action'
  return `${[header, ...lines].join('\n')}\n`
}

/** How many there are of each. */
export function countsOf(names: readonly (string | undefined)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name ?? ''] = (counts[name ?? ''] ?? 0) + 1
  return counts
}

/** All that was really applied must be these, each once. */
export function expectAppliedOnce(
  applied: Readonly<Record<string, number>>,
  expected: readonly string[],
): void {
  expect(applied).toEqual(Object.fromEntries(expected.map((name) => [name, 1])))
}

/** The lines of a run's journal that are whole, as objects. */
export async function journalOf(place: Workplace): Promise<readonly Record<string, unknown>[]> {
  const lines = (await place.read(`runs/${runId}/journal.ndjson`)).split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function outputOf(cli: Cli): Promise<string> {
  const { stdout, stderr } = await cli.ended
  return stdout + stderr
}

function expectNoToken(content: string | Buffer, tokens: readonly string[], where: string): void {
  for (const token of tokens) {
    expect(content.includes(token), `the token stands in ${where}`).toBe(false)
  }
}

async function expectPrivate(directory: string, tokens: readonly string[]): Promise<void> {
  for (const name of await namesIn(directory)) {
    const path = join(directory, name)
    const info = await stat(path)
    expect((info.mode & 0o777).toString(8), `the mode of ${path}`).toBe(info.isDirectory() ? '700' : '600')
    if (info.isDirectory()) await expectPrivate(path, tokens)
    else expectNoToken(await readFile(path), tokens, path)
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch {
    return []
  }
}
