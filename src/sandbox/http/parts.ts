import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { FaultRules } from '../faults/fault-rules.ts'
import type { FaultChooser } from '../faults/faults.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import type { AuthorizationServer } from '../oauth/authorization-server.ts'
import type { ResourceCall, ResourceVerdict } from '../oauth/resource-check.ts'
import type { OrgClock } from '../org/clock.ts'
import type { Org } from '../org/org.ts'
import type { Traffic } from './traffic.ts'

/** The authorization server, and the check of calls that have its tokens. Both are loaded only if they are needed. */
export interface OAuthParts {
  readonly server: AuthorizationServer
  check(call: ResourceCall): Promise<ResourceVerdict>
}

/** All that the API works with. */
export interface ApiParts {
  readonly org: Org
  readonly clock: OrgClock
  /** Null: no limit, and no rate-limit headers. */
  readonly rateLimits: RateLimits | null
  /** Requests under way at once, at most; null: no limit. */
  readonly concurrency: number | null
  readonly faults: FaultChooser | null
  /** Faults ordered while the sandbox runs; they come before the others. */
  readonly faultRules: FaultRules
  readonly latencyMilliseconds: number
  /** The time between two bytes of an answer that drips. */
  readonly dripMilliseconds: number
  readonly traffic: Traffic
  /** Null: the org has no service apps. */
  readonly oauth: OAuthParts | null
  /** Aborted when the sandbox closes: what has not been done by then never is. */
  readonly closing: AbortSignal
  /** The org's own URL, without a slash at its end; known once the port is. */
  baseUrl(): string
}

/** What Hono is told about the server below it. */
export interface ApiBindings {
  Bindings: HttpBindings
}

export type Exchange = Context<ApiBindings>
