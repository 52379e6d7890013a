import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { audit } from './audit.ts'
import {
  expectAppliedOnce,
  linksJob,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => userIdOf(index + 1))

async function prepare(place: Workplace, count: number): Promise<void> {
  await place.write('in.csv', usersCsv(ids(count)))
  await place.write('job.yaml', linksJob)
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

const noToken = { status: 200, headers: {}, body: '{}' }

it.each<[string, Fault]>([
  ['with the answer', { name: 'dropAfter' }],
  ['because the answer holds none', { name: 'answer', when: 'after', answer: noToken }],
])('counts a link that was lost %s, and says what to type', async (_, fault) => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 4, status: 'STAGED' }),
      fault: ({ action, key }) => (action === 'activate' && key === userIdOf(2) ? fault : null),
    })
    await prepare(place, 4)
    const args = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]
    const end = await place.runHere(org, args, { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } })
    expect(end.code, end.stderr).toBe(1)
    expectAppliedOnce(
      org.applied,
      ids(4).map((id) => `${id} activate`),
    )
    const links = parseCsv(await place.read('links.csv'))
    expect(links.map(({ okta_user_id }) => okta_user_id).sort()).toEqual([1, 3, 4].map(userIdOf).sort())
    const [, lost] = await place.results()
    expect(lost?.message).toMatch(
      /(link is lost|no activation link that can be read): reactivate makes a new one/,
    )
    expect(lost?.result).toBe('succeeded')

    const headline = '3 of 4 people are activated. 1 needs you. 1 activation link is lost.'
    expect(end.stdout).toContain(headline)
    expect(end.stdout).toMatch(/Needs a look\n {2}1 activation link lost: .* reactivate makes new links\n/)
    const directory = `runs/${runId}`
    const summary = await place.read(`${directory}/summary.json`)
    const people = { total: 4, done: 3, need_you: 1, left_alone: 0 }
    expect(JSON.parse(summary)).toMatchObject({ exit_code: 1, headline, lost_links: 1, people })
    const page = await place.read(`${directory}/report.html`)
    const command = 'okta-lifecycle run new-links.csv --job FILE --action reactivate --user-column id'
    for (const text of [headline, 'done, but the activation link is lost', command])
      expect(page).toContain(text)
    expect((JSON.parse(summary) as { next: string }).next.endsWith(`: ${command}`)).toBe(true)

    // The journal alone says the same, to reports and to auditors.
    const again = await place.runHere(org, ['report', runId])
    expect(again.code, again.stderr).toBe(0)
    expect(await place.read(`${directory}/summary.json`)).toBe(summary)
    expect(await place.read(`${directory}/report.html`)).toBe(page)
    for (const flags of [[], ['--redact']]) {
      const out = join(place.directory, `evidence${flags.length}.zip`)
      expect((await place.runHere(org, ['evidence', runId, '--out', out, ...flags])).code).toBe(0)
      const audited = await audit(out)
      expect(audited.code, audited.said).toBe(0)
    }

    // A retry has nothing to do, and what the summary says to type makes the new link.
    expect((await place.runHere(org, ['resume', runId])).code).toBe(1)
    await place.write('new-links.csv', usersCsv([userIdOf(2)]).replace(/^[^\n]*/, 'id'))
    await place.write(
      'links.yaml',
      linksJob.replaceAll('activate', 'reactivate').replace('links.csv', 'new.csv'),
    )
    const typed = command.replace('FILE', 'links.yaml').split(' ').slice(1)
    const made = await place.runHere(org, [...typed, '--yes', '--run-id', 'new-links', '--quiet'])
    expect(made.code, made.stderr).toBe(0)
    expect(parseCsv(await place.read('new.csv')).map(({ okta_user_id: id }) => id)).toEqual([userIdOf(2)])
  })
})

it('stops before the first call where the file can’t be written', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1, status: 'STAGED' }) })
    await place.write('in.csv', usersCsv(ids(1)))
    await place.write('job.yaml', linksJob.replace('links.csv', 'missing/links.csv'))
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
