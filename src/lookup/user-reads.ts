import type { OktaRequest } from '../okta/request.ts'
import { refusalsThatAsk } from '../rules/stop-reasons.ts'

/** When the reads of so many users are given up, and none was answered, it is not a matter of single users. */
const severalUsers = 3
/**
 * The same when the token's owner can be read: as many as refusals in a row that ask whether the token is their cause. A
 * few users who hang may be all that an earlier execution has left.
 */
const manyUsers = refusalsThatAsk

/** So many reads of users that succeeded are kept. */
const mostReadable = 4

/** A user whose read was not answered: when the first try left, and what became of the tries. */
interface UnreadUser {
  readonly since: number
  readonly failed: boolean
  /** Whether it was tried as often as a read is tried. */
  readonly triedOften: boolean
}

/**
 * What has become of the reads of users, over all of an execution: which succeeded, and whose were not answered since
 * Okta last answered one. It tells whether single users can't be read, or nobody can.
 */
export class UserReads {
  readonly #monotonic: () => number
  readonly #patienceMs: number
  #readable: readonly OktaRequest[] = []
  /** The users, by path, whose reads have left since Okta last answered one. */
  readonly #unread = new Map<string, UnreadUser>()
  #ownerReadAt: number | null = null
  #readsReported = false
  #check: Promise<boolean> | null = null

  /**
   * @param monotonic milliseconds that only grow, from any origin
   * @param patienceMs how long a user is tried until the reads of that user are given up
   */
  constructor(monotonic: () => number, patienceMs: number) {
    this.#monotonic = monotonic
    this.#patienceMs = patienceMs
  }

  /** A few reads of users that succeeded, the latest first; none before the first. */
  get readable(): readonly OktaRequest[] {
    return this.#readable
  }

  /** Another execution could read a user, who should be readable now. */
  couldRead(request: OktaRequest): void {
    if (this.knowsFew) this.#readable = [...this.#readable, request]
  }

  /**
   * Whether fewer such reads are known than are kept. One is not enough: that user may be such that no read succeeds any
   * more.
   */
  get knowsFew(): boolean {
    return this.#readable.length < mostReadable
  }

  /** To be called when the read of a user leaves. */
  reads({ path }: OktaRequest): void {
    if (this.#unread.has(path)) return
    this.#unread.set(path, { since: this.#monotonic(), failed: false, triedOften: false })
  }

  /**
   * To be called after an answer to the read of a user that is Okta's, or is taken for it.
   *
   * @param found the read, if it found its user
   */
  readAnswered(found: OktaRequest | null): void {
    if (found !== null && found.path !== this.#readable[0]?.path)
      this.#readable = [found, ...this.#readable.slice(0, mostReadable - 1)]
    this.#unread.clear()
    this.#readsReported = false
  }

  /**
   * To be called after the read of a user without an answer from Okta.
   *
   * @param isLastTry whether it was tried as often as a read is tried
   */
  unread({ path }: OktaRequest, isLastTry: boolean): void {
    const { since, triedOften } = this.#unread.get(path) ?? { since: this.#monotonic(), triedOften: false }
    this.#unread.set(path, { since, failed: true, triedOften: triedOften || isLastTry })
  }

  /**
   * To be called when the token's owner could be read by id, though none of the users. The others, whom the silence had kept
   * from being tried, have the time of the patience once more.
   */
  ownerRead(): void {
    this.#ownerReadAt ??= this.#monotonic()
  }

  /** Whether {@link ownerRead} was called. */
  get isOwnerRead(): boolean {
    return this.#ownerReadAt !== null
  }

  /** Whether no user could be read so far, and so many are tried without an answer that it may be no matter of theirs. */
  get severalUnread(): boolean {
    return this.#readable.length === 0 && this.#unread.size >= this.#several
  }

  /** Whether so many users, while no user could be read so far, were each tried often or long enough. */
  get severalGivenUp(): boolean {
    if (!this.severalUnread) return false
    const before = this.#monotonic() - this.#patienceMs
    if (this.#ownerReadAt !== null && this.#ownerReadAt > before) return false
    const given = [...this.#unread.values()].filter(
      ({ since, failed, triedOften }) => failed && (triedOften || since <= before),
    )
    return given.length >= this.#several
  }

  get #several(): number {
    return this.#ownerReadAt === null ? severalUsers : manyUsers
  }

  /** Asks whether any user can be read, for all who want to know it at the same time. */
  async checkOnce(ask: () => Promise<boolean>): Promise<boolean> {
    this.#check ??= ask().finally(() => {
      this.#check = null
    })
    return await this.#check
  }

  /** Whether it was said, since Okta last answered the read of a user, that it answers only other requests. */
  get readsReported(): boolean {
    return this.#readsReported
  }

  /** Whether that is to be said now, once. */
  reportsReads(): boolean {
    if (this.#readsReported) return false
    this.#readsReported = true
    return true
  }
}
