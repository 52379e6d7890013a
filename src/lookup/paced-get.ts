import type { Pacer } from '../budget/pacer.ts'
import type { Tally } from '../budget/tally.ts'
import type { StopSwitch } from '../messages/stop.ts'
import { type Answer, type Answered, describeAnswer, isOktas } from '../okta/answer.ts'
import { classifyRead, type ReadOutcome } from '../okta/classify.ts'
import type { OktaClock } from '../okta/clock.ts'
import { asRetry, type OktaRequest, type RetryOf, readOwnerRequest } from '../okta/request.ts'
import { credentialsRefused, oktaAway } from '../rules/stop-reasons.ts'
import { backoffMs, concurrencyWaitMs, maxSetbacks } from './backoff.ts'
import { type OktaPatience, oktaPatienceMs } from './patience.ts'

/** What looking something up needs. A plan has it as well as an execution. */
export interface LookupParts {
  /** Sends one request, at once. */
  readonly send: (request: OktaRequest) => Promise<Answer>
  readonly pacer: Pacer
  readonly clock: OktaClock
  readonly stop: StopSwitch
  readonly tally: Tally
  readonly patience: OktaPatience
  /** Gets a sentence for a person when a wait begins that is not the budget's. */
  readonly say: (line: string) => void
  /** Waits for something while the row that waits lets another take its place among those at work. */
  readonly parked: <T>(wait: () => Promise<T>) => Promise<T>
  /** From 0 up to, not including, 1. */
  readonly random: () => number
}

/** What a GET came to. `again`: it failed for passing reasons as often as it was tried, while others were answered. */
export type GetResult =
  | { readonly found: Answered }
  | { readonly failed: Answer; readonly outcome: Exclude<ReadOutcome, 'found'> }

/**
 * A GET with its retries. None of them holds a slot while it waits.
 *
 * @param ahead whether it is for work that comes later, and can wait
 * @param beforeSending called right before each try leaves
 * @throws RunStopped when the run stops: also because Okta refuses the credentials, or has been away for too long
 */
export async function pacedGet(
  parts: LookupParts,
  request: OktaRequest,
  { ahead = false, beforeSending = () => {} }: { ahead?: boolean; beforeSending?: () => void } = {},
): Promise<GetResult> {
  const { pacer, stop, tally, random, patience } = parts
  let retryOf: RetryOf = { requestId: null, count: 0 }
  let answersBefore = 0
  for (let setbacks = 0; ; ) {
    stop.check()
    const answer = await pacer.request(request.bucket, {
      ahead,
      send: () => {
        beforeSending()
        return parts.send(asRetry(request, retryOf))
      },
    })
    if (answer === null) continue
    if (answer.kind === 'answered') {
      retryOf = { requestId: retryOf.requestId ?? answer.requestId, count: retryOf.count + 1 }
    }
    const outcome = classifyRead(answer)
    switch (outcome) {
      case 'found':
        // `classifyRead` finds nothing in what was not answered.
        if (answer.kind === 'answered') return { found: answer }
        break
      case 'rate_limited':
        tally.retry('rate_limited')
        break
      case 'concurrency_limited':
        tally.retry('concurrency_limited')
        await stop.wait(concurrencyWaitMs(random()))
        break
      case 'again':
        setbacks++
        // Others were answered since it was last tried, so it is this request that fails, not the way to Okta.
        if (setbacks >= maxSetbacks && patience.answers > answersBefore) return { failed: answer, outcome }
        answersBefore = patience.answers
        await waitForOkta(parts, answer)
        tally.retry(answer.kind === 'unanswered' ? 'connection' : 'server_error')
        await stop.wait(backoffMs(setbacks, random()))
        break
      case 'bad_credentials':
        throw stop.because(credentialsRefused(answer))
      case 'no_permission':
      case 'not_found':
      case 'refused':
        return { failed: answer, outcome }
    }
  }
}

/**
 * Counts a request that nothing of Okta's came back for, and stops the run once that has been so for too long. Before it
 * does, it asks for the token's owner: a filter that takes offence at one login is not an outage.
 *
 * @throws RunStopped then
 */
export async function waitForOkta(parts: LookupParts, answer: Answer): Promise<void> {
  const { patience, stop, pacer, send } = parts
  if (answer.kind === 'answered' && isOktas(answer)) return
  const silentMs = patience.failed()
  if (patience.isWorthReporting(silentMs)) {
    const [so, most] = [Math.round(silentMs / 1000), oktaPatienceMs / 1000]
    parts.say(
      `Nothing of Okta's has come back for ${so} s: ${describeAnswer(answer)}. Trying again until it is ${most} s.`,
    )
  }
  if (silentMs < oktaPatienceMs) return
  const owner = readOwnerRequest()
  const asked = await pacer.request(owner.bucket, { send: () => send(owner) })
  if (asked?.kind === 'answered' && isOktas(asked)) return
  throw stop.because(oktaAway(answer, Math.round(oktaPatienceMs / 1000)))
}
