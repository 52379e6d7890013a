import { describe, expect, it } from 'vitest'
import { errorAnswer } from '../support/foreign-org/answer.ts'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { countsOf, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const concurrency = 4

/** A guard that stops, and what makes it go on. */
interface Stop {
  readonly guards: string
  /** The users of the input. */
  readonly count: number
  /** What fails until the run is resumed. */
  readonly fails?: (request: LoggedRequest) => Fault | null
  /** What the run and the resume without more say. */
  readonly says: RegExp
  /** What `resume` is told to be given, and is given; none: it goes on by itself. */
  readonly flags: readonly string[]
  /** How many calls may have arrived at the stop at most. */
  readonly mostCalls: number
}

/** A refusal of one user, which says nothing about the token. */
const mastered: Fault = {
  name: 'answer',
  when: 'before',
  answer: errorAnswer(
    403,
    'E0000023',
    'Operation failed because user profile is mastered under another system',
  ),
}

function everySecondFails({ action, key }: LoggedRequest): Fault | null {
  return action !== null && Number(key?.charCodeAt(19)) % 2 === 0 ? mastered : null
}

const stops: Readonly<Record<string, Stop>> = {
  max_users: {
    guards: 'max_users: 99',
    count: 100,
    says: /names 100 users, but max_users allows only 99/,
    flags: ['--max-users', '100'],
    mostCalls: 0,
  },
  max_percent: {
    guards: 'max_percent: 50',
    count: 100,
    says: /names 100 users, which is 83\.4% of the org's 120 active users\. max_percent allows only 50%/,
    flags: ['--max-percent', '83.4'],
    mostCalls: 0,
  },
  max_failures: {
    guards: 'max_failures: 3',
    count: 100,
    fails: everySecondFails,
    says: /Too many failures: \d tasks failed, and max_failures tolerates 3/,
    flags: ['--max-failures', '100'],
    // Every second call fails: the fourth failure is among the first eight, and others were in flight.
    mostCalls: 8 + concurrency,
  },
  max_failure_rate: {
    guards: 'max_failure_rate: 0.2',
    count: 120,
    fails: everySecondFails,
    says: /Too many failures: \d+ of \d+ tasks failed, and max_failure_rate tolerates 20%/,
    flags: ['--max-failure-rate', '0.9'],
    mostCalls: 50 + concurrency,
  },
}

function calls({ requests }: ForeignOrg): readonly LoggedRequest[] {
  return requests.filter(({ action }) => action !== null)
}

async function prepare(place: Workplace, count: number, job: string): Promise<void> {
  await place.write('in.csv', usersCsv(makeUsers({ count }).map(({ id }) => id)))
  await place.write('job.yaml', `name: j\npace: { concurrency: ${concurrency} }\n${job}\n`)
}

describe('a guard that stops', () => {
  it.each(Object.entries(stops))(
    '%s: exit 3, what was done is reported, and resume goes on when given what it says',
    async (_, { guards, count, fails, says, flags, mostCalls }) => {
      await withWorkplace(async (place) => {
        let failing = true
        const org = await place.org({
          users: makeUsers({ count: 120 }),
          fault: (request) => (failing ? (fails?.(request) ?? null) : null),
        })
        await prepare(place, count, `action: suspend\nguards: { ${guards} }`)
        const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
        expect(end.code, end.stderr).toBe(3)
        expect(end.stdout).toMatch(says)
        expect(calls(org).length).toBeLessThanOrEqual(mostCalls)
        // What was done is reported, call by call.
        const done = countsOf((await place.results()).map(({ result }) => result))
        const { succeeded = 0, failed = 0, not_run: left = 0 } = done
        expect(succeeded + failed).toBe(calls(org).length)
        expect(left).toBe(count - calls(org).length)
        expect(Object.keys(org.applied)).toHaveLength(succeeded)
        // Without more it stops for the same reason again, or does a part and stops.
        const before = calls(org).length
        const still = await place.runHere(org, ['resume', runId, '--quiet'])
        expect(still.code, still.stderr).toBe(3)
        expect(still.stdout).toMatch(says)
        // Rows that fail may be done at the stop, and others before them left: then more than every second call succeeds.
        const most = mostCalls === 0 ? 0 : mostCalls + concurrency
        expect(calls(org).length - before).toBeLessThanOrEqual(most)
        if (mostCalls === 0)
          expect(still.stdout).toContain(`okta-lifecycle resume ${runId} ${flags.join(' ')}`)
        else expect(still.stdout).toContain(`okta-lifecycle resume ${runId}`)
        failing = false
        const on = await place.runHere(org, ['resume', runId, ...flags, '--quiet'])
        expect([0, 1], on.stderr).toContain(on.code)
        const lines = countsOf((await place.results()).map(({ result }) => result))
        expect((lines.succeeded ?? 0) + (lines.failed ?? 0)).toBe(count)
        expect(Object.values(org.applied).every((times) => times === 1)).toBe(true)
      })
    },
  )

  it('max_duration: no call is begun after it, what is in flight is reported, and resume goes on', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 100 }), latencyMs: 80 })
      await prepare(place, 100, 'action: suspend\nguards: { max_duration: 1s }')
      const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(3)
      expect(end.stdout).toMatch(/at work for 1 ?s.*as long as max_duration allows/)
      expect(end.stdout).toContain(`okta-lifecycle resume ${runId}`)
      const { succeeded = 0, not_run: left = 0 } = countsOf(
        (await place.results()).map(({ result }) => result),
      )
      expect(succeeded).toBe(calls(org).length)
      expect(succeeded + left).toBe(100)
      expect(left).toBeGreaterThan(0)
      const on = await place.runHere(org, ['resume', runId, '--max-duration', '10m', '--quiet'])
      expect(on.code, on.stderr).toBe(0)
      expect(Object.values(org.applied)).toEqual(Array(100).fill(1))
    })
  })
})

