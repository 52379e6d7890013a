import okta from '@okta/okta-sdk-nodejs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { userStatuses } from '../../src/okta/status.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { generateUsers } from '../../src/sandbox/seed/generate-users.ts'
import { orgOf, token, userOf } from './with-sandbox.ts'

const owner = userOf('owner@example.com', 'ACTIVE')
const password = { password: { value: 'Abcd1234' } }

let sandbox: Sandbox
let client: okta.Client

function connect(value: string): okta.Client {
  const testing = { disableHttpsCheck: true }
  return new okta.Client({ orgUrl: sandbox.url, token: value, testing } as ConstructorParameters<
    typeof okta.Client
  >[0])
}

function profileOf(name: string): { firstName: string; lastName: string; email: string; login: string } {
  const login = `${name}@example.com`
  return { firstName: 'Ann', lastName: 'Lee', email: login, login }
}

/** A new user of the SDK's own making, ACTIVE unless it is to be STAGED. */
async function create(name: string, activate = true): Promise<okta.User> {
  const body = { profile: profileOf(name), credentials: password }
  return await client.userApi.createUser({ body, activate })
}

async function idOf(user: Promise<okta.User>): Promise<string> {
  return (await user).id ?? ''
}

async function statusOf(userId: string): Promise<string | undefined> {
  return (await client.userApi.getUser({ userId })).status
}

/** Everything in a collection, page after page. */
async function all<T>(collection: Promise<okta.Collection<T>>): Promise<T[]> {
  const items: T[] = []
  await (await collection).each((item: T) => {
    items.push(item)
  })
  return items
}

/** How the SDK says that a call failed. */
async function failure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: { status?: number; errorCode?: string }) => reason,
  )
  return 'errorCode' in error ? `${error.status} ${error.errorCode}` : String(error)
}

beforeAll(async () => {
  const made = generateUsers({ count: 450, now: Date.UTC(2026, 0, 2) })
  const statuses = userStatuses.map((status) => userOf(`${status.toLowerCase()}@seed.example`, status))
  const seed = { ...orgOf([owner, ...made, ...statuses], owner), attributes: ['age'] }
  sandbox = await startSandbox({ seed, limits: null, transitions: { membership: 0 } })
  client = connect(token)
})

afterAll(() => sandbox.close())

