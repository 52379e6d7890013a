import { leavesWithinMs } from '../rules/doubt.ts'

/** Requests older than this can't count in a window that is still open. */
const rememberMs = 10 * 60_000

interface Sent {
  /** The latest that Okta's time can have been, as far as known: a request counts from here on. */
  readonly time: number
  /** The earliest that it can have been. */
  readonly atLeast: number
  readonly count: number
}

/** At least so many of the last calls without an answer are known. */
const mostUnanswered = 10_000

/** A read has its answer within this time or, as a rule, never: the usual time limit of a request. */
const answeredWithinMs = 30_000

/** When the reads had left that may have been under way as an execution died, in epoch ms, by bucket. */
type UnderWay = ReadonlyMap<string, readonly number[]>

/**
 * How many requests were sent in each rate-limit bucket in the last minutes, by Okta's clock, which of them had no
 * answer, and the buckets' limits.
 */
export class SentRecently {
  readonly #byBucket = new Map<string, Sent[]>()
  #unanswered: number[] = []
  #underWay: UnderWay[] = []
  readonly #limits = new Map<string, number>()
  readonly #exhausted = new Map<string, number>()
  #isUnknown = false

  /**
   * Adds requests that were sent after all that was added before.
   *
   * @param time the latest that Okta's time can have been, in epoch ms
   * @param atLeast the earliest that it can have been; null if no answer had shown it yet
   */
  add(bucket: string, time: number, count: number, atLeast: number | null): void {
    // After a leap of this machine's clock, times may be far too late until an answer shows that it was no sleep.
    if (atLeast !== null) this.#nothingLaterThan(time)
    this.#keep(bucket, { time, atLeast: atLeast ?? time, count })
    const sent = this.#byBucket.get(bucket) ?? []
    // Old entries are dropped in bulk, now and then.
    if (atLeast !== null && sent.length % 2048 === 0) {
      const recent = sent.filter((one) => one.time >= atLeast - rememberMs)
      this.#byBucket.set(bucket, recent)
    }
  }

  #keep(bucket: string, added: Sent): void {
    const sent = this.#byBucket.get(bucket) ?? []
    sent.push(added)
    this.#byBucket.set(bucket, sent)
  }

  #nothingLaterThan(time: number): void {
    for (const sent of this.#byBucket.values())
      for (let last = sent.length - 1; last >= 0; last--) {
        const known = sent[last]
        if (known === undefined || known.time <= time) break
        sent[last] = { ...known, time }
      }
  }

  /**
   * Adds a lifecycle call that had no answer.
   *
   * @param leftBy when it had left at the latest, in epoch ms
   */
  addUnanswered(leftBy: number): void {
    this.#unanswered.push(leftBy)
    // Times may be far too late. So many are not lost in the last minutes.
    if (this.#unanswered.length > 2 * mostUnanswered)
      this.#unanswered = this.#unanswered.slice(-mostUnanswered)
  }

  /**
   * Says that the execution has died whose requests were added last. The journal does not tell which reads had an answer by
   * then, so any of the last ones may be under way still, and arrive much later.
   */
  die(): void {
    const newest = Math.max(...[...this.#byBucket.values()].map((sent) => sent.at(-1)?.atLeast ?? 0))
    const times = (bucket: string): readonly number[] =>
      (this.#byBucket.get(bucket) ?? [])
        .filter(({ atLeast }) => atLeast >= newest - answeredWithinMs)
        .flatMap(({ time, count }) => Array.from({ length: count }, () => time + leavesWithinMs))
    this.#underWay = this.#underWay
      .filter((known) => [...known.values()].flat().some((time) => time >= newest - rememberMs))
      .concat(new Map([...this.#byBucket.keys()].map((bucket) => [bucket, times(bucket)])))
  }

  /**
   * When the requests of a bucket that may have been under way as executions died had left at the latest, in epoch ms.
   *
   * @param most how many an execution has under way at once
   */
  underWay(bucket: string, most: number): readonly number[] {
    return this.#underWay.flatMap((times) => (times.get(bucket) ?? []).slice(-most))
  }

  /** Says that more may have been sent than is known here. */
  noteUnknown(): void {
    this.#isUnknown = true
  }

  /** Whether more may have been sent than is known here. */
  get isUnknown(): boolean {
    return this.#isUnknown
  }

  /** When each lifecycle call without an answer had left at the latest, in epoch ms. */
  get unanswered(): readonly number[] {
    return this.#unanswered
  }

  /** Adds what another run has sent, and the limits that it was shown. */
  takeOver(other: SentRecently): void {
    for (const [bucket, sent] of other.#byBucket) for (const one of sent) this.#keep(bucket, one)
    for (const leftBy of other.#unanswered) this.addUnanswered(leftBy)
    this.#underWay.push(...other.#underWay)
    for (const [bucket, limit] of other.#limits) this.showLimit(bucket, limit)
    if (other.#isUnknown) this.noteUnknown()
    this.takeExhausted(other)
  }

  /** Adds in which buckets another one was shown that nothing remains, by the same clock. */
  takeExhausted(other: SentRecently): void {
    for (const [bucket, until] of other.#exhausted) this.showExhausted(bucket, until)
  }

  /** Okta has shown the limit of a bucket. */
  showLimit(bucket: string, limit: number): void {
    this.#limits.set(bucket, limit)
  }

  /** The limit that a bucket showed last; null if none is known. */
  limit(bucket: string): number | null {
    return this.#limits.get(bucket) ?? null
  }

  /** Okta has shown that nothing remains in a bucket until then, in epoch ms by the clock that asked. */
  showExhausted(bucket: string, until: number): void {
    this.#exhausted.set(bucket, Math.max(until, this.exhaustedUntil(bucket)))
  }

  /** Until when nothing remains in a bucket, as Okta last showed, in epoch ms; 0 if nothing is known. */
  exhaustedUntil(bucket: string): number {
    return this.#exhausted.get(bucket) ?? 0
  }

  /** The limits that are known, by bucket. */
  get limits(): ReadonlyMap<string, number> {
    return this.#limits
  }

  /**
   * The time of each request in a bucket, in epoch ms.
   *
   * @param now the latest that Okta's time can be, so that no request was later; null if it is not known
   */
  times(bucket: string, now: number | null = null): readonly number[] {
    const latest = now ?? Number.POSITIVE_INFINITY
    const times: number[] = []
    // There may be hundreds of thousands in an org without a limit.
    for (const { time, count } of this.#byBucket.get(bucket) ?? [])
      for (let one = 0; one < count; one++) times.push(Math.min(time, latest))
    return times
  }
}
