import { createHash } from 'node:crypto'
import { KnownError, Refusal } from '../../messages/known-error.ts'
import type { Action } from '../../okta/actions.ts'
import type { OktaErrorCode } from '../answers/okta-error.ts'

/** What a fault does to one call: whether the work is done, and what the client sees of it. */
export interface Fault {
  readonly worked: boolean
  /**
   * `drop`: the connection ends without a byte; `tear`: within the answer; `hang`: no answer ever comes; `drip`: the
   * answer comes byte by byte.
   */
  readonly shows: 'okta_error' | 'html' | 'drop' | 'tear' | 'hang' | 'drip'
  /** The status of an answer with HTML or with Okta's error; 0 for the other faults. */
  readonly httpStatus: number
  /** The code of an answer with Okta's error; absent for the other faults. */
  readonly errorCode?: OktaErrorCode
}

/**
 * The faults on demand. `before` and `after` say whether the work was done when the fault came: the client cannot
 * tell the two apart, which is the point.
 */
export const faults = {
  error_before: { worked: false, shows: 'okta_error', httpStatus: 500, errorCode: 'E0000009' },
  error_after: { worked: true, shows: 'okta_error', httpStatus: 500, errorCode: 'E0000009' },
  // Okta's documentation says that nothing was done in these cases.
  read_only: { worked: false, shows: 'okta_error', httpStatus: 503, errorCode: 'E0000010' },
  revoked_token: { worked: false, shows: 'okta_error', httpStatus: 401, errorCode: 'E0000011' },
  forbidden: { worked: false, shows: 'okta_error', httpStatus: 403, errorCode: 'E0000006' },
  in_transition: { worked: false, shows: 'okta_error', httpStatus: 409, errorCode: 'E0000112' },
  // The refusal by the limit on concurrency: `limit` and `remaining` 0, and a reset that means nothing.
  too_many_at_once: { worked: false, shows: 'okta_error', httpStatus: 429, errorCode: 'E0000047' },
  bad_gateway_before: { worked: false, shows: 'html', httpStatus: 502 },
  bad_gateway_after: { worked: true, shows: 'html', httpStatus: 502 },
  unavailable_before: { worked: false, shows: 'html', httpStatus: 503 },
  unavailable_after: { worked: true, shows: 'html', httpStatus: 503 },
  gateway_timeout_before: { worked: false, shows: 'html', httpStatus: 504 },
  gateway_timeout_after: { worked: true, shows: 'html', httpStatus: 504 },
  drop_before: { worked: false, shows: 'drop', httpStatus: 0 },
  drop_after: { worked: true, shows: 'drop', httpStatus: 0 },
  tear_after: { worked: true, shows: 'tear', httpStatus: 0 },
  drip_after: { worked: true, shows: 'drip', httpStatus: 0 },
  hang_before: { worked: false, shows: 'hang', httpStatus: 0 },
  hang_after: { worked: true, shows: 'hang', httpStatus: 0 },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults

/** The names of all faults. */
export const faultNames = Object.keys(faults) as readonly FaultName[]

/** The kinds of calls, by what they may do: the seven actions, other changes, and what only reads. */
export type CallKind = 'lifecycle' | 'write' | 'read'

/** A call that a fault may hit. */
export interface FaultCall {
  /** From 1, among the calls that faults may hit. */
  readonly number: number
  /** Null for a call that is not a lifecycle action. */
  readonly action: Action | null
  /** The user key as the path gives it, decoded. */
  readonly user: string
  /** From 1: how often this action was called on this key. */
  readonly attempt: number
}

/** Chooses faults one by one: by a function, or a list for the first, second, third call. */
type FaultPlan = ((call: FaultCall) => FaultName | null) | readonly (FaultName | null)[]

/** Which calls meet which faults. */
export interface FaultOptions {
  /** Decides first; null leaves the call to the rates. */
  readonly plan?: FaultPlan
  /** For each fault, the fraction of the calls that get it, from 0 to 1. Together they are at most 1. */
  readonly rates?: Readonly<Partial<Record<FaultName, number>>>
  /** Another seed hits other calls. The same seed hits the same attempts, in whatever order they come. */
  readonly seed?: number
  /** Whether all other calls may be hit too. Default: only lifecycle calls. */
  readonly reads?: boolean
}

/** A number from 0 up to 1 that follows from a text but looks like a throw of dice. */
function chanceOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32
}

/** Chooses the fault for each call of one sandbox. */
export class FaultChooser {
  readonly #options: FaultOptions
  readonly #attempts = new Map<string, number>()
  #number = 0

  /** Throws a {@link KnownError} if a rate is not from 0 to 1, or if their sum is above 1. */
  constructor(options: FaultOptions) {
    const rates = Object.entries(options.rates ?? {})
    for (const [name, rate] of rates) {
      if (rate >= 0 && rate <= 1) continue
      throw new Refusal(`The rate of the fault ${name} is ${rate}; 0 to 1 was expected.`, 'Correct it.')
    }
    const total = rates.reduce((sum, [, rate]) => sum + rate, 0)
    if (total > 1 + 1e-9) {
      throw new Refusal(`The rates of all faults add up to ${total}; 1 at most was expected.`, 'Lower them.')
    }
    this.#options = options
  }

  /** The fault that a call meets, or null. `action` is null for a call that is not one of the seven. */
  choose(action: Action | null, user: string): Fault | null {
    const { plan, rates = {}, reads } = this.#options
    if (action === null && reads !== true) return null
    // Without this a million calls would leave a million counts behind for nothing.
    if (plan === undefined && Object.keys(rates).length === 0) return null
    const key = `${action ?? 'read'} ${user}`
    const attempt = (this.#attempts.get(key) ?? 0) + 1
    this.#attempts.set(key, attempt)
    this.#number += 1
    const name = this.#planned({ number: this.#number, action, user, attempt }) ?? this.#byRate(key, attempt)
    return name === null ? null : faults[name]
  }

  #planned(call: FaultCall): FaultName | null {
    const { plan } = this.#options
    if (plan === undefined) return null
    return typeof plan === 'function' ? plan(call) : (plan[call.number - 1] ?? null)
  }

  // Depends on the call, not on when it comes: clients that send many at once still meet the same faults.
  #byRate(key: string, attempt: number): FaultName | null {
    let left = chanceOf(`${this.#options.seed ?? 0} ${attempt} ${key}`)
    for (const name of faultNames) {
      const rate = this.#options.rates?.[name] ?? 0
      if (left < rate) return name
      left -= rate
    }
    return null
  }
}