describe('users', () => {
  it('are created and found by id, login and short name', async () => {
    const user = await create('first')
    expect(user).toBeInstanceOf(okta.User)
    expect(user).toMatchObject({ status: 'ACTIVE', profile: profileOf('first') })
    for (const userId of [user.id ?? '', 'FIRST@example.com', 'first']) {
      const found = await client.userApi.getUser({ userId })
      expect(found).toBeInstanceOf(okta.UserGetSingleton)
      expect(found).toMatchObject({ id: user.id, created: user.created, credentials: user.credentials })
    }
    expect(await client.userApi.getUser({ userId: 'me' })).toMatchObject({ id: owner.id })
  })

  it('begin where the call says, with a recovery question and attributes of all kinds', async () => {
    expect((await create('second', false)).status).toBe('STAGED')
    const body = {
      profile: { ...profileOf('third'), nickName: 'Third', age: 33 },
      credentials: { ...password, recovery_question: { question: 'Who?', answer: 'Me' } },
    }
    const third = await client.userApi.createUser({ body, activate: true, nextLogin: 'changePassword' })
    expect(third).toMatchObject({ status: 'PASSWORD_EXPIRED', profile: { nickName: 'Third', age: 33 } })
    const fourth = await client.userApi.createUser({ body: { profile: profileOf('fourth') } })
    expect(fourth.status).toBe('PROVISIONED')
    expect(await failure(create('fourth'))).toBe('400 E0000001')
  })

  it('are changed in part and in full', async () => {
    const user = await create('fifth')
    Object.assign(user.profile ?? {}, { nickName: 'Fifth' })
    const userId = user.id ?? ''
    const update = user as Parameters<typeof client.userApi.updateUser>[0]['user']
    expect((await client.userApi.updateUser({ userId, user: update })).profile?.nickName).toBe('Fifth')
    await client.userApi.replaceUser({ userId, user: { profile: profileOf('fifth.anew') } })
    const changed = await client.userApi.getUser({ userId: 'fifth.anew@example.com' })
    expect(changed.id).toBe(userId)
    expect(changed.profile?.nickName).toBeUndefined()
  })

  it('are listed page by page, each of the class that the SDK has for them', async () => {
    const listed = await all(client.userApi.listUsers())
    expect(listed.length).toBeGreaterThan(400)
    expect(new Set(listed.map((user) => user.id)).size).toBe(listed.length)
    expect(listed.every((user) => user instanceof okta.User)).toBe(true)
    expect(listed.some((user) => user.status === 'DEPROVISIONED')).toBe(false)
    const [few, many] = [await all(client.userApi.listUsers({ limit: 7 })), listed]
    expect(few.map((user) => user.id)).toEqual(many.map((user) => user.id))
  })

  it('are searched, filtered and looked up', async () => {
    const user = await create('sixth')
    const search = `profile.login eq "sixth@example.com" and (status eq "ACTIVE" or status eq "STAGED")`
    const filter = 'profile.login eq "sixth@example.com"'
    for (const query of [{ search }, { filter }, { q: 'sixth' }]) {
      expect((await all(client.userApi.listUsers(query))).map(({ id }) => id)).toEqual([user.id])
    }
    const gone = await all(client.userApi.listUsers({ search: 'status eq "DEPROVISIONED"', limit: 20 }))
    expect(gone.length).toBeGreaterThan(50)
    expect(await failure(all(client.userApi.listUsers({ search: 'status is new' })))).toBe('400 E0000031')
  })

  it('are deleted by two calls, and then not found', async () => {
    const userId = await idOf(create('seventh'))
    await client.userApi.deleteUser({ userId })
    expect(await statusOf(userId)).toBe('DEPROVISIONED')
    await client.userApi.deleteUser({ userId })
    expect(await failure(client.userApi.getUser({ userId }))).toBe('404 E0000007')
  })

  it('have passwords and recovery questions that change', async () => {
    const userId = await idOf(create('eighth'))
    const changed = await client.userApi.changePassword({
      userId,
      changePasswordRequest: { oldPassword: { value: 'Abcd1234' }, newPassword: { value: '1234Abcd' } },
    })
    expect(changed.provider?.type).toBe('OKTA')
    const question = { question: 'How many?', answer: 'Forty two' }
    const asked = await client.userApi.changeRecoveryQuestion({
      userId,
      userCredentials: { password: { value: '1234Abcd' }, recovery_question: question },
    })
    expect(asked.recovery_question?.question).toBe('How many?')
    const recovery = { password: { value: 'Wxyz1234' }, recovery_question: { answer: 'forty two' } }
    await client.userApi.forgotPasswordSetNewPassword({ userId, userCredentials: recovery })
    const forgotten = await client.userApi.forgotPassword({ userId, sendEmail: false })
    expect(forgotten.resetPasswordUrl).toContain(`${sandbox.url}/signin/reset-password/`)
    expect((await client.userApi.expirePassword({ userId })).status).toBe('PASSWORD_EXPIRED')
    await client.userApi.expirePasswordAndGetTemporaryPassword({ userId })
    expect(await statusOf(userId)).toBe('PASSWORD_EXPIRED')
    const reset = await client.userApi.generateResetPasswordToken({ userId, sendEmail: false })
    expect(reset.resetPasswordUrl).toContain(`${sandbox.url}/reset_password/`)
    expect(await statusOf(userId)).toBe('RECOVERY')
  })

  it('have sessions that end, and no applications', async () => {
    const userId = await idOf(create('ninth'))
    await client.userApi.revokeUserSessions({ userId })
    expect(await all(client.userApi.listAppLinks({ userId }))).toEqual([])
    expect(await all(client.userApi.listUserGrants({ userId }))).toEqual([])
  })
})

describe('the seven actions', () => {
  it('lead where they lead from the right status', async () => {
    const userId = await idOf(create('tenth', false))
    const activated = await client.userApi.activateUser({ userId, sendEmail: false })
    expect(activated.activationUrl).toBe(`${sandbox.url}/tokens/${activated.activationToken}/verify`)
    expect(await statusOf(userId)).toBe('ACTIVE')
    await client.userApi.suspendUser({ userId })
    expect(await statusOf(userId)).toBe('SUSPENDED')
    await client.userApi.unsuspendUser({ userId })
    await client.userApi.resetFactors({ userId })
    expect(await statusOf(userId)).toBe('ACTIVE')
    await client.userApi.deactivateUser({ userId })
    expect(await statusOf(userId)).toBe('DEPROVISIONED')
    await client.userApi.activateUser({ userId, sendEmail: false })
    expect(await statusOf(userId)).toBe('PROVISIONED')
    const again = await client.userApi.reactivateUser({ userId, sendEmail: false })
    expect(again.activationToken).toMatch(/^[\w-]{20}$/)
    const locked = 'locked_out@seed.example'
    await client.userApi.unlockUser({ userId: locked })
    expect(await statusOf(locked)).toBe('ACTIVE')
  })

  it('are refused in the wrong one, as Okta refuses them', async () => {
    const api = client.userApi
    expect(await failure(api.activateUser({ userId: 'active@seed.example' }))).toBe('403 E0000016')
    expect(await failure(api.deactivateUser({ userId: 'deprovisioned@seed.example' }))).toBe('404 E0000007')
    expect(await failure(api.reactivateUser({ userId: 'staged@seed.example' }))).toBe('403 E0000038')
    expect(await failure(api.suspendUser({ userId: 'suspended@seed.example' }))).toBe('400 E0000001')
    expect(await failure(api.unlockUser({ userId: 'active@seed.example' }))).toBe('403 E0000032')
    expect(await failure(api.unsuspendUser({ userId: 'active@seed.example' }))).toBe('400 E0000001')
    expect(await failure(api.resetFactors({ userId: 'nobody@seed.example' }))).toBe('404 E0000007')
  })

  it('show a deactivate in the background', async () => {
    const userId = await idOf(create('eleventh'))
    await client.userApi.deactivateUser({ userId, prefer: 'respond-async' })
    const { transitioningToStatus } = await client.userApi.getUser({ userId })
    expect(transitioningToStatus).toBe('DEPROVISIONED')
    expect(await failure(client.userApi.suspendUser({ userId }))).toBe('409 E0000112')
  })
})

