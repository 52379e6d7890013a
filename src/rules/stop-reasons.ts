import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import { type Answer, describeAnswer, isOktas } from '../okta/answer.ts'
import { refusesCredentials } from '../okta/classify.ts'
import { lossOf } from '../okta/loss.ts'
import { tokenLimited } from '../okta/oauth/grant.ts'
import { leavesWithinMs } from './doubt.ts'

/**
 * After this many refusals in a row, without a success between them, a probe finds out whether the users or the token
 * are the cause.
 */
export const refusalsThatAsk = 10

/**
 * Why Okta no longer accepts the credentials: it gives a service app no access token, or it answers 401. Null if the
 * answer says neither.
 */
export function credentialsRefusedBy(answer: Answer): StopReason | null {
  if (answer.kind === 'answered') return refusesCredentials(answer) ? credentialsRefused(answer) : null
  const { tokenRefusal } = answer
  if (tokenRefusal === undefined) return null
  return refused(`Okta gives no access token: ${tokenRefusal.why}.`, tokenRefusal.fix)
}

/** Okta no longer accepts the token. */
export function credentialsRefused(answer: Answer): StopReason {
  const renewed = answer.kind === 'answered' && answer.withNewToken === true
  return refused(
    `Okta refuses the credentials${renewed ? ', even with a new access token' : ''} (${describeAnswer(answer)}).`,
    renewed
      ? 'Check in the Admin Console that the service app is active and has an admin role'
      : 'Set a valid token where it is set now (OKTA_CLIENT_TOKEN, or okta.client.token in okta.yaml; okta-lifecycle doctor shows which)',
  )
}

function refused(message: string, fix: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message,
    advice: { kind: 'fix', fix },
  }
}

const givePermission =
  'Give the owner of the token (or the service app) the admin role or scope, or, if Okta is right to refuse these users, add --accept-refusals so that they are reported as failed'

/**
 * Okta refuses user after user, including those that the probe tried from the rest of the input.
 *
 * @param what what Okta refuses, for a person: `the lifecycle calls`, `reading users`
 * @param tried how many users of the rest were tried
 */
export function permissionRefused(answer: Answer, what: string, tried: number): StopReason {
  return refused(
    `Okta refuses ${what} for ${refusalsThatAsk} users in a row and for ${tried} more from the rest of the input (${describeAnswer(answer)}). Either the token has no permission for this, or it has no permission for any of these users.`,
    givePermission,
  )
}

/**
 * Okta refuses users, and now also those whom it has shown earlier in the run.
 *
 * @param what what Okta refuses, for a person: `reading users`
 */
export function permissionLost(answer: Answer, what: string): StopReason {
  return refused(
    `Okta refuses ${what} (${describeAnswer(answer)}), and no longer shows users whom it has shown earlier in this run. Either the token has lost its permission, or these users have left its reach.`,
    givePermission,
  )
}

/**
 * Okta has been silent for too long, or has answered with nothing but errors.
 *
 * @param orgUrl the address that was tried: a wrong one looks the same as an outage
 */
export function oktaAway(answer: Answer, orgUrl: string, seconds: number): StopReason {
  const unanswered = answer.kind === 'unanswered'
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: lacksToken(answer)
      ? `Okta gives no access token now: ${describeAnswer(answer)}.`
      : isOktaItself(answer)
        ? `Okta has been unable to answer for ${seconds} s. The last time, ${describeAnswer(answer)}.`
        : unanswered
          ? `Okta can't be reached at ${orgUrl}: ${describeAnswer(answer)}. There was no answer from Okta for ${seconds} s.`
          : `Something else answers in Okta's place at ${orgUrl}: ${describeAnswer(answer)}. There was no answer from Okta for ${seconds} s.`,
    advice: {
      kind: 'fix',
      fix: isOktaItself(answer)
        ? 'Wait until Okta answers again'
        : unanswered
          ? lossOf(answer.code).fix
          : 'Check the network, and any proxy on the way to Okta',
    },
  }
}

function isOktaItself(answer: Answer): boolean {
  return answer.kind === 'answered' && isOktas(answer)
}

/**
 * Okta answers no read of a user, or somebody else does in its place, though other calls reach it.
 *
 * @param orgUrl the address that was tried
 * @param before whether users could be read before
 */
export function noUserReadable(answer: Answer, orgUrl: string, before = true): StopReason {
  const [who, fix] = failingReads(answer, orgUrl, before)
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: before
      ? `${who} when users are read, also for one who could be read before: ${describeAnswer(answer)}.`
      : `${who} when users are read: ${describeAnswer(answer)}. No user could be read so far, though Okta answers other requests.`,
    advice: { kind: 'fix', fix },
  }
}

/** Who fails the reads of users, and what to check. */
function failingReads(answer: Answer, orgUrl: string, before: boolean): readonly [who: string, fix: string] {
  if (answer.kind !== 'answered')
    return [
      `${orgUrl} does not answer${before ? ' any more' : ''}`,
      'Check status.okta.com, and whether a proxy or a firewall holds up GET /api/v1/users/',
    ]
  if (isOktas(answer)) return ['Okta answers with an error of its own', 'Check status.okta.com']
  return [
    `Something else answers in Okta's place at ${orgUrl}`,
    'Check whether a proxy or a firewall blocks GET /api/v1/users/, and have it allowed',
  ]
}

/** Whether a call could not be sent because of the rate limit of the token endpoint: Okta is there, and answers. */
function lacksToken(answer: Answer): boolean {
  return answer.kind === 'unanswered' && answer.code === tokenLimited
}

/**
 * Something depends on Okta's time, and no answer has told it. This machine's own clock is not taken for it: it may be off by
 * any time.
 *
 * @param what depends on it, as the sentence goes on after "can't be told"
 */
export function timeNotTold(orgUrl: string, what: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `No answer from ${orgUrl} has told Okta's time (a Date header that can be read), so it can't be told ${what}.`,
    advice: {
      kind: 'fix',
      fix: 'Check whether a proxy on the way to Okta removes or changes the Date header, and have it left alone',
    },
  }
}

/** Time after time, a call could not leave in time after its intent was written. */
export function nothingLeaves(times: number): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Nothing can be sent. ${times} times in a row, a call could not leave safely: to write down that it is about to leave took more than ${leavesWithinMs / 1000} s, or this machine's clock had leapt and no answer showed Okta's time.`,
    advice: { kind: 'fix', fix: 'Check the disk of the runs directory, or the store' },
  }
}

/**
 * None of the last lifecycle calls was carried out, of so many tasks, though other requests are answered.
 *
 * @param why what became of the last one, for a person
 */
export function noCallCarriedOut(tasks: number, why: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `No lifecycle call was carried out any more: those of ${tasks} tasks in a row have failed, without one that Okta carried out or refused. One of them: ${why}.`,
    advice: {
      kind: 'fix',
      fix: 'Check status.okta.com, and whether a proxy or a firewall blocks POST /api/v1/users/',
    },
  }
}

/** Calls are turned away before they do anything, time after time. */
export function nothingCanBeSent(answer: Answer, times: number): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Nothing can be sent. ${times} attempts in a row were turned away. The last time, ${describeAnswer(answer)}.`,
    advice: { kind: 'fix', fix: 'Wait until Okta accepts calls again' },
  }
}
