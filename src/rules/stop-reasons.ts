import type { Services } from '../engine/services.ts'
import { maxSetbacks } from '../lookup/backoff.ts'
import { exitCodes } from '../messages/known-error.ts'
import { RunStopped, type StopSwitch } from '../messages/stop.ts'
import { type Answer, describeAnswer } from '../okta/answer.ts'
import { type RefusalStreak, refusalsThatStop } from './refusal-streak.ts'

/** Turns the stop switch because Okta no longer accepts the token. Returns what to throw. */
export function stopForCredentials(stop: StopSwitch, answer: Answer): RunStopped {
  stop.turn({
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message: `Okta refuses the credentials (${describeAnswer(answer)}). Check OKTA_CLIENT_TOKEN, then resume.`,
  })
  return new RunStopped()
}

/**
 * Turns the stop switch after too many refusals in a row, and takes back the results that rest on them.
 *
 * @param what what the token may not do, for a person
 * @returns what to throw
 */
export function stopForPermission(
  { stop, recorder }: Services,
  streak: RefusalStreak,
  answer: Answer,
  what: string,
): RunStopped {
  stop.turn({
    state: 'stopped',
    exitCode: exitCodes.refusedByOkta,
    message: `The token has no permission for ${what}: ${refusalsThatStop} refusals in a row (${describeAnswer(answer)}). Give its owner the admin role or scope, then resume.`,
  })
  recorder.reopen(streak.refused, `${refusalsThatStop} refusals in a row are a matter of the credentials`)
  return new RunStopped()
}

/** Turns the stop switch because users can't be read: the network, not a task, is what fails. Returns what to throw. */
export function stopUnreachable({ stop }: Services, answer: Answer): RunStopped {
  stop.turn({
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Okta can't be reached: ${describeAnswer(answer)}, ${maxSetbacks} times in a row. Check the network, then resume.`,
  })
  return new RunStopped()
}

/**
 * Turns the stop switch because something else than Okta answers for one user after the other, and takes back the
 * results that rest on it. Returns what to throw.
 */
export function stopUnreadable({ stop, recorder, unreadable }: Services, answer: Answer): RunStopped {
  stop.turn({
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `What answers in Okta's place is not Okta: ${describeAnswer(answer)}, for ${refusalsThatStop} users in a row. Check the network and any proxy in between, then resume.`,
  })
  recorder.reopen(unreadable.refused, `${refusalsThatStop} in a row are a matter of the way to Okta`)
  return new RunStopped()
}

/** Turns the stop switch because calls are turned away before they do anything. Returns what to throw. */
export function stopNothingSent({ stop }: Services, answer: Answer): RunStopped {
  stop.turn({
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Nothing can be sent: ${describeAnswer(answer)}, ${maxSetbacks} times in a row. Resume when Okta takes calls again.`,
  })
  return new RunStopped()
}
