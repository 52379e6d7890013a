import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCli } from '../support/cli.ts'
import { createForeignOrg, type ForeignOrgOptions } from '../support/foreign-org/server.ts'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { everyKind } from './every-kind.ts'
import { writeLongReport } from './long-report.ts'

/** The reports that the tests open. */
export const reportNames = ['everyKind', 'calm', 'stopped', 'empty', 'long'] as const
export type ReportName = (typeof reportNames)[number]

/** Where each of them is. */
export type Reports = Readonly<Record<ReportName, string>>

interface Night {
  readonly org: ForeignOrgOptions
  readonly input: string
  readonly job: string
}

const users = makeUsers({ count: 40 })
const input = `user\n${users.map((_, index) => loginOf(index + 1)).join('\n')}\n`
const suspend = 'name: leavers\naction: suspend\ninput: { file: in.csv }\n'

const nights: Readonly<Record<Exclude<ReportName, 'long'>, Night>> = {
  everyKind,
  calm: { org: { users }, input, job: suspend },
  stopped: { org: { users }, input, job: `${suspend}guards: { max_users: 10 }\n` },
  empty: { org: { users }, input: 'user\n', job: suspend },
}

/** Makes all reports below a new directory: by the built command, but for one that is too long for that. */
export async function makeReports(): Promise<{ readonly reports: Reports; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'browser-'))
  const made = await Promise.all(
    Object.entries(nights).map(async ([name, night]) => [name, await makeReport(directory, name, night)]),
  )
  const long = await writeLongReport(directory)
  return {
    reports: { ...(Object.fromEntries(made) as Omit<Reports, 'long'>), long },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

async function makeReport(directory: string, name: string, { org, input, job }: Night): Promise<string> {
  const place = join(directory, name)
  await mkdir(place)
  await writeFile(join(place, 'in.csv'), input)
  await writeFile(join(place, 'job.yaml'), job)
  const foreign = await createForeignOrg({
    rateLimit: { lifecycle: 100_000, read: 100_000, windowSeconds: 60 },
    ...org,
  })
  try {
    const env = { OKTA_CLIENT_ORGURL: foreign.url, OKTA_CLIENT_TOKEN: foreign.token }
    const args = ['run', '--job', 'job.yaml', '--yes', '--quiet', '--run-id', 'run', '--skip-invalid']
    const end = await startCli(args, { cwd: place, env }).ended
    const report = join(place, 'runs', 'run', 'report.html')
    await access(report).catch((cause) => {
      throw new Error(`The command wrote no report: ${end.stderr}`, { cause })
    })
    return report
  } finally {
    await foreign.close()
  }
}
