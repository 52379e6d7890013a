import { setTimeout as sleep } from 'node:timers/promises'
import { HoldLost } from '../files/hold/hold.ts'
import type { Database, Query } from './database.ts'
import { untilAnswered } from './patience.ts'
import { numberOf, textOf } from './row.ts'

/** How long a claim stands in the store unless it is renewed. */
const claimMs = 15_000
const renewEveryMs = 5_000
/** How long before its end nothing more is sent, since a request takes its time to leave and to arrive. */
const marginMs = 3_000
const pauseMs = 250

/** Who asks for a claim, as others are told. */
export interface Claimant {
  /** Names this process and no other. What it holds under the same name belongs together: a run and its retry. */
  readonly holder: string
  readonly host: string
}

/** Why a run was not claimed. */
export interface NotClaimed {
  readonly kind: 'held' | 'job_held' | 'job_waits' | 'gone'
  /** The run that stands in the way, and the host that holds it, as far as known. */
  readonly run: string | null
  readonly host: string | null
}

/**
 * A claim on a run of the store, for one process at a time.
 *
 * - **C1** The store's row names the holder's epoch. A new claim raises it. Every write of a holder changes or locks the
 *   row under its own epoch, in the same transaction: who was overtaken writes nothing.
 * - **C2** The claim is valid from when it was asked for, by the holder's own monotonic clock, until 3 s before the store
 *   lets others have it. What is sent is sent while it is valid. Without the store it ends by itself.
 * - **C3** A claim that has only run out is renewed if nobody else has taken the run. One that was lost never comes back.
 */
export class Claim {
  readonly runId: string
  readonly epoch: number
  readonly #database: Database
  readonly #timer: NodeJS.Timeout
  #validUntil: number
  #lost = false
  #renewal: Promise<void> | null = null

