import type { OktaRequest } from '../okta/request.ts'
import { refusalsThatAsk } from '../rules/stop-reasons.ts'

/** How long the program goes on without any answer from Okta before it stops. */
export const oktaPatienceMs = 45_000

/** When the reads of so many users are given up, and none was answered, it is not a matter of single users. */
const severalUsers = 3
/**
 * The same where the token's owner can be read: as many as refusals in a row that ask whether the token is their cause. A few
 * users who hang may be all that an earlier execution has left.
 */
const manyUsers = refusalsThatAsk

/** So many reads of users that succeeded are kept. */
const mostReadable = 4

/** A silence shorter than this is not reported. */
const reportAfterMs = 5_000

/** A user whose read was not answered: when the first try left, and what became of the tries. */
interface UnreadUser {
  readonly since: number
  readonly failed: boolean
  /** Whether it was tried as often as a read is tried. */
  readonly triedOften: boolean
}

/**
 * How long Okta has been silent, over all requests of an execution. Answers of a proxy or a load balancer in Okta's
 * place count as silence.
 *
 * The silence begins when the first request after Okta's last answer leaves, not with that answer: a run that waits a
 * minute for its budget asks nothing meanwhile.
 */
export class OktaPatience {
  readonly #monotonic: () => number
  #askedSince: number | null = null
  #silentSince: number | null = null
  #answers = 0
  #reported = false
  /** The latest reads of users that succeeded, the latest first. */
  #readable: readonly OktaRequest[] = []
  /** The users, by path, whose reads have left since Okta last answered one. */
  readonly #unread = new Map<string, UnreadUser>()
  #ownerReadAt: number | null = null
  /** Whether it was said that Okta answers other requests, but not the reads of users. */
  #readsReported = false
  #check: Promise<boolean> | null = null

  /** @param monotonic milliseconds that only grow, from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** A new patience for one purpose, by the same clock. */
  fresh(): OktaPatience {
    return new OktaPatience(this.#monotonic)
  }

  /** How many answers were Okta's. A change shows that one came meanwhile. */
  get answers(): number {
    return this.#answers
  }

  /** A few reads of users that succeeded, the latest first; none before the first. */
  get readable(): readonly OktaRequest[] {
    return this.#readable
  }

  /** Another execution could read a user, who should be readable now. */
  couldRead(request: OktaRequest): void {
    if (this.knowsFew) this.#readable = [...this.#readable, request]
  }

  /** Whether fewer such reads are known than are kept: one user alone may be such that no read of that user succeeds any more. */
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
    const before = this.#monotonic() - oktaPatienceMs
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

  /** To be called when a request leaves. */
  asked(): void {
    this.#askedSince ??= this.#monotonic()
  }

  /** To be called after an answer that is certainly Okta's, whatever it says. */
  heard(): void {
    this.#answers++
    this.#askedSince = null
    this.#silentSince = null
    this.#reported = false
  }

  /** Whether the silence has lasted long enough to be reported, once. */
  isWorthReporting(silentMs: number): boolean {
    if (this.#reported || silentMs < reportAfterMs) return false
    this.#reported = true
    return true
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

  /** To be called after a request without an answer from Okta. Returns the length of the silence in ms. */
  failed(): number {
    const now = this.#monotonic()
    this.#silentSince ??= this.#askedSince ?? now
    return now - this.#silentSince
  }
}
