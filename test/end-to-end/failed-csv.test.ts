import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { textCell, textRows, writeWorkbook } from '../support/workbook.ts'
import { parseCsv, type ResultLine, type Workplace, withWorkplace } from './workplace.ts'

/** Runs an input, named by the run whose `failed.csv` it is or by its file, under a name. */
async function feed(
  place: Workplace,
  org: ForeignOrg,
  input: string,
  run: string,
  ...flags: readonly string[]
): Promise<{ code: number; failed: string; results: readonly ResultLine[]; stdout: string }> {
  const args = ['run', input, ...flags, '--skip-invalid', '--yes', '--run-id', run]
  const { code, stdout, stderr } = await place.runHere(org, args)
  expect(code, stderr).not.toBe(2)
  return await readRun(place, run, { code: code ?? -1, stdout })
}

async function readRun<T>(place: Workplace, run: string, end: T) {
  const results = parseCsv(await place.read(`runs/${run}/results.csv`))
  return { ...end, results, failed: await place.read(`runs/${run}/failed.csv`) }
}

it("an input's own why comes back, however often failed.csv is fed", async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1 }) })
    await place.write('in.csv', 'user,why\ngone@example.com,"resigned, ticket 7"\n')
    const suspend = ['--action', 'suspend']
    const first = await feed(place, org, 'in.csv', 'run-1', ...suspend)
    expect(first.failed).toMatch(/^user,why,failed_why\ngone@example.com,"resigned, ticket 7",failed: .+\n$/)
    const second = await feed(place, org, 'runs/run-1/failed.csv', 'run-2', ...suspend)
    expect(second.failed).toBe(first.failed)
    expect((await feed(place, org, 'runs/run-2/failed.csv', 'run-3', ...suspend)).failed).toBe(first.failed)
  })
})

it('a row whose mark was emptied and that was not put right harms nobody, and loses nothing', async () => {
  await withWorkplace(async (place) => {
    const [manager, leaver, other] = makeUsers({ count: 3 }).map(({ login }) => login)
    const org = await place.org({ users: makeUsers({ count: 3 }) })
    await place.write('in.csv', `manager,user\nCole, ${manager},${leaver}\nAnn,${other}\n`)
    const flags = ['--action', 'suspend', '--user-column', 'user']
    const first = await feed(place, org, 'in.csv', 'run-1', ...flags)
    const applied = { ...org.applied }
    expect(Object.keys(applied)).toHaveLength(1)
    const mark = /"?not read: .*\n/
    let { failed } = first
    for (const run of ['run-2', 'run-3']) {
      expect(failed).toMatch(mark)
      await place.write('again.csv', failed.replace(mark, '\n'))
      failed = (await feed(place, org, 'again.csv', run, ...flags)).failed
      expect(org.applied).toEqual(applied)
      expect(failed).toContain(`Cole," ${manager}",${leaver}`)
    }
  })
})

it('a date cell stays one through retry and failed.csv, whatever the format says of texts', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2 })
    const org = await place.org({
      users,
      fault: ({ action }) => (action === null ? null : { name: 'forbidden' }),
    })
    // 2 March 2026 as a date cell; as a text the format reads 2026-03-02 as 3 February.
    const rows = [
      textRows([['user', 'last_day']]),
      `<row r="2">${textCell('A2', users[0]?.login ?? '')}<c r="B2" s="1"><v>46083</v></c></row>`,
      `<row r="3">${textCell('A3', users[1]?.login ?? '')}${textCell('B3', '2026-03-02')}</row>`,
    ].join('')
    await place.write('in.xlsx', writeWorkbook({ sheets: [{ rows }], formats: [14] }))
    await place.write(
      'job.yaml',
      [
        'name: leavers',
        'action: suspend',
        'input:',
        '  where: { last_day: ["2026-03-02"] }',
        '  due: { column: last_day, time_zone: UTC, format: yyyy-dd-MM }',
        '',
      ].join('\n'),
    )
    const due = ['2026-03-03T00:00:00.000Z', '2026-02-04T00:00:00.000Z']
    const dueOf = (results: readonly ResultLine[]) => results.map(({ due_at }) => due_at)
    const first = await feed(place, org, 'in.xlsx', 'run-1', '--job', 'job.yaml')
    expect(dueOf(first.results)).toEqual(due)
    expect(first.results.map(({ last_day }) => last_day)).toEqual(['2026-03-02', '2026-03-02'])
    const second = await feed(place, org, 'runs/run-1/failed.csv', 'run-2', '--job', 'job.yaml')
    expect(dueOf(second.results)).toEqual(due)
    expect(second.results.map(({ last_day }) => last_day)).toEqual(['2026-03-02', '2026-03-02'])
    expect(second.failed).toBe(first.failed)
    for (let times = 0; times < 2; times++) {
      const before = await place.runs()
      const of = before.findLast((run) => run.includes('-leavers')) ?? 'run-1'
      const end = await place.runHere(org, ['retry', of, '--yes'])
      expect(end.code, end.stderr).toBe(1)
      const id = (await place.runs()).find((run) => !before.includes(run)) ?? ''
      const retried = await readRun(place, id, end)
      expect(dueOf(retried.results)).toEqual(due)
      expect(retried.failed).toContain('2026-03-02 (date cell)')
    }
  })
})

