import type { LookAfterLoss } from '../rules/doubt.ts'
import type { VerdictEvent } from './journal-event.ts'

/** The first look at each user after a loss, by the user as the intents name the user. */
export class LooksAfterLoss {
  readonly #looks = new Map<string, LookAfterLoss>()

  /** The look at a user; null if there was none. */
  of(userId: string): LookAfterLoss | null {
    return this.#looks.get(userId) ?? null
  }

  /** Takes in a verdict about a user. */
  note(userId: string, { row, step, look, explains_look: explainsLook }: VerdictEvent): void {
    const explains = explainsLook === true ? { row, step } : null
    if (look !== undefined)
      this.#looks.set(userId, {
        status: look.status,
        statusChanged: look.status_changed,
        transitioningToStatus: look.transitioning_to,
        explains,
      })
    const known = this.of(userId)
    if (explains !== null && known !== null) this.#looks.set(userId, { ...known, explains })
  }

  /** Another loss: what was seen before it says nothing about calls after it. */
  clear(): void {
    this.#looks.clear()
  }
}
