import { type Answered, describeAnswer } from '../answer.ts'
import { isConcurrencyLimit } from '../classify.ts'
import { type TokenEndpointLoss, tokenLimited } from './grant.ts'
import { tokenPath } from './token-request.ts'

/** How long to wait in all for the rate limit of the token endpoint, in ms, before a call fails: five of Okta's windows. */
export const tokenLimitPatienceMs = 300_000

/** The wait after a 429 that does not say until when, in ms. */
const unknownWaitMs = 5_000

/** The longest pause after a 429 whose own time has passed already, in ms: one of Okta's windows. */
const longestPauseMs = 60_000

/** A wait for the rate limit. */
export interface LimitWait {
  readonly milliseconds: number
  /** Whether the answer itself says when the limit ends. */
  readonly isStated: boolean
}

/**
 * How long to wait after a 429 of the token endpoint, from whomever it is: until its reset or as its `Retry-After`
 * says. Each 429 in a row makes the shortest wait twice as long, because a reset may lie in the past, and then it says
 * nothing.
 *
 * @param times how many 429 in a row there were with this one
 * @param now the earliest that Okta's time can be, in epoch ms
 */
export function limitWait(answer: Answered, times: number, now: number): LimitWait {
  const pause = Math.min(longestPauseMs, 500 * 2 ** (times - 1))
  const stated = statedMs(answer, now)
  if (stated !== null && stated > 0)
    return { milliseconds: Math.max(pause, stated), isStated: stated >= pause }
  // Okta's concurrency limit passes when any other call ends.
  const least = isConcurrencyLimit(answer) ? 0 : unknownWaitMs
  return { milliseconds: Math.max(pause, least), isStated: false }
}

function statedMs(answer: Answered, now: number): number | null {
  if (answer.retryAfterMs !== null) return answer.retryAfterMs
  if (answer.rateLimit === null || isConcurrencyLimit(answer)) return null
  // The second of the reset still belongs to the window.
  return (answer.rateLimit.reset + 1) * 1000 - now
}

/** Tells that calls wait for the limit. */
export function waitingForLimit(until: number): string {
  return `Waiting until ${timeOf(until)} UTC for an access token: the rate limit of ${tokenPath} is used up.`
}

/**
 * The loss of a call for which the limit lasted too long.
 *
 * @param requests how many requests were refused for it
 * @param freeAt when the limit ends, in epoch ms; null if the answer does not say
 */
export function limitLoss(
  answer: Answered,
  requests: number,
  waitedMs: number,
  freeAt: number | null,
): TokenEndpointLoss {
  const tries =
    requests === 1 ? '' : `, as in each of ${requests} requests in ${Math.round(waitedMs / 1000)} s`
  const free = freeAt === null ? '' : `; it is free again at ${timeOf(freeAt)} UTC`
  const why = `the rate limit of ${tokenPath} is used up (${describeAnswer(answer)}${tries})${free}`
  return { code: tokenLimited, why }
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(11, 19)
}
