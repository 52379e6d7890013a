import { setTimeout as sleep } from 'node:timers/promises'
import type { Deadline } from '../files/deadline.ts'
import { HoldLost } from '../files/hold/hold.ts'
import { claimMs, endIfAskedNow, renewEveryMs } from './claim-term.ts'
import type { Claimant, NotClaimed } from './may-claim.ts'
import { Forbearance, untilAnswered } from './patience.ts'
import { isOfStore } from './store-error.ts'
import type { ClaimMark, Tables } from './tables.ts'

const pauseMs = 250

/** What is thrown once the store's row shows that a run is no longer the claim's. */
export function claimLost(runId: string): HoldLost {
  return new HoldLost(
    `run ${runId}`,
    'another process has taken it over, or it was put back from an older copy of the store or removed',
  )
}

/**
 * A claim on a run of the store, for one process at a time.
 *
 * - **C1** The store's row names the holder and its epoch. A new claim raises it. Every write of a holder changes or
 *   locks the row under both, in the same transaction: who was overtaken writes nothing.
 * - **C2** The claim is valid from when it was asked for, by the holder's own clocks, until 3 s before the store
 *   lets others have it. What is sent is sent while it is valid. Without the store it ends by itself.
 * - **C3** A claim that has only run out is renewed if nobody else has taken the run. One that was lost never comes back.
 */
export class Claim implements ClaimMark {
  readonly runId: string
  readonly epoch: number
  readonly holder: string
  readonly #tables: Tables
  readonly #timer: NodeJS.Timeout
  #end: Deadline
  #lost = false
  readonly #forbearance = new Forbearance()
  #renewal: Promise<void> | null = null

  private constructor(tables: Tables, { runId, epoch, holder }: ClaimMark, end: Deadline) {
    this.#tables = tables
    this.runId = runId
    this.epoch = epoch
    this.holder = holder
    this.#end = end
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
    tables: Tables,
    runId: string,
    claimant: Claimant,
    only: 'wanted' | 'any',
  ): Promise<Claim | NotClaimed> {
    const end = endIfAskedNow()
    const taken = await tables.claims.take(runId, claimant, only, claimMs)
    if (typeof taken !== 'number') return taken
    return new Claim(tables, { runId, epoch: taken, holder: claimant.holder }, end)
  }

  /** Whether the holder may write and send now (C2). */
  get valid(): boolean {
    return !this.#lost && !this.#end.passed
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
    if (this.#lost) throw claimLost(this.runId)
  }

  /**
   * Does something that changes nothing unless the claim stands (C1), and waits as long as the store is away. It may be
   * done again after its answer was lost, so it must do no harm then.
   *
   * @param write returns whether the run still was the claim's
   * @throws HoldLost when another process has taken over
   */
  async write(write: (tables: Tables) => Promise<boolean>): Promise<void> {
    const stood = await untilAnswered(
      () => write(this.#tables),
      () => this.checkNotLost(),
      () => {},
      // While the claim can't be renewed either, the run can't end here: whoever can has it next.
      (error) => this.#forbearance.bears(error) || (isOfStore(error) && !this.valid),
    )
    this.#forbearance.answered()
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
    // Without the store it ends by itself.
    await this.#tables.claims.release(this).catch(() => {})
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
    const end = endIfAskedNow()
    if (await this.#tables.claims.renew(this, claimMs)) this.#end = end
    else this.#lose()
  }
}