describe('what users have', () => {
  it('factors', async () => {
    const userId = await idOf(create('twelfth'))
    const offered = await all(client.userFactorApi.listSupportedFactors({ userId }))
    expect(offered.length).toBeGreaterThan(1)
    const sms = { factorType: 'sms', provider: 'OKTA', profile: { phoneNumber: '+1-555-0100' } }
    const body = sms as Parameters<typeof client.userFactorApi.enrollFactor>[0]['body']
    const factor = await client.userFactorApi.enrollFactor({ userId, body })
    expect(factor).toBeInstanceOf(okta.UserFactorSMS)
    const factorId = factor.id ?? ''
    await client.userFactorApi.activateFactor({ userId, factorId, body: { passCode: '123456' } })
    expect(await client.userFactorApi.getFactor({ userId, factorId })).toMatchObject({ status: 'ACTIVE' })
    expect(await all(client.userFactorApi.listFactors({ userId }))).toHaveLength(1)
    await client.userFactorApi.unenrollFactor({ userId, factorId })
    expect(await all(client.userFactorApi.listFactors({ userId }))).toEqual([])
  })

  it('roles, limited to groups', async () => {
    const userId = await idOf(create('thirteenth'))
    const group = await client.groupApi.createGroup({ group: { profile: { name: 'Targets' } } })
    const groupId = group.id ?? ''
    const roles = client.roleAssignmentApi
    const assignRoleRequest = { type: 'USER_ADMIN' } as Parameters<
      typeof roles.assignRoleToUser
    >[0]['assignRoleRequest']
    const role = await roles.assignRoleToUser({ userId, assignRoleRequest })
    expect(role).toBeInstanceOf(okta.StandardRole)
    const roleId = role.id ?? ''
    expect(await all(roles.listAssignedRolesForUser({ userId }))).toMatchObject([{ type: 'USER_ADMIN' }])
    expect((await roles.listUsersWithRoleAssignments({})).value?.map(({ id }) => id)).toContain(userId)
    await client.roleTargetApi.assignGroupTargetToUserRole({ userId, roleId, groupId })
    const targets = await all(client.roleTargetApi.listGroupTargetsForRole({ userId, roleId }))
    expect(targets.map(({ id }) => id)).toEqual([groupId])
    await client.roleTargetApi.unassignGroupTargetFromUserAdminRole({ userId, roleId, groupId })
    await roles.unassignRoleFromUser({ userId, roleId })
    expect(await all(roles.listAssignedRolesForUser({ userId }))).toEqual([])
  })

  it('groups', async () => {
    const userId = await idOf(create('fourteenth'))
    const group = await client.groupApi.createGroup({ group: { profile: { name: 'Board' } } })
    expect(group).toBeInstanceOf(okta.Group)
    const groupId = group.id ?? ''
    await client.groupApi.assignUserToGroup({ groupId, userId })
    expect((await all(client.groupApi.listGroupUsers({ groupId }))).map(({ id }) => id)).toEqual([userId])
    expect((await all(client.userApi.listUserGroups({ userId }))).map(({ id }) => id)).toContain(groupId)
    const renamed = { profile: { name: 'Council' } }
    expect((await client.groupApi.replaceGroup({ groupId, group: renamed })).profile?.name).toBe('Council')
    expect((await all(client.groupApi.listGroups({ q: 'Coun' }))).map(({ id }) => id)).toEqual([groupId])
    await client.groupApi.unassignUserFromGroup({ groupId, userId })
    expect(await all(client.groupApi.listGroupUsers({ groupId }))).toEqual([])
    await client.groupApi.deleteGroup({ groupId })
    expect(await failure(client.groupApi.getGroup({ groupId }))).toBe('404 E0000007')
  })
})

describe('limits and tokens', () => {
  it('refuse a wrong token', async () => {
    expect(await failure(connect('wrong').userApi.getUser({ userId: 'me' }))).toBe('401 E0000011')
  })

  it('make the SDK wait for the window, after which its call succeeds', async () => {
    const options = { seed: orgOf([owner]), limits: { '/api/v1/users': 2 }, windowSeconds: 1 }
    const limited = await startSandbox(options)
    try {
      const testing = { disableHttpsCheck: true }
      const config = { orgUrl: limited.url, token, testing } as ConstructorParameters<typeof okta.Client>[0]
      const { userApi } = new okta.Client(config)
      await userApi.suspendUser({ userId: owner.id })
      await userApi.unsuspendUser({ userId: owner.id })
      expect(limited.traffic().answers).toEqual({ 200: 2, 429: 1 })
    } finally {
      await limited.close()
    }
  })
})
