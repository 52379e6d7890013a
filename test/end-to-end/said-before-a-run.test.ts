import { expect, it } from 'vitest'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { usersCsv, withWorkplace } from './workplace.ts'

it('says why rows are bad that it skips, and what puts them right', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 5 }) })
    const days = [1, 2, 3, 4].map((n) => `${loginOf(n)},2026-01-0${n}\n`)
    await place.write('in.csv', `user,day\n${days.join('')}bad key,2026-01-01T10:00Z\n`)
    await place.write('job.yaml', 'name: leavers\naction: suspend\ninput: { due: { column: day } }\n')
    const noZone =
      'day: the date has no offset and the row no time zone; a zone was expected here, or in the job file as input.due.time_zone, such as Europe/Berlin'
    for (const command of ['plan', 'run']) {
      const flags = command === 'plan' ? [] : ['--yes']
      const args = [command, 'in.csv', '--job', 'job.yaml', '--skip-invalid', ...flags]
      const { stderr } = await place.runHere(org, args)
      expect(stderr).toContain(
        `\n5 bad rows are skipped:\n  row 1 (line 2): ${noZone}\n  row 5 (line 6): user: the user "bad key" `,
      )
      expect(stderr).toMatch(/\n {2}and 3 more\n/)
    }
    await place.write('fine.csv', `user,day\n${loginOf(1)},2026-01-01T10:00Z\n`)
    const fine = await place.runHere(org, ['plan', 'fine.csv', '--job', 'job.yaml'])
    expect(fine.stderr).not.toContain('skipped:')
  })
})

it('warns of an unfinished run of the same job, and of no other', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 6 }) })
    await place.write('job.yaml', 'name: leavers\naction: suspend\n')
    await place.write('other.yaml', 'name: other\naction: suspend\n')
    const send = async (file: string, job: string, id: string, ...flags: readonly string[]) => {
      const args = ['run', file, '--job', job, '--yes', '--quiet', '--run-id', id, ...flags]
      return await place.runHere(org, args)
    }
    const begin = 'Job "leavers" has an unfinished run'
    await place.write('in.csv', usersCsv(['gone@example.com', loginOf(1)]))
    await place.write('next.csv', usersCsv([loginOf(2)]))
    const first = await send('in.csv', 'job.yaml', 'first', '--max-failures', '0', '--concurrency', '1')
    expect(first.code, first.stderr).toBe(3)
    expect(first.stderr).not.toContain(begin)

    const beside = await send('next.csv', 'job.yaml', 'beside')
    expect(beside.code, beside.stderr).toBe(0)
    expect(beside.stderr).toContain(
      'Job "leavers" has an unfinished run, first: rows of it that are in this input too will be done twice if somebody resumes it later. To go on with it instead: okta-lifecycle resume first\n',
    )
    expect((await send('next.csv', 'other.yaml', 'other')).stderr).not.toContain('unfinished')

    await send('in.csv', 'job.yaml', 'second', '--max-failures', '0')
    expect((await send('next.csv', 'job.yaml', 'third')).stderr).toContain(
      'Job "leavers" has 2 unfinished runs, the oldest of which is first: ',
    )

    // A run that another one has taken up can't be resumed, and neither can a finished one.
    const more = ['--max-failures', '9', '--yes', '--quiet']
    expect((await place.runHere(org, ['retry', 'first', ...more])).code).toBe(1)
    expect((await place.runHere(org, ['resume', 'second', ...more])).code).toBe(1)
    expect((await send('next.csv', 'job.yaml', 'last')).stderr).not.toContain('unfinished')
  })
})
