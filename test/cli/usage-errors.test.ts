import { describe, expect, it } from 'vitest'
import { usersCsv, withWorkplace } from '../end-to-end/workplace.ts'
import type { CliEnd } from '../support/cli.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'

/** A way to be refused before anything is sent. */
interface Refusal {
  readonly name: string
  readonly args: readonly string[]
  /** What standard error must say, all of it. */
  readonly says: readonly RegExp[]
  readonly input?: string
  readonly job?: string
  /** In place of the org's address. */
  readonly env?: Readonly<Record<string, string>>
}

const run = ['run', 'in.csv', '--action', 'suspend', '--yes']
const token = { OKTA_CLIENT_TOKEN: '00AnotherFictionalToken' }

const refusals: readonly Refusal[] = [
  { name: 'no command', args: [], says: [/command/, /resume/] },
  { name: 'an unknown command', args: ['frobnicate'], says: [/frobnicate/] },
  { name: 'an unknown flag', args: [...run, '--frobnicate'], says: [/frobnicate/] },
  { name: 'a flag given twice', args: [...run, '--action', 'unlock'], says: [/--action/] },
  {
    name: 'an unknown action',
    args: ['run', 'in.csv', '--action', 'delete', '--yes'],
    says: [/delete/, /suspend/],
  },
  { name: 'a share beyond 1', args: [...run, '--share', '1.5'], says: [/--share/, /1\.5/] },
  { name: 'a share of nothing', args: [...run, '--share', '0'], says: [/--share/] },
  { name: 'a share that is no number', args: [...run, '--share', 'half'], says: [/--share/] },
  { name: 'a concurrency of 0', args: [...run, '--concurrency', '0'], says: [/--concurrency/] },
  { name: 'no input', args: ['run', '--action', 'suspend', '--yes'], says: [/input/] },
  { name: 'an input that is not there', args: ['run', 'not-there.csv', '--yes'], says: [/not-there\.csv/] },
  { name: 'an empty input', args: run, input: '', says: [/empty/] },
  { name: 'no terminal and no --yes', args: run.slice(0, -1), says: [/--yes/] },
  { name: 'a run id that leads elsewhere', args: [...run, '--run-id', '../x'], says: [/--run-id/] },
  {
    name: 'a column that is not there',
    args: [...run, '--user-column', 'mail'],
    says: [/"mail"/, /"user"/],
  },
  {
    name: 'two columns that may hold the user',
    args: run,
    input: 'id,login\n00uAda00000000000001,ada\n',
    says: [/"id"/, /"login"/, /--user-column/],
  },
  {
    name: 'no column that holds the user',
    args: run,
    input: 'name,team\na,b\n',
    says: [/"name"/, /--user-column/],
  },
  { name: 'a job file that is not there', args: ['run', '--job', 'no.yaml', '--yes'], says: [/no\.yaml/] },
  {
    name: 'wrong values in the job file',
    args: ['run', 'in.csv', '--job', 'job.yaml', '--yes'],
    job: 'name: j\naction: suspend\npace:\n  share: 2\n  speed: 3\nguards: { max_users: none }\n',
    says: [/job\.yaml:4:10: .*share/, /job\.yaml:5:3: .*speed/, /job\.yaml:6:22: .*max_users/],
  },
  {
    name: 'a job file that is no YAML',
    args: ['run', 'in.csv', '--job', 'job.yaml', '--yes'],
    job: 'name: j\nsteps: [suspend\n',
    says: [/job\.yaml:\d+:\d+: /],
  },
  {
    name: 'action and steps together',
    args: ['run', 'in.csv', '--job', 'job.yaml', '--yes'],
    job: 'name: j\naction: suspend\nsteps: [deactivate]\n',
    says: [/job\.yaml:3:8: .*steps/],
  },
  { name: 'no address of an org', args: run, env: token, says: [/OKTA_CLIENT_ORGURL/] },
  {
    name: 'no token',
    args: run,
    env: { OKTA_CLIENT_ORGURL: 'http://127.0.0.1:9' },
    says: [/OKTA_CLIENT_TOKEN/],
  },
  {
    name: 'plain HTTP beyond this machine',
    args: run,
    env: { OKTA_CLIENT_ORGURL: 'http://acme.example.com', ...token },
    says: [/https:\/\//, /acme\.example\.com/],
  },
  {
    name: 'the address of the admin console',
    args: run,
    env: { OKTA_CLIENT_ORGURL: 'https://acme-admin.okta.com', ...token },
    says: [/export OKTA_CLIENT_ORGURL=https:\/\/acme\.okta\.com/],
  },
]

/** Meets one refusal in a workplace of its own, and checks what holds for each of them. */
async function meet({ args, input, job, env }: Refusal): Promise<CliEnd> {
  let met: CliEnd | null = null
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1 }) })
    await place.write('in.csv', input ?? usersCsv([userIdOf(1)]))
    if (job !== undefined) await place.write('job.yaml', job)
    const end = await (env === undefined ? place.runHere(org, args) : place.runHere(null, args, { env }))
    expect(end.code, end.stderr).toBe(2)
    // A person reads it, so: no stack, and what to do next.
    expect(end.stderr).not.toMatch(/\n\s+at /)
    expect(end.stderr).toMatch(/\n→ \S/)
    expect(end.stdout).toBe('')
    expect(org.requests).toEqual([])
    expect(await place.runs()).toEqual([])
    met = end
  })
  if (met === null) throw new Error('No command was carried out')
  return met
}

