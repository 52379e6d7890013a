import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  parseCsv,
  type ResultLine,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const again = ['--yes', '--quiet'] as const

/** The one run that a retry has made. */
async function retriedRun(place: Workplace): Promise<string> {
  const names = (await place.runs()).filter((name) => name !== runId && !name.startsWith('.'))
  expect(names).toHaveLength(1)
  return names[0] ?? ''
}

async function resultsOf(place: Workplace, run: string): Promise<readonly ResultLine[]> {
  return parseCsv(await place.read(`runs/${run}/results.csv`))
}

async function runFile(place: Workplace, run: string): Promise<Record<string, unknown>> {
  return JSON.parse(await place.read(`runs/${run}/run.json`)) as Record<string, unknown>
}

const ids = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => userIdOf(first + index))

it('does what failed once it can be done, never what is done, and closes the old run', async () => {
  await withWorkplace(async (place) => {
    // Of ten users with a factor, three are deprovisioned at first: suspend fails.
    const users = [
      ...makeUsers({ count: 7, factors: 1 }),
      ...makeUsers({ first: 8, count: 3, status: 'DEPROVISIONED', factors: 1 }),
    ]
    const org = await place.org({ users })
    await place.write('job.yaml', 'name: leavers\nsteps: [reset_factors, suspend, deactivate]\n')
    await place.write('in.csv', usersCsv(ids(1, 10)))
    const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(first.code, first.stderr).toBe(1)
    expect(first.stdout).toMatch(new RegExp(`okta-lifecycle retry ${runId}`))
    for (const user of org.org.users.values()) {
      if (ids(8, 10).includes(user.id)) user.status = 'ACTIVE'
    }
    const second = await place.runHere(org, ['retry', runId, ...again])
    expect(second.code, second.stderr + second.stdout).toBe(0)
    expectAppliedOnce(
      org.applied,
      ids(1, 10).flatMap((id) => [`${id} reset_factors`, `${id} suspend`, `${id} deactivate`]),
    )
    const run = await retriedRun(place)
    const lines = await resultsOf(place, run)
    expect(lines.map(({ row, step, result }) => `${row} ${step} ${result}`)).toEqual(
      [1, 2, 3].flatMap((row) => [1, 2, 3].map((step) => `${row} ${step} succeeded`)),
    )
    for (const line of lines) expect(line.message?.includes(`(in run ${runId})`)).toBe(line.step === '1')
    expect(await runFile(place, run)).toMatchObject({ retry_of: runId, state: 'finished' })
    expect(await runFile(place, runId)).toMatchObject({ state: 'closed', closed_by: run })

    const resumed = await place.runHere(org, ['resume', runId, '--yes'])
    expect([resumed.code, resumed.stdout]).toEqual([2, ''])
    expect(resumed.stderr).toContain(`okta-lifecycle resume ${run}`)
    const retriedAgain = await place.runHere(org, ['retry', runId, ...again])
    expect([retriedAgain.code, retriedAgain.stderr.includes(run)]).toEqual([2, true])
    const nothing = await place.runHere(org, ['retry', run, ...again])
    expect([nothing.code, nothing.stderr]).toEqual([0, expect.stringMatching(/nothing to retry/)])
    expect((await place.runHere(org, ['status', runId])).stdout).toMatch(/closed/)
    expect(await retriedRun(place)).toBe(run)
  })
})

it('takes a run up again whose retry died before it was one, and never one that another goes on from', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: [] })
    await place.write('in.csv', usersCsv(['gone@example.com']))
    await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    const path = join(place.directory, 'runs', runId, 'run.json')
    const half = { ...(await runFile(place, runId)), closed_by: 'never-begun' }
    await writeFile(path, JSON.stringify(half))
    const resumed = await place.runHere(org, ['resume', runId, '--yes'])
    expect([resumed.code, resumed.stderr]).toEqual([
      2,
      expect.stringContaining(`okta-lifecycle retry ${runId}`),
    ])
    expect((await place.runHere(org, ['retry', runId, ...again])).code).toBe(1)
    // The other run may be kept elsewhere by now: what it has done must not be done anew.
    await rm(join(place.directory, 'runs', await retriedRun(place)), { recursive: true })
    const refused = await place.runHere(org, ['retry', runId, ...again])
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/is closed: run .* goes on from it/),
    ])
    expect(await place.runs()).toEqual([runId])
  })
})

