import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { unattended, withWorkplace } from './workplace.ts'

it('a user outside the reach of the token with more rows than may wait does not keep the others waiting', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 20 })
    const [outsider, ...others] = users.map(({ id }) => id)
    const org = await place.org({
      users,
      fault: ({ action, key }) => (action !== null && key === outsider ? { name: 'forbidden' } : null),
    })
    // Only the first is sent: the others fail by the user's status alone.
    const many = Array.from({ length: 5_200 }, (_, index) => [
      outsider,
      index % 2 === 0 ? 'unsuspend' : 'reactivate',
    ])
    const rows = [[outsider, 'suspend'], ...many, ...others.map((id) => [id, 'suspend'])]
    await place.write('in.csv', `user,action\n${rows.map((row) => row.join(',')).join('\n')}\n`)
    await place.write('job.yaml', 'name: leavers\nguards: { protect_admins: false }\n')
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    expect(Object.values(org.applied)).toEqual(Array(others.length).fill(1))
  })
})