describe('is refused with exit code 2, nothing sent', () => {
  it.each(refusals)('$name', async (refusal) => {
    const { stderr } = await meet(refusal)
    for (const pattern of refusal.says) expect(stderr).toMatch(pattern)
  })
})

it('says what was wrong and what to do next, in these words', async () => {
  const said: string[] = []
  for (const refusal of refusals) said.push(`# ${refusal.name}\n${(await meet(refusal)).stderr}`)
  expect(said.join('\n')).toMatchInlineSnapshot(`
    "# no command
    A command was expected: run, plan, resume, retry, undo, submit, worker, status, runs, report, evidence, verify-journal, doctor, validate, sandbox or completion.
    → okta-lifecycle --help, or okta-lifecycle COMMAND --help

    # an unknown command
    Unknown argument: frobnicate
    → okta-lifecycle --help, or okta-lifecycle COMMAND --help

    # an unknown flag
    Unknown argument: frobnicate
    → okta-lifecycle --help, or okta-lifecycle COMMAND --help

    # a flag given twice
    --action was given more than once.
    → okta-lifecycle --help, or okta-lifecycle COMMAND --help

    # an unknown action
    --action "delete" is not an action; one of activate, deactivate, reactivate, reset_factors, suspend, unlock, unsuspend was expected.
    → okta-lifecycle run users.csv --action suspend

    # a share beyond 1
    --share: a number of at most 1 was expected, but 1.5 was found
    → Correct or leave out --share; okta-lifecycle run --help shows examples.

    # a share of nothing
    --share: a number above 0 was expected, but 0 was found
    → Correct or leave out --share; okta-lifecycle run --help shows examples.

    # a share that is no number
    --share: a number was expected, but NaN was found
    → Correct or leave out --share; okta-lifecycle run --help shows examples.

    # a concurrency of 0
    --concurrency: a number of at least 1 was expected, but 0 was found
    → Correct or leave out --concurrency; okta-lifecycle run --help shows examples.

    # no input
    No input is named. A CSV, JSON or Excel file was expected, or - for standard input.
    → okta-lifecycle run users.csv --action suspend

    # an input that is not there
    The input not-there.csv can't be read: there is no such file or directory (ENOENT).
    → Check the path; - reads standard input.

    # an empty input
    in.csv: the input is empty; a header with the names of the columns was expected.
    → Use a file whose first line names its columns, such as "user,action".

    # no terminal and no --yes
    There is no terminal on which to ask before sending.
    → Add --yes to send without a question.

    # a run id that leads elsewhere
    --run-id "../x" can't be a run id. It must have at most 128 letters, digits, dots, dashes and underscores, and begin with a letter or digit.
    → Choose another --run-id, or leave it out.

    # a column that is not there
    in.csv has no column "mail" for the user. Its columns are: "user".
    → Add --user-column user (in a job file: user_column) if that column holds the users, or --user-column NAME with another. If the first line is not a header but a person, put a line above it that names the columns, such as "user".

    # two columns that may hold the user
    in.csv: several columns may hold the user: "id", "login"; one was expected.
    → Name it with --user-column NAME (in a job file: user_column).

    # no column that holds the user
    in.csv has no column that is known to hold the user. Its columns are: "name", "team".
    → Name it with --user-column NAME (in a job file: user_column). If the first line is not a header but a person, put a line above it that names the columns, such as "user".

    # a job file that is not there
    The job file no.yaml can't be read: ENOENT: no such file or directory, stat 'no.yaml'
    → Name a YAML or JSON job file: okta-lifecycle run --job FILE

    # wrong values in the job file
    job.yaml:4:10: pace.share: a number of at most 1 was expected, but 2 was found
    job.yaml:5:3: pace.speed: one of the keys share, concurrency was expected, but this key is unknown
    job.yaml:6:22: guards.max_users: a number was expected, but "none" was found
    → Correct the job file, then check it: okta-lifecycle validate --job job.yaml

    # a job file that is no YAML
    job.yaml:3:1: Flow sequence in block collection must be sufficiently indented and end with a ]
    → Correct the job file, then check it: okta-lifecycle validate --job job.yaml

    # action and steps together
    job.yaml:3:8: steps: either action or steps was expected, but both were found (action: suspend)
    → Correct the job file, then check it: okta-lifecycle validate --job job.yaml

    # no address of an org
    OKTA_CLIENT_ORGURL is not set. It must be the URL of the Okta org.
    → export OKTA_CLIENT_ORGURL=https://your-org.okta.com

    # no token
    OKTA_CLIENT_TOKEN is not set. It must be an API token.
    → Create one in the Admin Console under Security > API > Tokens, then: export OKTA_CLIENT_TOKEN=…

    # plain HTTP beyond this machine
    OKTA_CLIENT_ORGURL must begin with https:// (it is http://acme.example.com); plain HTTP is allowed only for this machine (loopback).
    → export OKTA_CLIENT_ORGURL=https://acme.example.com

    # the address of the admin console
    OKTA_CLIENT_ORGURL is the address of the admin console (acme-admin.okta.com); the API is at acme.okta.com.
    → export OKTA_CLIENT_ORGURL=https://acme.okta.com
    "
  `)
})
