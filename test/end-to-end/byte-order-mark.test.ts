import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, withWorkplace } from './workplace.ts'

it('report.byte_order_mark: the CSV files begin with it, and can be fed again and audited', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2, status: ['ACTIVE', 'STAGED'] })
    const org = await place.org({ users })
    await place.write('in.csv', `user,name\n${loginOf(1)},Zoë\n${loginOf(2)},Łukasz\n`)
    await place.write('job.yaml', 'name: marked\naction: suspend\nreport: { byte_order_mark: true }\n')
    expect(await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])).toMatchObject({
      code: 1,
    })
    for (const name of ['results.csv', 'failed.csv'])
      expect((await place.read(`runs/${runId}/${name}`)).startsWith('\uFEFF')).toBe(true)
    const [first] = await place.results()
    expect(first?.name).toBe('Zoë')
    expect(await place.runHere(null, ['evidence', runId])).toMatchObject({ code: 0 })
    const audit = ['docs/check-evidence.mjs', `${place.directory}/${runId}-evidence.zip`]
    expect(execFileSync(process.execPath, audit, { encoding: 'utf8' })).toContain('All agrees')

    for (const user of org.org.users.values()) user.status = 'ACTIVE'
    const again = [
      'run',
      `runs/${runId}/failed.csv`,
      '--job',
      'job.yaml',
      '--yes',
      '--quiet',
      '--run-id',
      'again',
    ]
    const end = await place.runHere(org, again)
    expect(end.code, end.stderr).toBe(0)
    expect(org.applied).toEqual({ [`${users[0]?.id} suspend`]: 1, [`${users[1]?.id} suspend`]: 1 })
  })
})