it('settles doubt first, and sends again only what was not applied', async () => {
  await withWorkplace(async (place) => {
    // The reads that would settle the doubt fail, so that the tasks of the first run end in doubt.
    let fixed = false
    const fault = ({ action, key }: { action: string | null; key: string | null }): Fault | null => {
      if (fixed) return null
      if (action !== null) {
        const even = Number(userNumber.get(key ?? '')) % 2 === 0
        return { name: even ? 'dropAfter' : 'dropBefore' }
      }
      return seen.has(key ?? '') ? { name: 'answer', when: 'before', answer: notAllowed } : note(key)
    }
    const seen = new Set<string>()
    const note = (key: string | null): null => {
      if (key !== null) seen.add(key)
      return null
    }
    const userNumber = new Map(ids(1, 8).map((id, index) => [id, index + 1]))
    const notAllowed = { status: 400, headers: {}, body: '{"errorCode":"E0000001","errorSummary":"no"}' }
    const org = await place.org({ users: makeUsers({ count: 8 }), fault })
    await place.write('in.csv', usersCsv(ids(1, 8)))
    const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
    expect(first.code, first.stderr).toBe(1)
    expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ in_doubt: 8 })
    expect(Object.keys(org.applied)).toHaveLength(4)
    fixed = true
    const second = await place.runHere(org, ['retry', '--latest', ...again], impatient)
    expect(second.code, second.stderr + second.stdout).toBe(0)
    expect(second.stderr).toMatch(/8 tasks are in doubt: each is looked up in Okta first/)
    expectAppliedOnce(
      org.applied,
      ids(1, 8).map((id) => `${id} suspend`),
    )
    const lines = await resultsOf(place, await retriedRun(place))
    expect(lines.filter(({ message }) => message?.startsWith('confirmed')).map(({ user }) => user)).toEqual(
      ids(1, 8).filter((_, index) => index % 2 === 1),
    )
  })
})

it('repeats a reactivate in doubt only where it is told to', async () => {
  await withWorkplace(async (place) => {
    let calls = 0
    const org = await place.org({
      users: makeUsers({ count: 2, status: 'PROVISIONED' }),
      fault: ({ action }) => (action !== null && ++calls <= 2 ? { name: 'dropBefore' } : null),
    })
    await place.write('in.csv', usersCsv(ids(1, 2)))
    const first = await place.runHere(
      org,
      ['run', 'in.csv', '--action', 'reactivate', ...unattended],
      impatient,
    )
    expect(first.code, first.stderr).toBe(1)
    const kept = await place.runHere(org, ['retry', runId, ...again], impatient)
    expect(kept.code, kept.stderr).toBe(1)
    expect([calls, org.applied]).toEqual([2, {}])
    const told = await place.runHere(
      org,
      ['retry', await retriedRun(place), '--in-doubt', 'retry', ...again],
      impatient,
    )
    expect(told.code, told.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      ids(1, 2).map((id) => `${id} reactivate`),
    )
  })
})

it.concurrent('takes up a run that was killed: what was not run and what was under way', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 60, factors: 1 }), latencyMs: 30 })
    await place.write('in.csv', usersCsv(ids(1, 60)))
    const cli = place.start(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended], impatient)
    await org.waitUntil(() => Object.keys(org.applied).length >= 20)
    cli.kill('SIGKILL')
    await cli.ended
    const done = Object.keys(org.applied).length
    const inFlight = 10
    expect(done).toBeLessThan(60)
    const end = await place.run(org, ['retry', runId, ...again], impatient)
    expect(end.code, end.stderr + end.stdout).toBe(0)
    expectAppliedOnce(
      org.applied,
      ids(1, 60).map((id) => `${id} reset_factors`),
    )
    const lines = await resultsOf(place, await retriedRun(place))
    // What was under way at the kill may have been applied after it, and is then settled in the run that was killed.
    expect(lines.length).toBeGreaterThanOrEqual(60 - done - inFlight)
    expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: lines.length })
  })
})

it('reports the run that was killed as well, though it has left nothing unsettled', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3, status: 'DEPROVISIONED' }) })
    await place.write('in.csv', usersCsv(ids(1, 3)))
    const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(first.code, first.stderr).toBe(1)
    // As it is when the process dies before it has written its reports, or while it writes them.
    for (const name of ['failed.csv', 'results.csv', 'report.html'])
      await rm(join(place.directory, 'runs', runId, name))
    const run = await runFile(place, runId)
    await place.write(`runs/${runId}/run.json`, JSON.stringify({ ...run, state: 'running' }))
    await place.write(`runs/${runId}/results.jsonl`, '')
    expect((await place.runHere(org, ['retry', runId, ...again])).code).toBe(1)
    expect(await resultsOf(place, runId)).toHaveLength(3)
    expect(await place.read(`runs/${runId}/results.jsonl`)).not.toBe('')
    const summary: unknown = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary).toMatchObject({ results: { failed: 3 } })
    // Its rows are the new run's.
    expect(parseCsv(await place.read(`runs/${runId}/failed.csv`))).toEqual([])
  })
})

