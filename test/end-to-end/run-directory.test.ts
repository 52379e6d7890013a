import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { journalOf, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it('holds every file of a run, and the input byte for byte', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }), ownerId: userIdOf(3) })
    const bytes = Buffer.from(
      `\ufeff"user",note\r\n\r\n${userIdOf(1)},a\r${userIdOf(9)},"b\nc"\n${userIdOf(2)},`,
    )
    await place.write('in.csv', bytes)
    const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(end.code, end.stderr).toBe(1)

    const files = await namesOf(place.directory)
    expect(files).toEqual(
      expect.arrayContaining([
        'failed.csv',
        'input.csv',
        'journal.ndjson',
        'results.csv',
        'results.jsonl',
        'run.json',
        'run.log',
        'summary.json',
      ]),
    )
    const copy = await readFile(join(place.directory, 'runs', runId, 'input.csv'))
    expect(copy.equals(bytes)).toBe(true)

    const run = JSON.parse(await place.read(`runs/${runId}/run.json`))
    expect(run).toMatchObject({
      run_id: runId,
      org_url: org.url,
      owner: { id: userIdOf(3), login: loginOf(3) },
      state: 'finished',
      input: {
        name: 'in.csv',
        file: 'input.csv',
        format: 'csv',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
        rows: 3,
      },
    })
    expect(run.versions.node).toBe(process.version)

    const lines = (await place.read(`runs/${runId}/results.jsonl`)).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { row: 1, step: 1, user: userIdOf(1), result: 'succeeded', note: 'a' },
      { row: 2, step: 1, user: userIdOf(9), result: 'failed', note: 'b\nc' },
      { row: 3, step: 1, user: userIdOf(2), result: 'succeeded', note: '' },
    ])
    const log = (await place.read(`runs/${runId}/run.log`)).trimEnd().split('\n')
    for (const line of log) expect(JSON.parse(line)).toHaveProperty('msg')

    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary).toMatchObject({
      run_id: runId,
      org: org.url,
      state: 'finished',
      exit_code: 1,
      executions: 1,
      rows: 3,
      tasks: 3,
      results: { succeeded: 2, failed: 1, not_run: 0 },
      requests: { total: org.requests.length, lifecycle: 2, reads: org.requests.length - 2 },
    })
  })
})

it('writes the intent of each call before the call, and its result after it', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 20 })
    const org = await place.org({ users, latencyMs: 20 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    const events = (await journalOf(place)).map(({ event, row }) => `${event} ${row}`)
    for (const [index] of users.entries()) {
      const intent = events.indexOf(`intent ${index + 1}`)
      expect(intent).toBeGreaterThan(0)
      expect(events.indexOf(`result ${index + 1}`)).toBeGreaterThan(intent)
    }
  })
})

it('has an id that sorts by time and names the job', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1 }) })
    await place.write('in.csv', usersCsv([userIdOf(1)]))
    await place.write('job.yaml', 'name: leavers_2026\naction: suspend\ninput: { file: in.csv }\n')
    await place.runHere(org, ['run', '--job', 'job.yaml', '--yes', '--quiet'])
    await place.runHere(org, ['run', 'in.csv', '--action', 'unsuspend', '--yes', '--quiet'])
    const [first, second] = await place.runs()
    expect(first).toMatch(/^\d{8}T\d{9}Z-leavers_2026$/)
    expect(second).toMatch(/^\d{8}T\d{9}Z-unsuspend$/)
  })
})

it('is found below --runs-dir, and a run id is taken once', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1 }) })
    await place.write('in.csv', usersCsv([userIdOf(1)]))
    const elsewhere = ['--runs-dir', 'else where/runs', '--run-id', 'mine']
    const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', '--yes', ...elsewhere])
    expect(first.code, first.stderr).toBe(0)
    expect(await place.read('else where/runs/mine/results.csv')).toContain('succeeded')
    const before = org.requests.length
    const second = await place.runHere(org, ['run', 'in.csv', '--action', 'unsuspend', '--yes', ...elsewhere])
    expect(second.code).toBe(2)
    expect(second.stderr).toContain('mine')
    expect(org.requests).toHaveLength(before)
    expect(await place.read('else where/runs/mine/results.csv')).toContain('succeeded')
  })
})

async function namesOf(directory: string): Promise<readonly string[]> {
  return await readdir(join(directory, 'runs', runId))
}
