import type { ValidRow } from '../input/row.ts'
import type { FailedRead, FoundUser } from '../lookup/read-user.ts'
import type { StopReason } from '../messages/stop.ts'
import type { Action } from '../okta/actions.ts'
import type { Answer } from '../okta/answer.ts'
import { foldLogin, looksLikeUserId } from '../okta/user.ts'

import { permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'

/** The part of a read that a plan needs. It is small, because it is kept for every user. */
export type PlannedRead =
  | { readonly kind: 'found'; readonly user: PlannedUser }
  | {
      readonly kind: 'failed'
      readonly message: string
      /** Whether the read may succeed another time. */
      readonly passing: boolean
    }

/** A user as read. */
export type PlannedUser = Pick<
  FoundUser['user'],
  'id' | 'login' | 'status' | 'statusChanged' | 'transitioningToStatus' | 'offered' | 'directory'
>

/** Reads each user only once, even if several rows name the user. */
export class UserReads {
  readonly #read: (row: ValidRow) => Promise<FoundUser | FailedRead>
  readonly #done = new Map<string, PlannedRead>()
  readonly #underWay = new Map<string, Promise<PlannedRead>>()
  readonly #offered = new Map<string, readonly Action[]>()
  #found = 0
  #refused = 0
  #refusal: Answer | null = null

  /** @param read reads the user of a row */
  constructor(read: (row: ValidRow) => Promise<FoundUser | FailedRead>) {
    this.#read = read
  }

  /** The user of a row, from Okta or from an earlier read. Throws what the read throws. */
  async of(row: ValidRow): Promise<PlannedRead> {
    // A copy is made, because a slice would keep the whole longer text in memory.
    const key = Buffer.from(nameOf(row.user)).toString()
    const done = this.#done.get(key)
    if (done !== undefined) return done
    const underWay = this.#underWay.get(key) ?? this.#begin(key, row)
    return await underWay
  }

  /**
   * Why the plan is worthless: Okta was asked for many users and refused to show any. Null if Okta showed one, or if
   * too few were refused to be sure.
   */
  refusedAlone(): StopReason | null {
    if (this.#refusal === null || this.#found > 0 || this.#refused < refusalsThatAsk) return null
    return permissionRefused(this.#refusal, 'reading users', this.#refused - refusalsThatAsk)
  }

  async #begin(key: string, row: ValidRow): Promise<PlannedRead> {
    const reading = this.#read(row).then((read) => this.#keep(key, read))
    this.#underWay.set(key, reading)
    try {
      return await reading
    } finally {
      this.#underWay.delete(key)
    }
  }

  #keep(key: string, read: FoundUser | FailedRead): PlannedRead {
    if (read.kind === 'failed') {
      if (read.cause === 'no_permission') {
        this.#refused++
        this.#refusal = read.answer
      }
      const failed = { kind: 'failed', message: read.message, passing: isPassing(read) } as const
      this.#done.set(key, failed)
      return failed
    }
    this.#found++
    const { id, login, status, statusChanged, transitioningToStatus, directory } = read.user
    const offered = this.#interned(read.user.offered)
    const before = this.#done.get(id)
    // Of two reads of a user, the first to arrive counts for both.
    const found: PlannedRead =
      before?.kind === 'found'
        ? before
        : {
            kind: 'found',
            user: { id, login, status, statusChanged, transitioningToStatus, offered, directory },
          }
    this.#done.set(id, found).set(key, found)
    // A short name is not kept: another user's login may begin with the same text.
    if (login.includes('@')) this.#done.set(foldLogin(login), found)
    return found
  }

  /** One list for all users to whom Okta offers the same. */
  #interned(offered: readonly Action[]): readonly Action[] {
    const name = offered.join()
    const known = this.#offered.get(name) ?? offered
    this.#offered.set(name, known)
    return known
  }
}

/** A form that is equal only for keys of the same user. Letter case matters in ids, but not in logins. */
function nameOf(key: string): string {
  return !looksLikeUserId(key) && key.includes('@') ? foldLogin(key) : key
}

/** Okta's own refusals are lasting. Errors of servers, and of anything between this program and Okta, are passing. */
function isPassing({ httpStatus, errorCode }: FailedRead): boolean {
  return errorCode === null || httpStatus === null || httpStatus >= 500 || httpStatus === 408
}
