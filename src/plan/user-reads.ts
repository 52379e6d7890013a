import type { ValidRow } from '../input/row.ts'
import type { FailedRead, FoundUser } from '../lookup/read-user.ts'
import type { StopReason } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { foldLogin, looksLikeUserId } from '../okta/user.ts'

import { permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'

/** What is kept of a read: no more than a plan needs, since it is kept for every user. */
export type PlannedRead =
  | { readonly kind: 'found'; readonly user: PlannedUser }
  | {
      readonly kind: 'failed'
      readonly message: string
      /** Whether it may go otherwise another time. */
      readonly passing: boolean
    }

/** A user as it was read. */
export type PlannedUser = Pick<FoundUser['user'], 'id' | 'login' | 'status' | 'transitioningToStatus'>

/** Reads each user once, also where several rows name it. */
export class UserReads {
  readonly #read: (row: ValidRow) => Promise<FoundUser | FailedRead>
  readonly #done = new Map<string, PlannedRead>()
  readonly #underWay = new Map<string, Promise<PlannedRead>>()
  #found = 0
  #refused = 0
  #refusal: Answer | null = null

  /** @param read reads the user of a row */
  constructor(read: (row: ValidRow) => Promise<FoundUser | FailedRead>) {
    this.#read = read
  }

  /** The user of a row, from Okta or from before. Throws what the read throws. */
  async of(row: ValidRow): Promise<PlannedRead> {
    // A copy: a part of a longer text would keep all of that text in memory.
    const key = Buffer.from(nameOf(row.user)).toString()
    const done = this.#done.get(key)
    if (done !== undefined) return done
    const underWay = this.#underWay.get(key) ?? this.#begin(key, row)
    return await underWay
  }

  /**
   * Why nothing that was planned counts: the token was refused every single user, and they were many. Null where one was
   * shown, or too few were refused to say so.
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
    const { id, login, status, transitioningToStatus } = read.user
    const before = this.#done.get(id)
    // Of two reads of a user the first to come counts for both.
    const found: PlannedRead =
      before?.kind === 'found'
        ? before
        : { kind: 'found', user: { id, login, status, transitioningToStatus } }
    this.#done.set(id, found).set(key, found)
    // A short name is not among the names: there may be another user whose login begins alike.
    if (login.includes('@')) this.#done.set(foldLogin(login), found)
    return found
  }
}

/** The form in which two spellings of a key surely name the same user: ids are told apart by letter case, logins are not. */
function nameOf(key: string): string {
  return !looksLikeUserId(key) && key.includes('@') ? foldLogin(key) : key
}

/** Okta's own refusals stand; errors of servers and of what stands in between pass. */
function isPassing({ httpStatus, errorCode }: FailedRead): boolean {
  return errorCode === null || httpStatus === null || httpStatus >= 500 || httpStatus === 408
}
