import { Column } from '../rules/column.ts'
import { changeOf, type ExplainedChange } from '../rules/explained-change.ts'
import { NameTable } from '../rules/name-table.ts'
import type { TaskResult } from '../rules/result.ts'
import type { TaskProgress } from './task-progress.ts'

/** An answer of an older journal has only the best estimate of its time: it may be off by this much, in ms. */
const estimateMs = 1_000

/** A change that is so much older than a loss says nothing about it, in ms. */
const longEnoughMs = 15 * 60_000

/** So much time passes at least before more changes are forgotten, in ms. */
const lookAgainMs = 60_000

/** In place of a time that is null. */
const none = Number.NaN

/**
 * The last change of each user that is known to be the work of a call of this run, by the user as the intents name the
 * user. In some forty bytes a user, because a fast run changes a million of them within minutes.
 */
export class ExplainedChanges {
  /** The place of each user in the tables below. */
  readonly #places = new NameTable()
  #used = 0
  /** The lists of statuses to which changes lead, of which there are few. */
  readonly #targets: (readonly string[])[] = []
  /** By place: the number of the list to which the last change leads, and until when Okta may show that change. */
  readonly #to = new Column((length) => new Uint8Array(length))
  readonly #until = new Column((length) => new Float64Array(length))
  /** By place: the number of the list to which the user's last activation leads, plus 1; 0 if there was none. */
  readonly #activated = new Column((length) => new Uint8Array(length))
  /** By place: when the task of the last change ended. */
  readonly #endedAt = new Column((length) => new Float64Array(length))
  /** Changes of tasks that ended before that count as forgotten, in epoch ms by Okta's clock. */
  #forgottenTo = Number.NEGATIVE_INFINITY

  /** The last change of a user; null if none is known. */
  of(userId: string): ExplainedChange | null {
    const place = this.#placeOf(userId)
    if (place === null) return null
    const until = this.#until.get(place)
    return { to: this.#targets[this.#to.get(place)] ?? [], until: Number.isNaN(until) ? null : until }
  }

  /**
   * The last activation of a user, which Okta carries out in the background: its effect may come after what was done
   * later. Null if none is known.
   */
  activationOf(userId: string): ExplainedChange | null {
    const place = this.#placeOf(userId)
    const activated = place === null ? 0 : this.#activated.get(place)
    return activated === 0 ? null : { to: this.#targets[activated - 1] ?? [], until: null }
  }

  /**
   * Takes in the end of a task.
   *
   * @param lostSince when the lost part of the journal began, in epoch ms by Okta's clock; null if none was lost
   */
  see({ last }: TaskProgress, result: TaskResult, lostSince: number | null): void {
    const change = changeOf(result, last.kind === 'applied' ? acceptedBy(last) : null)
    if (change === null) return
    const place = this.#places.numberOf(last.intent.user_id, this.#used)
    if (place === this.#used) this.#used++
    const isForgotten = this.#isForgotten(place)
    const endedAt = Date.parse(result.finished_at ?? '')
    const to = this.#numberOf(change.to)
    this.#to.set(place, to)
    this.#until.set(place, change.until ?? none)
    this.#endedAt.set(place, endedAt)
    if (result.action === 'activate') this.#activated.set(place, to + 1)
    else if (isForgotten) this.#activated.set(place, 0)
    // A change that is so old says nothing about a loss.
    const before = (lostSince ?? endedAt) - longEnoughMs
    if (before >= this.#forgottenTo + lookAgainMs) this.#forgottenTo = before
  }

  #placeOf(userId: string): number | null {
    const place = this.#places.find(userId)
    return place === null || this.#isForgotten(place) ? null : place
  }

  #isForgotten(place: number): boolean {
    return this.#endedAt.get(place) < this.#forgottenTo
  }

  #numberOf(to: readonly string[]): number {
    const known = this.#targets.indexOf(to)
    return known === -1 ? this.#targets.push(to) - 1 : known
  }
}

function acceptedBy({ answer }: Extract<TaskProgress['last'], { kind: 'applied' }>): number {
  return answer.okta_time_at_most ?? answer.okta_time + estimateMs
}
