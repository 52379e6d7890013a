import { renderDuration } from '../../messages/duration.ts'
import { type Answer, describeAnswer, isOktas, originOf } from '../../okta/answer.ts'
import { lossOf } from '../../okta/loss.ts'
import { tokenLimited } from '../../okta/oauth/grant.ts'
import type { UnusedProxy } from '../../okta/proxy.ts'
import { parseUser } from '../../okta/user.ts'
import { credentialsRefusedBy } from '../../rules/stop-reasons.ts'
import { type Check, fine, wrong } from './check.ts'

/** Whether the org answers at its address. */
export function judgeReachable(orgUrl: string, owner: Answer, unused: UnusedProxy | null = null): Check {
  const name = 'reachable'
  if (owner.kind === 'unanswered') {
    if (owner.tokenRefusal !== undefined) return fine(name, `${orgUrl} answers.`)
    const { fix } = lossOf(owner.code)
    if (owner.code === tokenLimited)
      return wrong(name, `${orgUrl} answers, but gives no access token now: ${owner.why}.`, fix)
    return wrong(
      name,
      `${orgUrl} can't be reached: ${owner.why}.`,
      unused === null
        ? fix
        : `${fix}; ${unused.exceptions} keeps requests from the proxy in ${unused.variable}: take the host out of it if it is reached through the proxy alone`,
    )
  }
  if (owner.httpStatus >= 300 && owner.httpStatus < 400) {
    const target = originOf(owner.location)
    return wrong(
      name,
      `${orgUrl} redirects${target === null ? '' : ` to ${target}`}. The token is never sent to another address.`,
      target === null
        ? 'Check OKTA_CLIENT_ORGURL'
        : `Set OKTA_CLIENT_ORGURL to ${target}, if that is your org`,
    )
  }
  if (isOktas(owner)) return fine(name, `${orgUrl} answers.`)
  return wrong(
    name,
    `Something else answers in Okta's place at ${orgUrl}: ${describeAnswer(owner)}.`,
    "Check OKTA_CLIENT_ORGURL, and whether a proxy or a sign-in page answers in Okta's place",
  )
}

/** A clock may be this far off without doing harm, in ms. */
const toleratedMs = 30_000

export function judgeClock(machineBehindMs: number | null): readonly Check[] {
  if (machineBehindMs === null) return []
  const off = Math.abs(machineBehindMs)
  if (off < toleratedMs) return [fine('clock', "This machine's clock agrees with Okta's.")]
  const way = machineBehindMs > 0 ? 'behind' : 'ahead of'
  return [
    wrong(
      'clock',
      `This machine's clock is ${renderDuration(off / 1000)} ${way} Okta's.`,
      'Set the clock, for example by NTP: timedatectl set-ntp true',
    ),
  ]
}

/** Whether Okta accepts the credentials. */
export function judgeCredentials(owner: Answer): readonly Check[] {
  const refused = credentialsRefusedBy(owner)
  if (refused !== null) {
    const { advice } = refused
    return [
      wrong('credentials', refused.message, advice.kind === 'fix' ? advice.fix : 'Set valid credentials'),
    ]
  }
  if (owner.kind === 'unanswered' || !isOktas(owner)) return []
  return [fine('credentials', 'Okta accepts the credentials.')]
}

/** Who owns the token: a run protects that user, because the token ends with the account. */
export function judgeOwner(owner: Answer, ofServiceApp: boolean): readonly Check[] {
  if (owner.kind === 'unanswered' || !isOktas(owner) || owner.httpStatus === 401) return []
  const user = parseUser(owner)
  if (user !== null) {
    const who = `The token belongs to ${user.login} (${user.status}).`
    if (user.status === 'ACTIVE') return [fine('owner', who)]
    return [
      wrong(
        'owner',
        `${who} A token dies with its owner's account.`,
        "Create a token with an active service account, not with a person's own account",
      ),
    ]
  }
  if (ofServiceApp)
    return [fine('owner', 'The credentials belong to a service app: there is no owner to protect.')]
  return [
    wrong(
      'owner',
      `Okta does not show who owns the token (${describeAnswer(owner)}). A run sends nothing until it knows, because the owner must be protected.`,
      'Give the token a role that may read its own user, or set another OKTA_CLIENT_TOKEN',
    ),
  ]
}

/**
 * Whether the credentials may read users. An API Services app without an admin role gets 200 and an empty list. Source:
 * README of ConductorOne/baton-okta.
 */
export function judgeRole(list: Answer | null, user: Answer | null, ofServiceApp: boolean): readonly Check[] {
  if (list === null || list.kind === 'unanswered' || !isOktas(list)) return []
  const who = ofServiceApp ? 'the service app' : 'the owner of the token'
  const fix = `Give ${who} an admin role with the permissions "View users and their details" and "Edit users' lifecycle states", for a resource set with the users concerned`
  const scope =
    'Grant the scopes okta.users.read and okta.users.manage (Okta API Scopes of the app), and set no narrower OKTA_CLIENT_SCOPES'
  for (const answer of [list, user]) {
    if (answer?.kind !== 'answered' || answer.httpStatus < 400) continue
    if (answer.httpStatus === 429 || answer.httpStatus >= 500) continue
    const isScope = answer.authenticate === 'insufficient_scope'
    return [wrong('role', `Reading users is refused: ${describeAnswer(answer)}.`, isScope ? scope : fix)]
  }
  const empty = list.body.kind === 'json' && Array.isArray(list.body.value) && list.body.value.length === 0
  if (empty) {
    return [
      wrong(
        'role',
        'Okta shows no user at all, without an error: that is what it does for credentials without an admin role.',
        fix,
      ),
    ]
  }
  return [fine('role', 'Users can be read. Whether they may be changed is seen only at the first call.')]
}

/** The limit of each bucket that was seen. */
export function judgeLimits(answers: Readonly<Record<string, Answer | null>>): readonly Check[] {
  const seen = Object.entries(answers).flatMap(([bucket, answer]) =>
    answer?.kind === 'answered' && answer.rateLimit !== null ? [{ bucket, ...answer.rateLimit }] : [],
  )
  if (seen.length === 0) return []
  const text = seen
    .map(({ bucket, limit, remaining }) => `${bucket}: ${remaining} of ${limit} left`)
    .join('; ')
  const low = seen.filter(({ limit, remaining }) => remaining * 10 < limit)
  if (low.length === 0) return [fine('limits', `Rate limits of these credentials in this window: ${text}.`)]
  return [
    wrong(
      'limits',
      `Other clients use up the rate limit (${text}). A run would wait for most of each window.`,
      "See Reports > Rate Limits in the Admin Console to find out who uses it, or raise the percentage of this token's limit",
    ),
  ]
}
