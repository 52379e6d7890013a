import type { Secret } from '../secret.ts'

/** An access token that Okta gave. */
export interface Grant {
  readonly accessToken: Secret
  /** With `DPoP` each call needs a proof. */
  readonly scheme: 'Bearer' | 'DPoP'
  /** When it was requested, in ms by the monotonic clock: its life began no earlier. */
  readonly askedAt: number
  readonly lifeMs: number
}

/** Why Okta gives no access token, and what to do. Asking again is useless until somebody has done it. */
export interface TokenRefusal {
  /** One sentence without its full stop; holds no secret. */
  readonly why: string
  /** An imperative without its full stop. */
  readonly fix: string
}

/** The code of a loss: the rate limit of the token endpoint stayed used up. */
export const tokenLimited = 'TOKEN_RATE_LIMIT'

/** Why a request to the token endpoint got no answer from Okta. The cause may pass. */
export interface TokenEndpointLoss {
  /** As in an {@link Unanswered}. */
  readonly code: string
  readonly why: string
}

/** How a request for an access token ended. */
export type TokenOutcome =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly refusal: TokenRefusal }
  | { readonly kind: 'away'; readonly loss: TokenEndpointLoss }
