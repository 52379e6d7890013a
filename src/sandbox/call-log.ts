import type { Action } from '../okta/actions.ts'
import type { AppliedCall } from './org-state.ts'
import { TextStore } from './text-store.ts'

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
