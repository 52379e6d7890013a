import { expect, it } from 'vitest'
import { jsonAnswer } from '../support/foreign-org/answer.ts'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { userJson } from '../support/foreign-org/view.ts'
import { expectAppliedOnce, unattended, usersCsv, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const ada = userIdOf(1)
const [, , bob] = makeUsers({ count: 3, factors: 1, status: 'ACTIVE' })

/** Bob's answer in place of Ada's, with everything that marks an answer as Okta's. */
function bobs(): Fault {
  if (bob === undefined) throw new Error('There is no third user.')
  const headers = { 'x-okta-request-id': 'mixed-up', date: new Date().toUTCString() }
  return { name: 'answer', when: 'after', answer: jsonAnswer(200, userJson(bob), headers) }
}

/** Loses the first call's answer, and mixes up the look at Ada that follows it. */
function mixedUp(): (request: LoggedRequest) => Fault | null {
  let [isSent, isMixedUp] = [false, false]
  return ({ action, path }) => {
    if (action !== null && !isSent) {
      isSent = true
      return { name: 'dropAfter' }
    }
    if (!isSent || isMixedUp || action !== null || path !== `/api/v1/users/${ada}`) return null
    isMixedUp = true
    return bobs()
  }
}

it.each<ForeignAction>(['suspend', 'reset_factors', 'deactivate'])(
  '%s: what became of a call is not read off another user',
  async (action) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3, factors: 1 }), fault: mixedUp() })
      await place.write('in.csv', usersCsv(['user1@example.com']))
      const end = await place.runHere(org, ['run', 'in.csv', '--action', action, ...unattended], impatient)
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(org.applied, [`${ada} ${action}`])
      expect(org.requests.filter((request) => request.action !== null)).toHaveLength(1)
      const [line] = await place.results()
      expect(line).toMatchObject({ result: 'succeeded', okta_user_id: ada, okta_login: 'user1@example.com' })
    })
  },
)

it('the first read by an id is asked again when it shows another user', async () => {
  await withWorkplace(async (place) => {
    const isFirst = ({ action, path, attempt }: LoggedRequest): boolean =>
      action === null && path === `/api/v1/users/${ada}` && attempt === 1
    const org = await place.org({
      users: makeUsers({ count: 3 }),
      fault: (request) => (isFirst(request) ? bobs() : null),
    })
    await place.write('in.csv', usersCsv([ada]))
    const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(org.applied, [`${ada} suspend`])
  })
})

it('an accepted call is not judged by the status of another user', async () => {
  await withWorkplace(async (place) => {
    let isSent = false
    let mixedUp = 0
    const org = await place.org({
      users: makeUsers({ count: 3 }),
      fault: ({ action, path }) => {
        if (action !== null) isSent = true
        if (!isSent || mixedUp === 2 || action !== null || path !== `/api/v1/users/${ada}`) return null
        mixedUp++
        return bobs()
      },
    })
    await place.write('job.yaml', 'name: leavers\naction: suspend\nverify: true\n')
    await place.write('in.csv', usersCsv([ada]))
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect([end.code, mixedUp], end.stderr).toEqual([0, 2])
    const [line] = await place.results()
    expect(line).toMatchObject({ result: 'succeeded', status_after: 'SUSPENDED', okta_user_id: ada })
    expect(line?.message).toMatch(/verified/)
  })
})