it('what a job names inside of JSON objects is decided alike when failed.csv is fed', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 3 })
    let broken = true
    const org = await place.org({
      users,
      fault: ({ action }) => (action !== null && broken ? { name: 'forbidden' } : null),
    })
    const records = users.map(({ login, id }, index) => ({
      who: { id, mail: index === 1 ? 'other@example.com' : login },
      hr: { last: index === 2 ? 'soon' : '2026-01-05', state: 'left', number: '#' },
    }))
    // A number that JavaScript can't hold.
    await place.write('in.json', JSON.stringify(records).replaceAll('"#"', '90071992547409931'))
    await place.write(
      'job.yaml',
      [
        'name: leavers',
        'action: suspend',
        'input:',
        '  user_column: who.id',
        '  check: { login: who.mail }',
        '  where: { hr.state: [left], hr.number: ["90071992547409931"] }',
        '  due: { column: hr.last, time_zone: UTC }',
        '',
      ].join('\n'),
    )
    const first = await feed(place, org, 'in.json', 'run-1', '--job', 'job.yaml')
    expect(first.results.map(({ result }) => result)).toEqual(['failed', 'skipped', 'skipped'])
    expect(first.failed.split('\n')[0]).toBe('who,hr,who.id,hr.state,hr.number,hr.last,who.mail,why')
    expect(first.failed).toContain('90071992547409931')
    broken = false
    const second = await feed(place, org, 'runs/run-1/failed.csv', 'run-2', '--job', 'job.yaml')
    expect(second.results.map(({ result, due_at }) => [result, due_at])).toEqual([
      ['succeeded', '2026-01-06T00:00:00.000Z'],
      ['skipped', ''],
    ])
  })
})

it('a failed.csv without a row is not offered for feeding', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 1, factors: 1 })
    const org = await place.org({
      users,
      fault: ({ action }) => (action === null ? null : { name: 'dropAfter' }),
    })
    await place.write('in.csv', `user\n${users[0]?.id}\n`)
    await place.write('job.yaml', 'name: again\naction: reactivate\nread_first: false\n')
    const args = ['run', 'in.csv', '--job', 'job.yaml', '--yes', '--run-id', 'run']
    const end = await place.runHere(org, args, { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } })
    expect(end.code, end.stderr).toBe(1)
    expect(await place.read('runs/run/failed.csv')).toBe('user,why\n')
    expect(end.stdout).not.toContain('Rows to feed again')
    expect(end.stdout).toContain('okta-lifecycle retry run')
  })
})

it('the same job takes its failed.csv, whatever it says of the form of its own input', async () => {
  await withWorkplace(async (place) => {
    const [leaver, other] = makeUsers({ count: 2 }).map(({ login }) => login)
    const org = await place.org({
      users: makeUsers({ count: 2 }),
      fault: ({ action }) => (action === null ? null : { name: 'forbidden' }),
    })
    const text = `Leavers of Köln\nEmail,Name\n${leaver},Jörg\nName,Email\nBob,${other}\n`
    await place.write('in.csv', Buffer.from(text, 'latin1'))
    await place.write(
      'job.yaml',
      'name: leavers\naction: suspend\ninput: { header_line: 2, encoding: windows-1252 }\n',
    )
    const first = await feed(place, org, 'in.csv', 'run-1', '--job', 'job.yaml')
    expect(first.failed).toMatch(/^Email,Name,why\n.+,Jörg,failed: .+\nName,Email,"?not read: .+\nBob,.+\n$/)
    const second = await feed(place, org, 'runs/run-1/failed.csv', 'run-2', '--job', 'job.yaml')
    expect(second.failed).toBe(first.failed)
    const flags = ['--action', 'suspend', '--header-line', '2']
    expect((await feed(place, org, 'runs/run-2/failed.csv', 'run-3', ...flags)).failed).toBe(first.failed)
  })
})

it('short names that were users in the input are users in its failed.csv, whatever else is left there', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2 }) })
    const names = ['user1', 'user2', 'none1', 'none2']
    await place.write('in.csv', `user\n${[...names, 'gone1@example.com', 'gone2@example.com'].join('\n')}\n`)
    const flags = ['--action', 'suspend', '--short-names']
    const first = await feed(place, org, 'in.csv', 'run-1', ...flags)
    expect(first.results.map(({ result }) => result)).toEqual([
      ...['succeeded', 'succeeded'],
      ...Array.from({ length: 4 }, () => 'failed'),
    ])
    // Of those that are left, most are addresses.
    await place.write('again.csv', first.failed.replace(/none2.*\n/, ''))
    const second = await feed(place, org, 'again.csv', 'run-2', ...flags)
    expect(second.results.map(({ user, result }) => [user, result])).toEqual([
      ['none1', 'failed'],
      ['gone1@example.com', 'failed'],
      ['gone2@example.com', 'failed'],
    ])
  })
})
