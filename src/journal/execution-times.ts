import type { MachineUser } from '../files/this-user.ts'
import type { JournalEvent } from './journal-event.ts'

/** What one execution has sent so far, and how long it worked. */
type Tallied = Extract<JournalEvent, { event: 'tally' }>
type Sent = Pick<Tallied, 'requests' | 'retries' | 'worked_ms'>
type Stopped = Extract<JournalEvent, { event: 'stopped' }>

const nothingSent: Sent = { requests: {}, retries: {}, worked_ms: 0 }

/** How many executions a run has had, how long they worked, what they sent, and how the last one ended. */
export class ExecutionTimes {
  #count = 0
  #firstAt: string | null = null
  #lastSign: string | null = null
  #lastStop: Stopped | null = null
  /** The time of the executions before the present one. */
  #workedMs = 0
  readonly #startedBy = new Set<string>()
  readonly #requests = new Map<string, number>()
  readonly #retries = new Map<string, number>()
  #present: Sent = nothingSent
  #outlook: Tallied['outlook'] | null = null

  begin(at: string, by?: MachineUser): void {
    this.#count++
    if (by !== undefined) this.#startedBy.add(`${by.user} on ${by.host}`)
    this.#firstAt ??= at
    this.#lastStop = null
    this.#lastSign = at
    this.#workedMs += this.#present.worked_ms
    add(this.#requests, this.#present.requests)
    add(this.#retries, this.#present.retries)
    this.#present = nothingSent
    this.#outlook = null
  }

  /** Notes that the execution was at work at this time, RFC 3339 UTC. */
  sign(at: string | null): void {
    this.#lastSign = at ?? this.#lastSign
  }

  tally(sent: Sent & Pick<Tallied, 'outlook'>): void {
    this.#present = sent
    this.#outlook = sent.outlook ?? null
  }

  stop(event: Stopped): void {
    this.#lastStop = event
    this.#outlook = null
    this.#lastSign = event.at
    this.#present = event
  }

  get count(): number {
    return this.#count
  }

  /**
   * How the execution at work is going, as it last recorded itself; null if it has recorded nothing, and once it has
   * ended.
   */
  get outlook(): Tallied['outlook'] | null {
    return this.#outlook
  }

  /** Who started the executions, as `user on host`, each once. */
  get startedBy(): readonly string[] {
    return [...this.#startedBy]
  }

  get firstAt(): string | null {
    return this.#firstAt
  }

  /** The time of the last sign of work on the run, RFC 3339 UTC; null before its first execution. */
  get lastSign(): string | null {
    return this.#lastSign
  }

  /** Milliseconds at work, over all executions. The last seconds of a killed execution are missing. */
  get workedMs(): number {
    return this.#workedMs + this.#present.worked_ms
  }

  /** How the last process left the run; null if it died or is still at work. */
  get lastStop(): Stopped | null {
    return this.#lastStop
  }

  /**
   * Requests by kind and retries by cause, over all executions. The last seconds of a killed execution are missing.
   */
  get totals(): {
    readonly requests: ReadonlyMap<string, number>
    readonly retries: ReadonlyMap<string, number>
  } {
    const requests = new Map(this.#requests)
    const retries = new Map(this.#retries)
    add(requests, this.#present.requests)
    add(retries, this.#present.retries)
    return { requests, retries }
  }
}

function add(totals: Map<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) totals.set(name, (totals.get(name) ?? 0) + count)
}
