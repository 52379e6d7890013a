import { randomBytes } from 'node:crypto'
import { type Action, actionNames } from '../../okta/actions.ts'
import { emptyObject, errorReply, jsonReply, type Reply } from '../answers/reply.ts'
import { type ApiCall, type Endpoint, flag, withUser } from './endpoint.ts'

/** Okta's own defaults for the parameter `sendEmail`. Actions that are not listed send no mail. */
const sendEmailDefaults: Readonly<Partial<Record<Action, boolean>>> = {
  activate: true,
  reactivate: false,
  deactivate: false,
}

/** Whether the `Prefer` header asks for the change to be made in the background. */
export function asksForAsync(prefer: string): boolean {
  return prefer !== '' && /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(prefer)
}

/** A one-time token as Okta makes them: 20 characters of base64url. */
export function oneTimeToken(): string {
  return randomBytes(15).toString('base64url')
}

function sendEmailOf(action: Action, given: string | undefined): boolean | null {
  const standard = sendEmailDefaults[action]
  return standard === undefined ? null : flag(given, standard)
}

/**
 * The body of a call that was carried out. A link is shown if no mail brings it; reactivate without the parameter
 * answers with the token alone.
 * Source: recorded answers.
 */
function lifecycleReply(action: Action, sendEmail: boolean | null, named: boolean, baseUrl: string): Reply {
  if (sendEmail !== false || action === 'deactivate') return emptyObject
  const activationToken = oneTimeToken()
  if (action === 'reactivate' && !named) return jsonReply({ activationToken })
  return jsonReply({ activationUrl: `${baseUrl}/tokens/${activationToken}/verify`, activationToken })
}

function answer(call: ApiCall, action: Action): Reply {
  return withUser(call, (user) => {
    const given = call.query('sendEmail')
    const sendEmail = sendEmailOf(action, given)
    const respondAsync = asksForAsync(call.prefer)
    const error = call.org.act(user, action, { respondAsync, sendEmail, requestId: call.requestId })
    if (error !== null) return errorReply(error)
    return lifecycleReply(action, sendEmail, given !== undefined, call.baseUrl)
  })
}

/** The seven actions. */
export const lifecycleEndpoints: readonly Endpoint[] = actionNames.map((action) => ({
  method: 'POST',
  path: `/api/v1/users/:user/lifecycle/${action}`,
  bucket: '/api/v1/users',
  action,
  takesBody: false,
  answer: (call) => answer(call, action),
}))
