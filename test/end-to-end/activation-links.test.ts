import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import {
  expectAppliedOnce,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const job = [
  'name: onboarding',
  'action: activate',
  'options: { send_email: false }',
  'report: { activation_links: links.csv }',
  '',
].join('\n')

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => userIdOf(index + 1))

async function prepare(place: Workplace, count: number): Promise<void> {
  await place.write('in.csv', usersCsv(ids(count)))
  await place.write('job.yaml', job)
}

/** Nothing but the file that was asked for may hold a link. */
async function expectNoLink(place: Workplace, tokens: readonly string[], printed: string): Promise<void> {
  for (const name of [
    'journal.ndjson',
    'results.csv',
    'results.jsonl',
    'run.json',
    'run.log',
    'summary.json',
  ]) {
    const text = await place.read(`runs/${runId}/${name}`)
    for (const token of tokens) expect(text.includes(token), name).toBe(false)
  }
  for (const token of tokens) expect(printed.includes(token)).toBe(false)
}

it('writes activation links to the file that the job asks for, and nowhere else', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 12, status: 'STAGED' }) })
    await prepare(place, 12)
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    const path = join(place.directory, 'links.csv')
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    const links = parseCsv(await readFile(path, 'utf8'))
    expect(links.map(({ okta_user_id }) => okta_user_id).sort()).toEqual(ids(12).sort())
    const tokens = links.map(({ activation_token }) => (activation_token ?? '').replace(/^'/, ''))
    expect(new Set(tokens).size).toBe(12)
    for (const { activation_url } of links) expect(activation_url).toMatch(/^https:\/\//)
    await expectNoLink(place, tokens, end.stdout + end.stderr)
    for (const { message } of await place.results()) expect(message).toContain(`link is in ${path}`)
  })
})

it('tells of a link that was lost with the answer, and how to make a new one', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 4, status: 'STAGED' }),
      fault: ({ action, key }) => (action !== null && key === userIdOf(2) ? { name: 'dropAfter' } : null),
    })
    await prepare(place, 4)
    const args = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]
    const end = await place.runHere(org, args, { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } })
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      ids(4).map((id) => `${id} activate`),
    )
    const links = parseCsv(await place.read('links.csv'))
    expect(links.map(({ okta_user_id }) => okta_user_id).sort()).toEqual([1, 3, 4].map(userIdOf).sort())
    const [, lost] = await place.results()
    expect(lost?.message).toMatch(/link is lost: reactivate makes a new one/)
  })
})

it('stops before the first call where the file can’t be written', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1, status: 'STAGED' }) })
    await place.write('in.csv', usersCsv(ids(1)))
    await place.write('job.yaml', job.replace('links.csv', 'missing/links.csv'))
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('report.activation_links')])
    expect(org.requests.filter(({ action }) => action !== null)).toEqual([])
  })
})

it('keeps the links of a simulated org in the run directory', async () => {
  await withWorkplace(async (place) => {
    await prepare(place, 2)
    const end = await place.runHere(null, ['run', 'in.csv', '--job', 'job.yaml', '--sandbox', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    await expect(place.read('links.csv')).rejects.toThrow()
    expect(parseCsv(await place.read(`runs/${runId}/links.csv`)).length).toBeGreaterThan(0)
  })
})
