import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import { type Answer, describeAnswer, isOktas } from '../okta/answer.ts'
import { lossOf } from '../okta/loss.ts'

/**
 * After so many refusals in a row, without a success between them, a probe finds out whether users or token are the
 * cause.
 */
export const refusalsThatAsk = 10

/** Okta no longer accepts the token. */
export function credentialsRefused(answer: Answer): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message: `Okta refuses the credentials (${describeAnswer(answer)}).`,
    advice: { kind: 'fix', fix: 'Set a valid OKTA_CLIENT_TOKEN' },
  }
}

/**
 * Okta refuses user after user, including those that the probe tried from the rest of the input.
 *
 * @param what what Okta refuses, for a person: `the lifecycle calls`, `reading users`
 * @param tried how many users of the rest were tried
 */
export function permissionRefused(answer: Answer, what: string, tried: number): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message: `Okta refuses ${what} for ${refusalsThatAsk} users in a row and for ${tried} more from the rest of the input (${describeAnswer(answer)}). Either the token has no permission for this, or it has no permission for any of these users.`,
    advice: {
      kind: 'fix',
      fix: 'Give the owner of the token the admin role or scope, or, if Okta is right to refuse these users, add --accept-refusals so that they are reported as failed',
    },
  }
}

/**
 * Okta has been silent for too long.
 *
 * @param orgUrl where it was asked for: a wrong address looks the same as an outage
 */
export function oktaAway(answer: Answer, orgUrl: string, seconds: number): StopReason {
  const unanswered = answer.kind === 'unanswered'
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: isOktaItself(answer)
      ? `Okta can't answer at the moment: ${describeAnswer(answer)}, for ${seconds} s.`
      : unanswered
        ? `Okta can't be reached at ${orgUrl}: ${describeAnswer(answer)}. There was no answer from Okta for ${seconds} s.`
        : `Something else answers in Okta's place at ${orgUrl}: ${describeAnswer(answer)}. There was no answer from Okta for ${seconds} s.`,
    advice: {
      kind: 'fix',
      fix: isOktaItself(answer)
        ? 'Wait until Okta answers again'
        : unanswered
          ? lossOf(answer.code).fix
          : 'Check the network and any proxy in between',
    },
  }
}

function isOktaItself(answer: Answer): boolean {
  return answer.kind === 'answered' && isOktas(answer)
}

/** Calls are turned away before they do anything, time after time. */
export function nothingCanBeSent(answer: Answer, times: number): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Nothing can be sent: ${describeAnswer(answer)}, ${times} times in a row.`,
    advice: { kind: 'fix', fix: 'Wait until Okta takes calls again' },
  }
}
