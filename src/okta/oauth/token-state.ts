import type { Grant, TokenEndpointLoss, TokenOutcome, TokenRefusal } from './grant.ts'

/**
 * The life of a service app's access token.
 *
 * - **empty**: there is no token, and none was requested. A call that needs one → asking.
 * - **asking**: one request for a token is under way; every call waits for it.
 * - **holding**: calls use the token. From `renewAt` on, the next call → renewing; from `until` on, → asking.
 * - **renewing**: one request is under way ahead of time; calls use the old token until its end, then they wait.
 * - **away**: the token endpoint did not answer. Calls fail until `retryAt`; the first call after that → asking.
 * - **refused**: Okta gives no token. Final: the run stops.
 *
 * - **O1** At most one request for a token is under way: only asking and renewing have one.
 * - **O2** A token with which a call was refused (401) is not used for another call.
 */
export type TokenState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'asking'; readonly failures: number }
  | { readonly kind: 'holding'; readonly grant: Grant; readonly renewAt: number; readonly until: number }
  | { readonly kind: 'renewing'; readonly grant: Grant; readonly until: number }
  | {
      readonly kind: 'away'
      readonly loss: TokenEndpointLoss
      readonly failures: number
      readonly retryAt: number
    }
  | { readonly kind: 'refused'; readonly refusal: TokenRefusal }

/**
 * What a call that needs a token does: `use` the one that is held, `ask` (and use the old one meanwhile if `grant` is
 * not null), `wait` for the request under way, or `fail`.
 */
export type Need =
  | { readonly do: 'use'; readonly grant: Grant }
  | { readonly do: 'ask'; readonly grant: Grant | null }
  | { readonly do: 'wait' }
  | { readonly do: 'fail'; readonly outcome: Exclude<TokenOutcome, { kind: 'granted' }> }

/**
 * The longest time before its end at which a token is renewed, in ms. A short-lived token is renewed in its last
 * quarter.
 */
const longestAheadMs = 5 * 60_000
/**
 * Okta counts a token's life in whole seconds, so up to a second of it may be missing; and the call itself takes time.
 */
const lostSecondMs = 1_500

/** When a token is to be renewed and when it is no longer used, by the monotonic clock. */
function endsOf({ askedAt, lifeMs }: Grant): { readonly renewAt: number; readonly until: number } {
  const until = askedAt + lifeMs - Math.min(lostSecondMs, lifeMs / 4)
  return { renewAt: until - Math.min(longestAheadMs, lifeMs / 4), until }
}

/** The wait after the n-th failure in a row, in ms: 0.5 s, doubling up to 8 s. */
function pauseMs(failures: number): number {
  return Math.min(8_000, 500 * 2 ** (failures - 1))
}

/** A call needs a token. `now` is by the monotonic clock. */
export function need(state: TokenState, now: number): readonly [TokenState, Need] {
  switch (state.kind) {
    case 'empty':
      return [
        { kind: 'asking', failures: 0 },
        { do: 'ask', grant: null },
      ]
    case 'asking':
      // O1: one request is under way.
      return [state, { do: 'wait' }]
    case 'holding': {
      const { grant, renewAt, until } = state
      if (now < renewAt) return [state, { do: 'use', grant }]
      if (now < until)
        return [
          { kind: 'renewing', grant, until },
          { do: 'ask', grant },
        ]
      return [
        { kind: 'asking', failures: 0 },
        { do: 'ask', grant: null },
      ]
    }
    case 'renewing':
      return [state, now < state.until ? { do: 'use', grant: state.grant } : { do: 'wait' }]
    case 'away': {
      const { loss, failures, retryAt } = state
      if (now < retryAt) return [state, { do: 'fail', outcome: { kind: 'away', loss } }]
      return [
        { kind: 'asking', failures },
        { do: 'ask', grant: null },
      ]
    }
    case 'refused':
      return [state, { do: 'fail', outcome: { kind: 'refused', refusal: state.refusal } }]
  }
}

/** The request for a token has ended. */
export function ended(state: TokenState, outcome: TokenOutcome, now: number): TokenState {
  switch (outcome.kind) {
    case 'granted':
      return { kind: 'holding', grant: outcome.grant, ...endsOf(outcome.grant) }
    case 'refused':
      return { kind: 'refused', refusal: outcome.refusal }
    case 'away': {
      // Until its end the old token is as good as before; the request is made again in a moment.
      if (state.kind === 'renewing' && now < state.until) {
        return { ...state, kind: 'holding', renewAt: now + pauseMs(4) }
      }
      const failures = (state.kind === 'asking' ? state.failures : 0) + 1
      return { kind: 'away', loss: outcome.loss, failures, retryAt: now + pauseMs(failures) }
    }
  }
}

/** A call with this token was answered with 401: no other call uses it (O2). */
export function rejected(state: TokenState, grant: Grant): TokenState {
  if (state.kind === 'holding' && state.grant === grant) return { kind: 'empty' }
  if (state.kind === 'renewing' && state.grant === grant) return { kind: 'asking', failures: 0 }
  return state
}