  private constructor(database: Database, runId: string, epoch: number, askedAt: number) {
    this.#database = database
    this.runId = runId
    this.epoch = epoch
    this.#validUntil = askedAt + claimMs - marginMs
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), renewEveryMs).unref()
  }

  /**
   * Claims a run.
   *
   * @param only `wanted`: only if workers may take it
   * @returns the claim, or why there is none
   * @throws the driver's error
   */
  static async take(
    database: Database,
    runId: string,
    claimant: Claimant,
    only: 'wanted' | 'any',
  ): Promise<Claim | NotClaimed> {
    const askedAt = performance.now()
    const taken = await database.transaction((query) => take(query, runId, claimant, only))
    return typeof taken === 'number' ? new Claim(database, runId, taken, askedAt) : taken
  }

  /** Whether the holder may write and send now (C2). */
  get valid(): boolean {
    return !this.#lost && performance.now() < this.#validUntil
  }

  /**
   * Makes sure that the claim is valid. Waits as long as the store is away (C3).
   *
   * @throws HoldLost when another process has taken over
   */
  async ensure(): Promise<void> {
    while (!this.valid) {
      this.checkNotLost()
      await this.#renew().catch(() => {})
      if (!this.valid && !this.#lost) await sleep(pauseMs)
    }
  }

  /** @throws HoldLost when another process has taken over */
  checkNotLost(): void {
    if (this.#lost) throw new HoldLost(`run ${this.runId}`)
  }

  /**
   * Does a statement that changes nothing unless the claim stands (C1), and waits as long as the store is away. It may
   * be done again after its answer was lost, so it must do no harm then.
   *
   * @param write returns whether the row still had the claim's epoch
   * @throws HoldLost when another process has taken over
   */
  async write(write: (database: Database) => Promise<boolean>): Promise<void> {
    const stood = await untilAnswered(
      () => write(this.#database),
      () => this.checkNotLost(),
    )
    if (stood) return
    this.#lose()
    this.checkNotLost()
  }

  /** Gives the run back at once, as far as the store can be reached. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewal?.catch(() => {})
    if (this.#lost) return
    this.#lost = true
    const mine = [this.runId, this.epoch]
    try {
      // Nothing is left of a run that never began.
      await this.#database.query(
        `DELETE FROM okta_lifecycle.run r WHERE run_id = $1 AND epoch = $2 AND journal_bytes = 0
            AND NOT EXISTS (SELECT 1 FROM okta_lifecycle.run_file f WHERE f.run_id = r.run_id)`,
        mine,
      )
      await this.#database.query(
        `UPDATE okta_lifecycle.run SET claimed_until = NULL, holder = NULL, host = NULL
          WHERE run_id = $1 AND epoch = $2`,
        mine,
      )
    } catch {
      // It ends by itself.
    }
  }

  #lose(): void {
    this.#lost = true
    clearInterval(this.#timer)
  }

  #renew(): Promise<void> {
    this.#renewal ??= this.#askAgain().finally(() => {
      this.#renewal = null
    })
    return this.#renewal
  }

  async #askAgain(): Promise<void> {
    if (this.#lost) return
    const askedAt = performance.now()
    const renewed = await this.#database.query(
      `UPDATE okta_lifecycle.run SET claimed_until = clock_timestamp() + $3 * interval '1 ms'
        WHERE run_id = $1 AND epoch = $2 RETURNING 1`,
      [this.runId, this.epoch, claimMs],
    )
    if (renewed.length === 0) this.#lose()
    else this.#validUntil = Math.max(this.#validUntil, askedAt + claimMs - marginMs)
  }
}

async function take(
  query: Query,
  runId: string,
  { holder, host }: Claimant,
  only: 'wanted' | 'any',
): Promise<number | NotClaimed> {
  const [run] = await query('SELECT * FROM okta_lifecycle.run WHERE run_id = $1', [runId])
  if (run === undefined) return { kind: 'gone', run: null, host: null }
  const job = textOf(run, 'lock_job')
  if (job !== null) {
    const inTheWay = await otherOfJob(
      query,
      { runId, org: textOf(run, 'org_url'), job, createdAt: run.created_at },
      { holder, host },
    )
    if (inTheWay !== null) return inTheWay
  }
  const [taken] = await query(
    `UPDATE okta_lifecycle.run
        SET epoch = epoch + 1, holder = $2, host = $3, claimed_at = clock_timestamp(),
            claimed_until = clock_timestamp() + $4 * interval '1 ms'
      WHERE run_id = $1 AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) AND (wanted OR $5)
      RETURNING epoch`,
    [runId, holder, host, claimMs, only === 'any'],
  )
  return taken === undefined
    ? { kind: 'held', run: runId, host: textOf(run, 'host') }
    : numberOf(taken, 'epoch')
}

/** A run and its job. `createdAt` as the driver takes it. */
interface RunOfJob {
  readonly runId: string
  readonly org: string | null
  readonly job: string
  readonly createdAt: unknown
}

/**
 * The run that keeps another one of the same job from working: one that is held, or an older one that waits. Whoever
 * claims a run of the job waits here for the others.
 */
export async function otherOfJob(
  query: Query,
  { runId, org, job, createdAt }: RunOfJob,
  { holder }: Claimant,
): Promise<NotClaimed | null> {
  await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [JSON.stringify([org, job])])
  const [other] = await query(
    `SELECT run_id, host, claimed_until > clock_timestamp() AS held FROM okta_lifecycle.run
      WHERE org_url = $1 AND lock_job = $2 AND run_id <> $3 AND holder IS DISTINCT FROM $5
        AND (claimed_until > clock_timestamp() OR (wanted AND (created_at, run_id) < ($4::timestamptz, $3)))
      ORDER BY held DESC NULLS LAST LIMIT 1`,
    [org, job, runId, createdAt, holder],
  )
  if (other === undefined) return null
  const kind = other.held === true ? 'job_held' : 'job_waits'
  return { kind, run: textOf(other, 'run_id'), host: textOf(other, 'host') }
}
