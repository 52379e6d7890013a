import { describe, expect, it } from 'vitest'
import { checkOrgUrl } from '../../src/okta/connection.ts'
import { foldLogin } from '../../src/okta/user.ts'
import { guardKey, guardUser } from '../../src/run/guards.ts'
import { UserOrder } from '../../src/run/user-order.ts'
import { knownErrorOf } from './support.ts'

// No document promises that every id is `00u` and 17 letters or digits.
const unusualIds = ['0ouAb1Cd2Ef3Gh4Ij5Kl', '00uAb1Cd2Ef3Gh4Ij5', '00u_b1Cd2Ef3Gh4Ij5Kl']

describe('an id of a form that is not the usual one', () => {
  it.each(unusualIds)('protects its user: %s', (id) => {
    const user = { id, login: 'ceo@example.com', status: 'ACTIVE', statusChanged: null } as const
    const guards = { protect: [id], onlyStatus: null, owner: null }
    expect(guardUser({ ...user, transitioningToStatus: null }, guards)?.reason).toBe('protected')
    expect(guardKey(id, { id, login: 'ceo@example.com' })?.reason).toBe('token_owner')
  })

  it.each(unusualIds)('keeps the order of the rows that name its user by id and by login: %s', async (id) => {
    const order = new UserOrder()
    const byId = order.enter(id)
    const byLogin = order.enter('ceo@example.com')
    await byId.waitForSameKey()
    await byLogin.waitForSameKey()
    let claimed = false
    const claim = byLogin.claim({ id, login: 'ceo@example.com' }).then(() => {
      claimed = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(claimed).toBe(false)
    byId.finish(id, null)
    await claim
  })
})

describe('a login', () => {
  it('is the same in capitals, also where it ends in a sigma', () => {
    expect(foldLogin('νίκοσ@example.com'.toUpperCase())).toBe(foldLogin('νίκοσ@example.com'))
    expect(foldLogin('ΝΙΚΟΣ')).toBe(foldLogin('νικοσ'))
  })
})

describe('a token that was set in the place of the URL', () => {
  it('is not shown', async () => {
    const error = await knownErrorOf(() => checkOrgUrl('00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_ab'))
    expect(`${error.message} ${error.next}`).not.toContain('00aBcDeFgHiJ')
  })
})
