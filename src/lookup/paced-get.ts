import type { Pacer } from '../budget/pacer.ts'
import type { Tally } from '../budget/tally.ts'
import type { StopSwitch } from '../messages/stop.ts'
import { type Answer, type Answered, describeAnswer, isOktas } from '../okta/answer.ts'
import type { Bucket } from '../okta/bucket.ts'
import { classifyRead, type ReadOutcome } from '../okta/classify.ts'
import type { OktaClient } from '../okta/client.ts'
import type { OktaClock } from '../okta/clock.ts'
import {
  asRetry,
  type OktaRequest,
  type RetryOf,
  readOwnerRequest,
  readUserRequest,
} from '../okta/request.ts'
import { parseUser } from '../okta/user.ts'
import { credentialsRefused, credentialsRefusedBy, noUserReadable, oktaAway } from '../rules/stop-reasons.ts'
import { backoffMs, concurrencyWaitMs, maxSetbacks } from './backoff.ts'
import { type OktaPatience, oktaPatienceMs } from './patience.ts'
import type { RowWaits } from './waits.ts'

/** What a lookup needs. Plans and executions both have it. */
export interface LookupParts {
  /** The org's URL, to be shown to a person. */
  readonly orgUrl: string
  /** Sends one request, at once. */
  readonly send: OktaClient['send']
  readonly pacer: Pacer
  readonly clock: OktaClock
  readonly stop: StopSwitch
  readonly tally: Tally
  readonly patience: OktaPatience
  /** Gets a sentence for a person when a wait begins for a reason other than the budget. */
  readonly say: (line: string) => void
  /** Waits for something, and meanwhile gives the row's place among those at work to another row. */
  readonly parked: <T>(wait: () => Promise<T>) => Promise<T>
  readonly waits: RowWaits
  /** From 0 up to, not including, 1. */
  readonly random: () => number
}

/** How a GET is sent. */
interface PacedGetOptions {
  /** Whether the result is for later work, so that the read can wait. */
  readonly ahead?: boolean
  /** Called right before each try leaves. */
  readonly beforeSending?: () => void
  /** Whether only an answer that is certainly Okta's counts. Any other is a passing failure. */
  readonly certain?: boolean
  /** Whether an answer is about what was asked for. An answer about something else is a passing failure. */
  readonly isAbout?: (answer: Answered) => boolean
}

/** The outcome of a GET. `again`: every try failed for passing reasons, while other requests were answered. */
export type GetResult =
  | { readonly found: Answered }
  | { readonly failed: Answer; readonly outcome: Exclude<ReadOutcome, 'found'> }

/**
 * Sends a GET and repeats it if necessary. It holds no slot while it waits.
 *
 * @throws RunStopped when the run stops, for example because Okta refuses the credentials or has been away for too long
 */
