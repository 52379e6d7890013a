import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { parseCsv, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it('a retry leaves out a failed step that would undo a later step of its row, and does the others', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2, factors: 1 })
    const ids = users.map(({ id }) => id)
    let isBroken = true
    const org = await place.org({
      users,
      fault: ({ action, key }) =>
        isBroken && key === ids[0] && (action === 'suspend' || action === 'reset_factors')
          ? { name: 'forbidden' }
          : null,
    })
    await place.write('in.csv', usersCsv(ids))
    await place.write(
      'job.yaml',
      'name: j\nsteps: [{ action: suspend, if_failed: go_on }, unsuspend, reset_factors]\nguards: { protect_admins: false }\n',
    )
    const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(first.code, first.stderr).toBe(1)
    expect((await place.results()).slice(0, 3).map(({ result }) => result)).toEqual([
      'failed',
      'unchanged',
      'failed',
    ])
    isBroken = false
    const retried = await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
    // Somebody must look at what was left out.
    expect(retried.code, retried.stderr).toBe(1)
    expect(org.applied).toEqual({
      [`${ids[1]} suspend`]: 1,
      [`${ids[1]} unsuspend`]: 1,
      [`${ids[1]} reset_factors`]: 1,
      [`${ids[0]} reset_factors`]: 1,
    })
    const [again] = (await place.runs()).filter((name) => name !== runId)
    const { input } = JSON.parse(await place.read(`runs/${again}/run.json`))
    // What is left to do, and not what the whole input was like: the ETA goes by it.
    expect(input).toMatchObject({ users: 1, due_users: 1, repeated_rows: 0 })
    expect(parseCsv(await place.read(`runs/${again}/results.csv`))[0]).toMatchObject({
      result: 'skipped',
      message: 'not done, because step 2 (unsuspend) of this row was carried out',
    })
  })
})