describe('a guard that leaves users alone', () => {
  it('input.check and only_status are judged at each sending: whoever does not fit is skipped, the rest done', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 4, status: ['ACTIVE', 'ACTIVE', 'ACTIVE', 'LOCKED_OUT'] }),
      })
      const rows = [
        [userIdOf(1), loginOf(1).toUpperCase()],
        [userIdOf(2), loginOf(3)],
        [userIdOf(3), loginOf(3)],
        [userIdOf(4), loginOf(4)],
      ]
      await place.write('in.csv', `id,work_email\n${rows.map((cells) => cells.join(',')).join('\n')}\n`)
      await place.write(
        'job.yaml',
        'name: j\ninput: { user_column: id, check: { login: work_email } }\nsteps: [suspend, deactivate]\nguards: { only_status: [ACTIVE] }\n',
      )
      const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      const lines = await place.results()
      expect(lines.map(({ row, step, result }) => `${row}.${step} ${result}`)).toEqual([
        '1.1 succeeded',
        '1.2 succeeded',
        '2.1 skipped',
        '2.2 skipped',
        '3.1 succeeded',
        '3.2 succeeded',
        '4.1 skipped',
        '4.2 skipped',
      ])
      expect(lines[2]?.message).toContain(loginOf(2))
      expect(lines[2]?.message).toContain(loginOf(3))
      expect(lines[6]?.message).toMatch(/user is LOCKED_OUT; the job acts only on ACTIVE/)
      expect(calls(org).map(({ key }) => key)).not.toContain(userIdOf(2))
      expect(calls(org).map(({ key }) => key)).not.toContain(userIdOf(4))
    })
  })
})

describe('guards that resume may turn on again', () => {
  const admin = { [userIdOf(3)]: ['Super Administrator'] }
  const crew = '00gCrew0000000000002'

  it('--protect-admins protects from then on, also through groups, where the run had it off', async () => {
    await withWorkplace(async (place) => {
      const groups = [{ id: crew, name: 'Crew', members: [userIdOf(4)], roles: ['Report Administrator'] }]
      const org = await place.org({ users: makeUsers({ count: 4 }), roles: admin, groups })
      await prepare(place, 4, 'action: suspend\nguards: { max_users: 3 }')
      const run = ['run', 'in.csv', '--job', 'job.yaml', '--no-protect-admins', ...unattended]
      expect((await place.runHere(org, run)).code).toBe(3)
      expect(JSON.parse(await place.read(`runs/${runId}/run.json`)).job.guards.protect_admins).toBe(false)
      const on = ['resume', runId, '--protect-admins', '--max-users', '4', '--quiet']
      const end = await place.runHere(org, on)
      expect(end.code, end.stderr).toBe(1)
      expect((await place.results()).map(({ result }) => result)).toEqual([
        'succeeded',
        'succeeded',
        'skipped',
        'skipped',
      ])
      expect(Object.keys(org.applied).sort()).toEqual([`${userIdOf(1)} suspend`, `${userIdOf(2)} suspend`])
    })
  })

  it('--protect-groups is refused where the run has no groups any more, and nothing is sent', async () => {
    await withWorkplace(async (place) => {
      const groups = [{ id: crew, name: 'Crew', members: [userIdOf(1)] }]
      const org = await place.org({ users: makeUsers({ count: 4 }), groups })
      await prepare(place, 4, `action: suspend\nguards: { max_users: 3, protect_groups: [${crew}] }`)
      const run = ['run', 'in.csv', '--job', 'job.yaml', '--no-protect-groups', ...unattended]
      expect((await place.runHere(org, run)).code).toBe(3)
      const end = await place.runHere(org, [
        'resume',
        runId,
        '--protect-groups',
        '--max-users',
        '4',
        '--quiet',
      ])
      expect(end.code).toBe(2)
      expect(end.stderr).toMatch(/--protect-groups: groups to protect were expected, but there are none/)
      expect(calls(org)).toEqual([])
    })
  })
})
