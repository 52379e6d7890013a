import { execFile } from 'node:child_process'
import { readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Cli, CliEnd } from '../support/cli.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { privateCluster } from '../support/private-cluster.ts'
import {
  countsOf,
  expectAppliedOnce,
  linksJob,
  parseCsv,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const cluster = await privateCluster(['log_statement=all', 'log_min_duration_statement=0'])
const { missing } = cluster

/** Runs of one test must not be seen by the next one. */
async function emptyStore(): Promise<void> {
  const client = new Client({ connectionString: cluster.postgres.url })
  await client.connect()
  await client.query('DROP SCHEMA IF EXISTS okta_lifecycle CASCADE')
  await client.query('DROP SCHEMA IF EXISTS okta_lifecycle_queue CASCADE')
  await client.end()
}

function settings(): { readonly env: Readonly<Record<string, string>> } {
  return { env: { OKTA_LIFECYCLE_STORE: cluster.postgres.url, OKTA_CLIENT_REQUESTTIMEOUT: '3' } }
}

function inStore(place: Workplace, org: ForeignOrg | null, args: readonly string[]): Promise<CliEnd> {
  return place.run(org, args, settings())
}

function startWorker(place: Workplace, org: ForeignOrg | null, more: readonly string[] = []): Cli {
  return place.start(org, ['worker', ...more], settings())
}

async function submit(place: Workplace, org: ForeignOrg, args: readonly string[]): Promise<string> {
  const end = await inStore(place, org, ['submit', ...args, '--yes', '--json'])
  expect(end.code, end.stderr).toBe(0)
  return (JSON.parse(end.stdout) as { run_id: string }).run_id
}

interface Status {
  readonly state: string
  readonly held_on: string | null
  readonly reason: string | null
  readonly results: Readonly<Record<string, number>>
}

async function statusOf(place: Workplace, run: string): Promise<Status> {
  const end = await inStore(place, null, ['status', run, '--json'])
  expect(end.code, end.stderr).toBe(0)
  return JSON.parse(end.stdout) as Status
}

async function resultsOf(place: Workplace, run: string): Promise<Readonly<Record<string, number>>> {
  const end = await inStore(place, null, ['report', run, '--out', `out-${run}`])
  expect(end.code, end.stderr).toBe(0)
  return countsOf(parseCsv(await place.read(`out-${run}/results.csv`)).map(({ result }) => result))
}

describe.skipIf(missing !== null)('a run that is kept in a store', () => {
  beforeEach(emptyStore)

  it('is submitted without a call, waits, and is carried out by a worker; its reports are the same bytes anywhere', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 5 })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const run = await submit(place, org, ['in.csv'])
      expect(org.applied).toEqual({})
      expect(await statusOf(place, run)).toMatchObject({ state: 'waiting', held_on: null })
      const worker = startWorker(place, org)
      await worker.says(/finished; 5 of 5/)
      worker.kill('SIGTERM')
      expect((await worker.ended).code).toBe(143)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
      expect(await statusOf(place, run)).toMatchObject({ state: 'finished', results: { succeeded: 5 } })
      await inStore(place, null, ['report', run, '--out', 'one'])
      await inStore(place, null, ['report', run, '--out', 'two'])
      for (const name of [
        'results.csv',
        'results.jsonl',
        'report.html',
        'summary.json',
        'run.json',
        'input.csv',
      ])
        expect(await place.read(`one/${name}`), name).toBe(await place.read(`two/${name}`))
      expect(await place.read('one/summary.json')).not.toContain('/tmp/')
      expect((await inStore(place, null, ['verify-journal', run])).code).toBe(0)
      expect((await inStore(place, null, ['evidence', run, '--out', 'e.zip'])).code).toBe(0)
      expect(await place.runs()).toEqual([])
    })
  })

  it('stopped by a guard, goes on by a host that has no credentials, and is retried and taken back from there', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 4 })
      const org = await place.org({ users })
      const nobody = ['00u0000000000000NoOne', 'suspend'] as const
      await place.write('in.csv', usersCsv([nobody, ...users.map(({ id }) => [id, 'suspend'] as const)]))
      const run = await submit(place, org, ['in.csv', '--max-failures', '0', '--concurrency', '1'])
      const worker = startWorker(place, org)
      await worker.says(/stopped: /)
      expect((await statusOf(place, run)).state).toBe('stopped')
      const end = await inStore(place, null, ['resume', run, '--max-failures', '5'])
      expect(end.code, end.stderr).toBe(0)
      expect(end.stderr).toContain('no credentials')
      while ((await statusOf(place, run)).state !== 'finished') expect(worker.printed.stderr).toBeTruthy()
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
      const undo = await inStore(place, null, ['undo', run, '--yes'])
      expect(undo.code, undo.stderr).toBe(0)
      await worker.says(/unsuspended/)
      expect(Object.values(org.applied)).toEqual(Array.from({ length: 8 }, () => 1))
      expect(await statusOf(place, run)).toMatchObject({ state: 'closed' })
      const again = await inStore(place, null, ['resume', run])
      expect(again.code).toBe(2)
    })
  })

  it('of a job waits for another run of the job, wherever that is carried out', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 20 })
      const org = await place.org({ users, latencyMs: 200 })
      await place.write('job.yaml', 'name: leavers\naction: suspend\npace: { concurrency: 1 }\n')
      await place.write('one.csv', usersCsv(users.map(({ id }) => id)))
      await place.write('two.csv', usersCsv(users.slice(0, 1).map(({ id }) => [id, 'unsuspend'] as const)))
      const first = await submit(place, org, ['one.csv', '--job', 'job.yaml'])
      const second = await submit(place, org, ['two.csv', '--job', 'job.yaml', '--accept-unusual'])
      const workers = [startWorker(place, org), startWorker(place, org)]
      await org.waitUntil(() => Object.keys(org.applied).length > 0)
      expect((await inStore(place, null, ['status', second, '--json'])).stdout).toContain('"waiting"')
      const here = await inStore(place, org, ['resume', second])
      expect(here.code, here.stderr).toBe(5)
      await org.waitUntil(() => Object.keys(org.applied).length === 21)
      while ((await statusOf(place, second)).state !== 'finished') expect(workers).toHaveLength(2)
      expect(org.org.appliedInOrder.at(-1)).toContain('unsuspend')
      expect(await resultsOf(place, first)).toEqual({ succeeded: 20 })
    })
  })

  it('leaves no secret in the store, its log or its dump, and no activation link', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3, status: 'STAGED' })
      const org = await place.org({ users })
      await place.write('job.yaml', linksJob)
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const run = await submit(place, org, ['in.csv', '--job', 'job.yaml'])
      const worker = startWorker(place, org)
      await worker.says(/finished; 3 of 3/)
      const links = parseCsv(await place.read('links.csv'))
      expect(links).toHaveLength(3)
      const { stdout: dump } = await promisify(execFile)('pg_dump', ['--inserts', cluster.postgres.url], {
        maxBuffer: 1e9,
      })
      const text = dump + hexTexts(dump) + (await readFile(cluster.postgres.log, 'utf8'))
      expect(text.includes(run)).toBe(true)
      expect(text.includes(org.token)).toBe(false)
      const tokens = links.map(({ activation_token: token = '' }) => token.replace(/^'/, ''))
      for (const token of tokens) {
        expect(token).not.toBe('')
        expect(text.includes(token), token).toBe(false)
      }
    })
  })

  it('in an org that a worker has no credentials for is left to others', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const [one, other] = [
        await place.org({ users }),
        await place.org({ users, token: '00OtherFictionalToken' }),
      ]
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const runs = [await submit(place, one, ['in.csv']), await submit(place, other, ['in.csv'])]
      const worker = startWorker(place, one)
      await worker.says(/finished/)
      const waits = await statusOf(place, runs[1] ?? '')
      expect(waits).toMatchObject({
        state: 'waiting',
        reason: `No worker that is there has credentials for ${other.url}.`,
      })
      await place.write('orgs.yaml', `orgs:\n  - { orgUrl: "${other.url}", token: ${other.token} }\n`)
      const open = await place.run(null, ['worker', '--orgs', 'orgs.yaml'], {
        env: { OKTA_LIFECYCLE_STORE: cluster.postgres.url },
      })
      expect(open.code).toBe(2)
      expect(open.stderr).toContain('chmod 600 orgs.yaml')
      await promisify(execFile)('chmod', ['600', `${place.directory}/orgs.yaml`])
      const both = startWorker(place, null, ['--orgs', 'orgs.yaml'])
      await both.says(/finished/)
      expectAppliedOnce(
        other.applied,
        users.map(({ id }) => `${id} suspend`),
      )
    })
  })

  it('is left to others by a worker whose token is refused, and named by it', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const refused = startWorker(place, { ...org, token: '00RefusedFictionalToken' })
      await refused.says(/Okta refuses the credentials .*left to other workers.*→ Set a valid token/)
      const run = await submit(place, org, ['in.csv'])
      expect(await statusOf(place, run)).toMatchObject({
        state: 'waiting',
        reason: `No worker that is there has credentials for ${org.url}.`,
      })
      const worker = startWorker(place, org)
      await worker.says(/finished; 2 of 2/)
      expect(await statusOf(place, run)).toMatchObject({ state: 'finished' })
      expect(refused.printed.stderr).not.toContain('taken up')
    })
  })

  it('of a schedule is submitted each time anew, from the files as they are then, until the schedule ends', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3 })
      const org = await place.org({ users })
      await place.write('job.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
      await place.write('in.csv', usersCsv(users.slice(0, 1).map(({ id }) => id)))
      for (const pattern of ['at noon', '15 2 * *', '0 0 31 4,6 *']) {
        const wrong = await inStore(place, org, ['submit', '--job', 'job.yaml', '--every', pattern, '--yes'])
        expect([wrong.code, wrong.stderr]).toEqual([
          2,
          expect.stringContaining('is not a time as cron writes it'),
        ])
      }
      const zone = [
        'submit',
        '--job',
        'job.yaml',
        '--every',
        '15 2 * * *',
        '--time-zone',
        'Mars/Olympus',
        '--yes',
      ]
      expect((await inStore(place, org, zone)).code).toBe(2)
      const begin = [
        'submit',
        '--job',
        'job.yaml',
        '--every',
        '*/3 * * * * *',
        '--time-zone',
        'Europe/Berlin',
        '--yes',
      ]
      const begun = await inStore(place, org, begin)
      expect(begun.code, begun.stderr).toBe(0)
      const workers = [startWorker(place, org), startWorker(place, org)]
      await org.waitUntil(() => org.applied[`${users[0]?.id} suspend`] === 1)
      await place.write('in.csv', usersCsv(users.slice(1, 2).map(({ id }) => id)))
      await org.waitUntil(() => org.applied[`${users[1]?.id} suspend`] === 1)
      await rm(join(place.directory, 'in.csv'))
      for (const told = /nightly, due at .*: not submitted: .*in\.csv/; ; )
        if (workers.some(({ printed }) => told.test(printed.stderr))) break
        else await delay(100)
      const runs = await inStore(place, org, ['runs'])
      expect(runs.stdout).toContain('nightly in')
      expect(runs.stdout).toContain('Europe/Berlin')
      // The same file under another name has no second schedule beside the first.
      await place.write('job.yaml', 'name: evening\naction: suspend\ninput: { file: in.csv }\n')
      const every = ['submit', '--job', 'job.yaml', '--every', '15 2 * * *', '--time-zone', 'Europe/Berlin']
      const renamed = await inStore(place, org, [...every, '--yes'])
      expect(renamed.stdout).toContain(
        'Job nightly is not submitted any more: its file names job evening now.\n',
      )
      expect(renamed.stdout).toMatch(/\nNext: \d{4}-\d\d-\d\dT02:15\+0[12]:00, /)
      expect((await inStore(place, org, ['runs'])).stdout).not.toContain('nightly in')
      // Another file with the name of the job is refused, as long as the first one is there.
      await place.write('other.yaml', 'name: evening\naction: suspend\ninput: { file: other.csv }\n')
      await place.write('other.csv', usersCsv(users.slice(0, 1).map(({ id }) => id)))
      const other = ['submit', '--job', 'other.yaml', ...every.slice(3), '--yes']
      const refused = await inStore(place, org, other)
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/another file: .*job\.yaml/)])
      const ended = ['submit', '--job', 'other.yaml', '--every', 'never', '--yes']
      expect((await inStore(place, org, ended)).code).toBe(2)
      expect((await inStore(place, org, ['runs'])).stdout).toContain('Europe/Berlin')
      // The first one by another way is no other file.
      await symlink('job.yaml', join(place.directory, 'link.yaml'))
      const linked = await inStore(place, org, ['submit', '--job', 'link.yaml', ...every.slice(3), '--yes'])
      expect(linked.code, linked.stderr).toBe(0)
      expect((await inStore(place, org, [...every, '--yes'])).code).toBe(0)
      // So it is where the first one can't be read at the moment.
      await place.write('job.yaml', 'name: [evening')
      expect((await inStore(place, org, other)).code).toBe(2)
      // It ends by its name as well, also if the file is gone.
      await rm(join(place.directory, 'job.yaml'))
      const end = await inStore(place, org, ['submit', '--job', 'evening', '--every', 'never', '--yes'])
      expect(end.stdout).toBe('Job evening is not submitted any more.\n')
      expect((await inStore(place, org, ['runs'])).stdout).not.toContain('Europe/Berlin')
      expect(Object.values(org.applied)).toEqual([1, 1])
    })
  }, 60_000)

  it('of a restored older copy is left to people, who look each user up before anything is sent', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 12, factors: 1 })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'reset_factors'] as const)))
      const run = await submit(place, org, ['in.csv'])
      await place.write('job.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
      const nightly = ['submit', '--job', 'job.yaml', '--every', '0 3 1 1 *', '--yes']
      expect((await inStore(place, org, nightly)).code).toBe(0)
      const dump = join(place.directory, 'copy.sql')
      await promisify(execFile)('pg_dump', ['--file', dump, cluster.postgres.url])
      const worker = startWorker(place, org)
      await worker.says(/finished; 12 of 12/)
      worker.kill('SIGTERM')
      await worker.ended
      await emptyStore()
      await promisify(execFile)('psql', ['--quiet', '--file', dump, cluster.postgres.url])
      const after = startWorker(place, org)
      await after.says(/restored from an older copy\. 1 unfinished run/)
      const left = await inStore(place, org, ['status', run])
      expect(left.stdout).toMatch(/\nNext: okta-lifecycle resume .* --take-sound-part/)
      await after.says(/What 1 schedule had due before now is not submitted/)
      await after.says(/Working for/)
      expect((await inStore(place, org, ['runs'])).stdout).toContain('not submitted: the store was restored')
      const status = await statusOf(place, run)
      expect(status).toMatchObject({ state: 'new', reason: expect.stringContaining('--take-sound-part') })
      const plain = await inStore(place, org, ['resume', run, '--yes'])
      expect(plain.code).toBe(2)
      expect(plain.stderr).toContain('--take-sound-part')
      expect((await inStore(place, org, ['retry', run, '--yes'])).code).toBe(2)
      expect((await inStore(place, org, ['runs'])).stdout).toMatch(new RegExp(`${run} .*--take-sound-part`))
      const end = await inStore(place, org, ['resume', run, '--take-sound-part', '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} reset_factors`),
      )
      expect(await statusOf(place, run)).toMatchObject({ state: 'finished' })
      // What was done with it after the copy was made is known no better by now.
      const undo = await inStore(place, org, ['undo', run, '--yes'])
      expect([undo.code, undo.stderr]).toEqual([2, expect.stringMatching(/undo .* --take-copy/)])
    })
  }, 60_000)

  it('that goes on from the sound part of its journal in a store that was never restored is retried as any other', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 30 })
      const org = await place.org({ users, latencyMs: 20 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const cli = place.start(
        org,
        ['run', 'in.csv', '--yes', '--run-id', 'r', '--concurrency', '1'],
        settings(),
      )
      await org.waitUntil(() => Object.keys(org.applied).length === 3)
      cli.kill('SIGKILL')
      await cli.ended
      const resumed = ['resume', 'r', '--take-sound-part', '--yes', '--quiet']
      while ((await inStore(place, org, resumed)).code === 5) await delay(1_000)
      expect(await statusOf(place, 'r')).toMatchObject({ state: 'finished' })
      const undo = await inStore(place, org, ['undo', 'r', '--yes', '--quiet'])
      expect(undo.code, undo.stderr).not.toBe(2)
      expect(undo.stderr).not.toContain('put back')
    })
  }, 60_000)

  it('that had finished in a restored older copy is retried and undone only if a person says that it was not since', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2, factors: 1 })
      let forbids = true
      const org = await place.org({
        users,
        fault: ({ action }) => (action !== null && forbids ? { name: 'forbidden' } : null),
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'reset_factors'] as const)))
      const begun = ['run', 'in.csv', '--yes', '--json', '--accept-refusals']
      const { run_id: run } = JSON.parse((await inStore(place, org, begun)).stdout) as { run_id: string }
      expect(await statusOf(place, run)).toMatchObject({ state: 'finished', results: { failed: 2 } })
      const dump = join(place.directory, 'copy.sql')
      await promisify(execFile)('pg_dump', ['--file', dump, cluster.postgres.url])
      forbids = false
      expect((await inStore(place, org, ['retry', run, '--yes'])).code).toBe(0)
      await emptyStore()
      await promisify(execFile)('psql', ['--quiet', '--file', dump, cluster.postgres.url])

      const told = await inStore(place, org, ['runs'])
      expect(told.stderr).toMatch(
        /restored from an older copy\. 1 finished run may have been retried or undone/,
      )
      expect((await inStore(place, org, ['runs'])).stderr).not.toContain('restored')
      for (const command of ['retry', 'undo']) {
        const refused = await inStore(place, org, [command, run, '--yes'])
        expect([command, refused.code]).toEqual([command, 2])
        expect(refused.stderr).toMatch(new RegExp(`okta-lifecycle ${command} ${run} .*--take-copy`))
      }
      const reported = await inStore(place, org, ['report', run, '--out', 'reports'])
      expect([reported.code, reported.stderr]).toEqual([0, expect.stringContaining('was put back')])
      expect((await place.read('reports/failed.csv')).trim().split('\n')).toHaveLength(1)
      const finished = await inStore(place, org, ['resume', run])
      expect(finished.stdout).not.toContain('failed.csv')
      expect(finished.stdout).toMatch(/Next .*System Log.* retry .* --take-copy/)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} reset_factors`),
      )
      const retried = await inStore(place, org, ['retry', run, '--yes', '--take-copy'])
      expect(retried.stdout).toContain('2 of 2')
      const inDirectory = await place.run(org, ['retry', run, '--yes', '--take-copy'])
      expect(inDirectory.code).toBe(2)
    })
  })

  it('that was closed is not gone on from again after its files alone were put back', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const { run_id: run } = JSON.parse(
        (await inStore(place, org, ['run', 'in.csv', '--yes', '--json'])).stdout,
      ) as { run_id: string }
      const client = new Client({ connectionString: cluster.postgres.url })
      await client.connect()
      await client.query('CREATE TABLE public.dump AS SELECT * FROM okta_lifecycle.run_file')
      expect((await inStore(place, org, ['undo', run, '--yes'])).code).toBe(0)
      await client.query(
        'DELETE FROM okta_lifecycle.run_file WHERE run_id IN (SELECT run_id FROM public.dump)',
      )
      await client.query('INSERT INTO okta_lifecycle.run_file SELECT * FROM public.dump')
      await client.query('DROP TABLE public.dump')
      await client.end()
      const calls = { ...org.applied }
      for (const command of ['retry', 'undo', 'resume'])
        for (const flags of command === 'resume' ? [['--take-sound-part']] : [[], ['--take-copy']]) {
          const refused = await inStore(place, org, [command, run, '--yes', ...flags])
          expect([command, refused.code, refused.stdout + refused.stderr]).toEqual([
            command,
            command === 'resume' ? expect.any(Number) : 2,
            expect.stringMatching(/is closed|is finished/),
          ])
        }
      expect(org.applied).toEqual(calls)
    })
  })

  it('of a job with the same name and time in another org is submitted there as well', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 1 })
      const orgs = [await place.org({ users }), await place.org({ users, token: '00OtherFictionalToken' })]
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      await place.write('job.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
      const entries = orgs.map(({ url, token }) => `  - { orgUrl: "${url}", token: ${token} }\n`)
      await place.write('orgs.yaml', `orgs:\n${entries.join('')}`)
      await promisify(execFile)('chmod', ['600', `${place.directory}/orgs.yaml`])
      for (const org of orgs) {
        const begun = await inStore(place, org, [
          'submit',
          '--job',
          'job.yaml',
          '--every',
          '*/4 * * * * *',
          '--yes',
        ])
        expect(begun.code, begun.stderr).toBe(0)
      }
      startWorker(place, null, ['--orgs', 'orgs.yaml'])
      for (const org of orgs) await org.waitUntil(() => Object.keys(org.applied).length === 1)
      for (const flag of [
        ['--plan', 'p.json'],
        ['--run-id', 'x'],
      ]) {
        const every = ['submit', '--job', 'job.yaml', '--every', '15 2 * * *', '--yes', ...flag]
        expect((await inStore(place, orgs[0] ?? null, every)).code).toBe(2)
      }
    })
  }, 60_000)

  it('is carried out here by run, and refused where the store would forget', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 2 })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const end = await inStore(place, org, ['run', 'in.csv', '--yes', '--quiet'])
      expect(end.code, end.stderr).toBe(0)
      expect(end.stdout).toContain('2 of 2 people are suspended')
      expect((await inStore(place, org, ['run', 'in.csv', '--yes', '--sandbox'])).code).toBe(2)
      expect((await inStore(place, org, ['run', 'in.csv', '--yes', '--runs-dir', 'elsewhere'])).code).toBe(2)
      const client = new Client({ connectionString: cluster.postgres.url })
      await client.connect()
      await client.query('ALTER DATABASE postgres SET synchronous_commit = off')
      const refused = await inStore(place, org, ['run', 'in.csv', '--yes'])
      await client.query('ALTER DATABASE postgres RESET synchronous_commit')
      await client.end()
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('synchronous_commit = off')
    })
  })
})

/** The texts that a dump holds as bytes in hexadecimal. */
function hexTexts(dump: string): string {
  return [...dump.matchAll(/\\x([0-9a-f]{8,})/g)]
    .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('utf8'))
    .join('\n')
}
