import type { Action } from '../../okta/actions.ts'
import { TextStore } from './text-store.ts'

/** One lifecycle call that the org really carried out. */
export interface AppliedCall {
  /** By the org's clock, RFC 3339 UTC with whole seconds. */
  readonly time: string
  /** The user's id. */
  readonly user: string
  readonly action: Action
  /** Whether Okta would have sent mail; null if the action never does. */
  readonly sendEmail: boolean | null
  readonly requestId: string
}

/** The lifecycle calls that were carried out, in order. A million of them take about 120 MB. */
export class CallLog {
  readonly #texts = new TextStore()
  readonly #handles: number[] = []

  add({ time, user, action, sendEmail, requestId }: AppliedCall): void {
    this.#handles.push(this.#texts.add(JSON.stringify([time, user, action, sendEmail, requestId])))
  }

  /** Each call, put together as it is asked for. */
  *all(): Generator<AppliedCall> {
    for (const handle of this.#handles) {
      const [time, user, action, sendEmail, requestId] = JSON.parse(this.#texts.read(handle))
      yield { time, user, action, sendEmail, requestId }
    }
  }

  /** How many times each action was carried out on a user, by the user's id. */
  counts(): Map<string, Partial<Record<Action, number>>> {
    const counts = new Map<string, Partial<Record<Action, number>>>()
    for (const { user, action } of this.all()) {
      const own = counts.get(user) ?? {}
      own[action] = (own[action] ?? 0) + 1
      counts.set(user, own)
    }
    return counts
  }
}
