import { type Answer, wasWithdrawn } from '../okta/answer.ts'
import { asksForRoles, type OktaRequest } from '../okta/request.ts'

/** Why something was sent again. */
export type RetryCause =
  | 'rate_limited'
  | 'concurrency_limited'
  | 'server_error'
  | 'connection'
  | 'in_doubt'
  | 'in_transition'

/** Counts what one execution sends. */
export class Tally {
  readonly #requests = new Map<string, number>()
  readonly #retries = new Map<string, number>()

  /** Counts a request, unless it was called off before a byte of it had left. */
  request(request: OktaRequest, answer: Answer): void {
    if (wasWithdrawn(answer)) return
    const status = answer.kind === 'answered' ? String(answer.httpStatus) : 'none'
    increment(this.#requests, request.method === 'GET' ? 'reads' : 'lifecycle')
    if (asksForRoles(request)) increment(this.#requests, 'roles')
    increment(this.#requests, `http_${status}`)
    increment(this.#requests, `bucket_${request.bucket}`)
  }

  retry(cause: RetryCause): void {
    increment(this.#retries, cause)
  }

  /**
   * Counts by name: `reads`, and `roles` for those of them that read the roles of one user; `lifecycle`; `http_STATUS`,
   * with `http_none` for no answer; `bucket_PATH`.
   */
  get requests(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#requests)
  }

  get retries(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#retries)
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