export async function pacedGet(
  parts: LookupParts,
  request: OktaRequest,
  { ahead = false, beforeSending = () => {}, certain = false, isAbout = () => true }: PacedGetOptions = {},
): Promise<GetResult> {
  const { pacer, stop, tally, random, patience } = parts
  let retryOf: RetryOf = { requestId: null, count: 0 }
  let answersBefore = 0
  for (let setbacks = 0; ; ) {
    stop.check()
    const answer = await pacer.request(request.bucket, {
      ahead,
      send: (mayLeave) => {
        beforeSending()
        if (request.bucket === userReads) patience.users.reads(request)
        return parts.send(asRetry(request, retryOf), mayLeave)
      },
    })
    if (answer === null) continue
    if (answer.kind === 'answered') {
      retryOf = { requestId: retryOf.requestId ?? answer.requestId, count: retryOf.count + 1 }
    }
    const refused = credentialsRefusedBy(answer)
    if (refused !== null) throw stop.because(refused)
    const outcome = classifyOf(answer, certain, isAbout)
    if (request.bucket === userReads && outcome !== 'again')
      patience.users.readAnswered(outcome === 'found' ? request : null)
    switch (outcome) {
      case 'found':
        // This is always true here: `classifyRead` finds nothing without an answer.
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
        if (await isNobodyReadable(parts, request, setbacks))
          throw stop.because(noUserReadable(answer, parts.orgUrl, false))
        // Other requests were answered since the last try, so it is this request that fails, not the way to Okta.
        if (setbacks >= maxSetbacks && patience.answers > answersBefore) {
          if (answer.kind === 'answered' && (await isNoUserReadable(parts, request)))
            throw stop.because(noUserReadable(answer, parts.orgUrl))
          // While it is not known whether any user can be read, nobody is failed for it.
          if (request.bucket !== userReads || !patience.users.severalUnread)
            return { failed: answer, outcome }
        }
        answersBefore = patience.answers
        await waitForOkta(parts, answer, request)
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

/** The bucket of reads of users by id or login. */
const userReads: Bucket = '/api/v1/users/{id}'

/** How often errors answer the reads of users who could be read before, until that shows an outage. */
const mostTrials = 4

/**
 * Whether Okta answers no read of a user any more, or only with errors, though other calls reach it: then a user who could
 * be read before can't be read now. Where that one can, it is a matter of the user who can't.
 */
async function isNoUserReadable(parts: LookupParts, request: OktaRequest): Promise<boolean> {
  if (request.bucket !== userReads) return false
  const { readable } = parts.patience.users
  for (let trials = 0; trials < mostTrials; trials++) {
    // An error may be a matter of chance, or of that one user.
    const next = readable[trials % readable.length]
    const trial = next === undefined ? null : await trialRead(parts, next)
    if (trial !== 'error') return trial === 'unanswered'
    await parts.stop.wait(backoffMs(trials + 1, parts.random()))
  }
  return true
}

/**
 * Whether Okta answers no read of a user, and has not since the beginning, though other calls reach it. Then several users
 * were tried often or long enough, and the owner of the token can't be read by id either. Where the owner can, the answer
 * shows the limit, so that the users behind those who hang are tried as well, and only if there is no answer about any of
 * many for as long again, it is no matter of single users. A service app has no owner: for it, the several are enough.
 */
async function isNobodyReadable(
  parts: LookupParts,
  request: OktaRequest,
  setbacks: number,
): Promise<boolean> {
  const { patience } = parts
  if (request.bucket !== userReads) return false
  patience.users.unread(request, setbacks >= maxSetbacks)
  if (!patience.users.severalGivenUp) return false
  return await patience.users.checkOnce(async () => {
    const asked = await askForOwner(parts)
    if (asked === null) return false
    const owner = parseUser(asked)
    if (owner === null) {
      const outcome = classifyRead(asked)
      return outcome === 'no_permission' || outcome === 'not_found'
    }
    if (patience.users.isOwnerRead) return true
    const trial = await trialRead(parts, readUserRequest(owner.id))
    if (trial === 'answered') patience.users.ownerRead()
    return trial === 'unanswered' || trial === 'error'
  })
}

/**
 * Reads a user who can be read, if anybody can.
 *
 * @returns `unanswered` if nobody answers, or somebody else in Okta's place; `error` for an error of Okta's own; null if
 *   nothing could be found out
 */
async function trialRead(
  { pacer, send }: LookupParts,
  request: OktaRequest,
): Promise<'answered' | 'unanswered' | 'error' | null> {
  let left = (): void => {}
  const leaving = new Promise<true>((resolve) => {
    left = () => resolve(true)
  })
  const asking = pacer.request(request.bucket, {
    first: true,
    send: (mayLeave) => {
      left()
      return send(request, mayLeave)
    },
  })
  asking.catch(() => {})
  // A wait for its permit shows nothing.
  if ((await within(permitCheckMs, leaving)) === null) return null
  const asked = await asking
  if (asked === null) return null
  if (classifyRead(asked) !== 'again') return 'answered'
  return isOktasOwn(asked) ? 'error' : 'unanswered'
}

function isOktasOwn(answer: Answer): boolean {
  return answer.kind === 'answered' && isOktas(answer)
}

function classifyOf(
  answer: Answer,
  certain: boolean,
  isAbout: NonNullable<PacedGetOptions['isAbout']>,
): ReadOutcome {
  const outcome = classifyRead(answer)
  if (outcome !== 'found' || answer.kind !== 'answered') return outcome
  return (certain && !isOktas(answer)) || !isAbout(answer) ? 'again' : outcome
}

/**
 * How long to wait for the answer to the last question, about the token's owner. If only a filter was in the way, the
 * answer comes at once; an org that hangs never answers.
 */
const ownerCheckMs = 5_000
/** How long to wait for the permit of such a read: while a bucket is silent, one leaves every 3 s. */
const permitCheckMs = 15_000

/** What a promise resolves to within this time; null if it takes longer. An error that it throws later is ignored. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds)
  })
  promise.catch(() => {})
  return await Promise.race([promise, timeUp]).finally(() => clearTimeout(timer))
}

/**
 * Counts a request without an answer from Okta, and stops the run once the silence has lasted too long. Before it
 * stops, it asks for the token's owner: a filter that blocks one login is not an outage.
 *
 * @param request the read that was answered; null if it was none
 * @throws RunStopped once the silence has lasted too long
 */
export async function waitForOkta(
  parts: LookupParts,
  answer: Answer,
  request: OktaRequest | null = null,
): Promise<void> {
  const { patience, stop, orgUrl } = parts
  if (answer.kind === 'answered' && isOktas(answer)) return
  const silentMs = patience.failed()
  // A run that was stopped does not try again.
  if (stop.reason !== null) return
  const isRead = request?.bucket === userReads
  if (silentMs < oktaPatienceMs) {
    // After its end the stop itself says what was wrong. Of reads alone, more is known already.
    const isKnown = isRead && patience.users.readsReported
    if (!isKnown && patience.isWorthReporting(silentMs)) {
      const [so, most] = [Math.round(silentMs / 1000), oktaPatienceMs / 1000]
      const longer = isRead ? ', and longer if Okta answers other requests' : ''
      parts.say(
        `No answer from Okta for ${so} s: ${describeAnswer(answer)}. Trying again for up to ${most} s${longer}.`,
      )
    }
    return
  }
  if ((await askForOwner(parts)) !== null) {
    if (request !== null && (await isNoUserReadable(parts, request)))
      throw stop.because(noUserReadable(answer, orgUrl))
    if (isRead && patience.users.reportsReads())
      parts.say(
        `Okta answers other requests, but not all reads of users: ${describeAnswer(answer)}. Each is tried at least ${maxSetbacks} times before its user counts as failed.`,
      )
    return
  }
  throw stop.because(oktaAway(answer, orgUrl, Math.round(oktaPatienceMs / 1000)))
}

/** What Okta answers to the question for the token's owner; null if it does not answer soon. */
async function askForOwner({ pacer, send }: LookupParts): Promise<Answered | null> {
  const owner = readOwnerRequest()
  const asking = pacer.request(owner.bucket, { send: (mayLeave) => send(owner, mayLeave) })
  const asked = await within(ownerCheckMs, asking)
  return asked?.kind === 'answered' && isOktas(asked) ? asked : null
}
