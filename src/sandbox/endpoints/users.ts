import { createHash } from 'node:crypto'
import { notFound, type OktaError, oktaError, validationError } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import { changeStatus } from '../rules/lifecycle.ts'
import { type InputContext, readUserInput, type UserWishes } from '../rules/user-input.ts'
import { foldLogin } from '../users/login.ts'
import { oktaId } from '../users/okta-id.ts'
import type { SandboxUser } from '../users/user.ts'
import { type ApiCall, type Endpoint, endpoint, flag, withUser } from './endpoint.ts'
import { asksForAsync } from './lifecycle.ts'
import { listUsers } from './list-users.ts'
import { userJson } from './user-json.ts'

function showUser(call: ApiCall): Reply {
  return withUser(call, (user) => {
    const reply = jsonReply(userJson(user, call.baseUrl))
    const etag = createHash('sha256').update(reply.body).digest('hex')
    return { ...reply, headers: ['etag', `W/"${etag}"`] }
  })
}

function contextOf(call: ApiCall, user: SandboxUser | null, mode: InputContext['mode']): InputContext {
  const own = user === null ? null : foldLogin(user.profile.login)
  return {
    user,
    mode,
    isDefined: (attribute) => call.org.schema.has(attribute),
    isTaken: (login) => foldLogin(login) !== own && call.org.directory().hasLogin(login),
  }
}

/**
 * The status in which a new user begins. Source: Okta's Users API reference, on creating users with and without a
 * password.
 */
function firstStatus(call: ApiCall, { password, source }: UserWishes): SandboxUser['status'] {
  if (!flag(call.query('activate'), true)) return 'STAGED'
  // Other users sign in elsewhere: there is no password to choose.
  if (source !== 'OKTA') return 'ACTIVE'
  if (password === null) return 'PROVISIONED'
  return call.query('nextLogin') === 'changePassword' && password === 'set' ? 'PASSWORD_EXPIRED' : 'ACTIVE'
}

function unknownGroup(call: ApiCall, ids: readonly string[]): OktaError | null {
  const id = ids.find((one) => call.org.groups.find(one) === null)
  return id === undefined ? null : notFound(id, 'UserGroup')
}

function createUser(call: ApiCall): Reply {
  const input = readUserInput(call.body, contextOf(call, null, 'create'))
  if (input.kind === 'refused') return errorReply(input.error)
  const { wishes } = input
  const groupError = unknownGroup(call, wishes.groupIds)
  if (groupError !== null) return errorReply(groupError)
  const nextLogin = call.query('nextLogin')
  if (nextLogin !== undefined && (nextLogin !== 'changePassword' || !flag(call.query('activate'), true))) {
    const cause = 'nextLogin: must be changePassword, for a user who is activated'
    return errorReply(validationError('nextLogin', [cause]))
  }
  const status = firstStatus(call, wishes)
  const { iso } = call.org.clock.instant()
  const user: SandboxUser = {
    id: oktaId('00u', Math.random),
    status,
    created: iso,
    activated: status === 'STAGED' ? null : iso,
    // Recorded since September 2025: a STAGED user with a password has the time too.
    statusChanged: status === 'STAGED' && wishes.password === null ? null : iso,
    lastLogin: null,
    lastUpdated: iso,
    passwordChanged: wishes.password === null ? null : iso,
    profile: wishes.profile,
    source: wishes.source,
    factors: [],
    roles: [],
    blockedFromUnknownDevices: false,
    transition: null,
    ...(wishes.secrets === undefined ? {} : { secrets: wishes.secrets }),
  }
  call.org.add(user)
  for (const id of wishes.groupIds) {
    const group = call.org.groups.find(id)
    if (group !== null) call.org.groups.change(group, user.id, true)
  }
  return jsonReply(userJson(user, call.baseUrl))
}

function changeRefusal(call: ApiCall, user: SandboxUser): OktaError | null {
  if (user.transition !== null) return oktaError('E0000112')
  if (user.status === 'DEPROVISIONED') return oktaError('E0000038')
  const names = typeof call.body === 'object' && call.body !== null ? Object.keys(call.body) : []
  const mastered = user.source === 'ACTIVE_DIRECTORY' || user.source === 'LDAP'
  return mastered && names.includes('profile') ? oktaError('E0000023') : null
}

/** A password that an administrator sets ends the wait for one that the user chooses. */
function passwordChange(user: SandboxUser, wishes: UserWishes, at: string): Partial<SandboxUser> {
  if (wishes.password === null) return {}
  const waiting = ['PROVISIONED', 'RECOVERY', 'PASSWORD_EXPIRED'].includes(user.status)
  return { ...(waiting ? changeStatus('ACTIVE', at) : {}), passwordChanged: at }
}

function changeUser(call: ApiCall, mode: 'partial' | 'full'): Reply {
  return withUser(call, (user) => {
    const refusal = changeRefusal(call, user)
    if (refusal !== null) return errorReply(refusal)
    const input = readUserInput(call.body, contextOf(call, user, mode))
    if (input.kind === 'refused') return errorReply(input.error)
    const { iso } = call.org.clock.instant()
    const { profile, source, secrets } = input.wishes
    const change = { ...passwordChange(user, input.wishes, iso), profile, source, secrets, lastUpdated: iso }
    return jsonReply(userJson(call.org.change(user, change), call.baseUrl))
  })
}

/**
 * Okta's delete has two steps: the first call deactivates the user, and a call on a DEPROVISIONED user removes the user
 * for good.
 */
function deleteUser(call: ApiCall): Reply {
  return withUser(call, (user) => {
    if (user.status === 'DEPROVISIONED') {
      call.org.remove(user)
      return noContent
    }
    const sendEmail = flag(call.query('sendEmail'), false)
    const details = { respondAsync: asksForAsync(call.prefer), sendEmail, requestId: call.requestId }
    const error = call.org.act(user, 'deactivate', details)
    return error === null ? noContent : errorReply(error)
  })
}

const user = '/api/v1/users/:user'

/** The endpoints for users themselves, narrower paths first. */
export const userEndpoints: readonly Endpoint[] = [
  endpoint('GET', '/api/v1/users', '/api/v1/users', listUsers),
  endpoint('POST', '/api/v1/users', '/api/v1/users', createUser),
  endpoint('GET', '/api/v1/users/me', '/api/v1/users/me', (call) => showUser({ ...call, user: 'me' })),
  endpoint('GET', user, '/api/v1/users/{id:.+}', showUser),
  endpoint('POST', user, '/api/v1/users/{id}', (call) => changeUser(call, 'partial')),
  endpoint('PUT', user, '/api/v1/users/{id}', (call) => changeUser(call, 'full')),
  endpoint('DELETE', user, '/api/v1/users/{id}', deleteUser),
]