it('does not do a row any more where a later row of the user was carried out', async () => {
  await withWorkplace(async (place) => {
    let fixed = false
    const org = await place.org({
      users: makeUsers({ count: 2, status: ['ACTIVE', 'SUSPENDED'] }),
      fault: ({ action }) =>
        action === 'suspend' && !fixed
          ? {
              name: 'answer',
              when: 'before',
              answer: { status: 400, headers: {}, body: '{"errorCode":"E0000999","errorSummary":"no"}' },
            }
          : null,
    })
    await place.write(
      'in.csv',
      usersCsv([
        [userIdOf(1), 'suspend'],
        [loginOf(1), 'unsuspend'],
        [userIdOf(2), 'unsuspend'],
        [loginOf(2), 'suspend'],
      ]),
    )
    const first = await place.runHere(org, ['run', 'in.csv', ...unattended])
    expect(first.code, first.stderr).toBe(1)
    fixed = true
    const second = await place.runHere(org, ['retry', runId, ...again])
    expect(second.code, second.stderr).toBe(1)
    expect(second.stderr).toMatch(/1 row is left out: later rows/)
    expect(org.org.users.get(userIdOf(1))?.status).toBe('ACTIVE')
    expect(org.org.users.get(userIdOf(2))?.status).toBe('SUSPENDED')
    const [old, other] = await resultsOf(place, await retriedRun(place))
    expect([old?.result, other?.result]).toEqual(['skipped', 'succeeded'])
    expect(old?.message).toMatch(/row 2 .*unsuspend/)
  })
})

it('keeps the cells of JSON and CSV as they were', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: [] })
    const record = {
      user: 'gone@example.com',
      action: 'suspend',
      n: 7,
      flag: true,
      list: [1, 'a'],
      text: '=1+1',
    }
    await place.write('in.json', JSON.stringify([record]))
    expect((await place.runHere(org, ['run', 'in.json', ...unattended])).code).toBe(1)
    expect((await place.runHere(org, ['retry', runId, ...again])).code).toBe(1)
    const run = await retriedRun(place)
    expect(JSON.parse(await place.read(`runs/${run}/input.jsonl`))).toEqual(record)
    const [line] = (await place.read(`runs/${run}/results.jsonl`)).trim().split('\n')
    expect(JSON.parse(line ?? '')).toMatchObject({ ...record, user: 'gone@example.com', result: 'failed' })
  })
  await withWorkplace(async (place) => {
    const org = await place.org({ users: [] })
    await place.write('in.csv', 'user;note;n\r\n"gone@example.com";"=1+1; ""x""\r\ny";\'=2\r\n')
    expect((await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])).code).toBe(1)
    expect((await place.runHere(org, ['retry', runId, ...again])).code).toBe(1)
    const [line] = (await place.read(`runs/${await retriedRun(place)}/results.jsonl`)).trim().split('\n')
    expect(JSON.parse(line ?? '')).toMatchObject({ note: '=1+1; "x"\r\ny', n: '=2' })
  })
})

it('asks nothing without a terminal, and then changes nothing', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: [] })
    await place.write('in.csv', usersCsv(['gone@example.com']))
    await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    const before = await place.read(`runs/${runId}/run.json`)
    const end = await place.runHere(org, ['retry', runId])
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(await place.read(`runs/${runId}/run.json`)).toBe(before)
    expect(await place.runs()).toEqual([runId])
    const other = await place.org({ users: [] })
    const elsewhere = await place.runHere(other, ['retry', join('runs', runId), ...again])
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining(org.url)])
    expect(await place.runs()).toEqual([runId])
  })
})

it('goes on in the sandbox of the old run', async () => {
  await withWorkplace(async (place) => {
    await place.write('in.csv', 'user,action\na@example.com,suspend\nb@example.com,suspend\n')
    await place.write('job.yaml', 'name: sandboxed\nguards: { max_users: 1 }\n')
    const first = await place.runHere(null, [
      'run',
      'in.csv',
      '--job',
      'job.yaml',
      '--sandbox',
      ...unattended,
    ])
    expect(first.code, first.stderr).toBe(3)
    const end = await place.runHere(null, ['retry', runId, '--max-users', '2', ...again])
    expect(end.code, end.stderr).toBe(0)
    expect(await resultsOf(place, await retriedRun(place))).toHaveLength(2)
  })
})
