import { onTestFinished } from 'vitest'
import type { Ledger } from '../../src/budget/ledger.ts'
import { createLocalLedger } from '../../src/budget/local-ledger.ts'
import { Pacer } from '../../src/budget/pacer.ts'
import type { Reservoirs } from '../../src/budget/reservoirs.ts'
import type { Answer } from '../../src/okta/answer.ts'
import type { Bucket } from '../../src/okta/bucket.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { answerOf } from '../okta/answers.ts'

/** The bucket of lifecycle calls. */
export const lifecycle: Bucket = '/api/v1/users'
/** The bucket of reads. */
export const reads: Bucket = '/api/v1/users/{id}'

interface PacerOfOptions {
  readonly concurrency?: number
  readonly share?: number
  readonly ledger?: Ledger
  readonly reservoirs?: Reservoirs
  readonly earlierSends?: readonly number[]
  readonly onPermits?: (bucket: Bucket, count: number) => void
}

/** A pacer with work that always fits, stopped when the test has ended. */
export function pacerOf({
  concurrency = 10,
  share = 1,
  reservoirs,
  ledger,
  earlierSends = [],
  onPermits = () => {},
}: PacerOfOptions = {}): Pacer {
  const clock = new OktaClock()
  const pacer = new Pacer({
    concurrency,
    clock,
    ledger:
      ledger ??
      createLocalLedger(
        { share, earlierSends: (bucket) => (bucket === lifecycle ? earlierSends : []) },
        reservoirs,
      ),
    workLeft: () => 0,
    onPermits,
  })
  onTestFinished(() => pacer.stop())
  return pacer
}

/** A reset: the epoch second so far ahead. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

/** An answer with a limit's headers. */
export function answer(limit: number, remaining: number, reset = inSeconds(60), httpStatus = 200): Answer {
  return answerOf(httpStatus, '{}', {
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(remaining),
    'x-rate-limit-reset': String(reset),
  })
}

/** The send of a request that is withdrawn. */
export async function neverSent(): Promise<Answer> {
  throw new Error('sent though it was withdrawn')
}

/** An answer that shows more than any test uses. */
export const plenty = (): Answer => answer(1_000_000, 999_000)
/** The refusal for too many at once, with a reset that means nothing. */
export const crowded = (): Answer => answer(0, 0, inSeconds(113), 429)

/** A request that is under way until the test ends it. */
export interface Held {
  readonly started: Promise<void>
  readonly ended: Promise<Answer | null>
  end(answer: Answer): void
}

/** Makes a request that is under way from when it is sent until the test ends it. */
export function hold(pacer: Pacer, bucket: Bucket, onStart: () => void = () => {}): Held {
  const { promise, resolve } = deferred<Answer>()
  const start = deferred<void>()
  const ended = pacer.request(bucket, {
    send: () => {
      onStart()
      start.resolve()
      return promise
    },
  })
  ended.catch(() => {})
  return { started: start.promise, ended, end: resolve }
}

/** A promise and the end of it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Lets all that can happen without anything more from the test happen. */
export async function settled(): Promise<void> {
  // Many turns of the event loop and not one long wait: also where the machine is slow, each timer has had its turn.
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5))
}
