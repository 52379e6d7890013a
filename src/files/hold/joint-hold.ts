import type { Elsewhere } from '../elsewhere.ts'
import { confirmed, type Fence } from '../synced-appends.ts'
import type { Former, Hold } from './hold.ts'

/** The part of a hold that a holder checks before it writes or sends. */
export interface Holding extends Pick<Hold, 'valid' | 'ensure' | 'former'>, Pick<Fence, 'lose' | 'confirm'> {
  /** As in {@link Fence}. */
  readonly elsewhere?: Elsewhere | undefined
}

/**
 * Several holds that count only together, such as a job's and its run's: once one of them is lost, the holder may write
 * and send nothing more (H1 in hold.ts).
 */
export class JointHold implements Holding {
  readonly #own: Holding
  readonly #others: readonly Fence[]

  /**
   * @param own the hold on the directory that is written to
   * @param others the other holds that must be valid
   */
  constructor(own: Holding, others: readonly Fence[]) {
    this.#own = own
    this.#others = others
  }

  /** Whether all of them are valid now. */
  get valid(): boolean {
    return this.#own.valid && this.#others.every(({ valid }) => valid)
  }

  /** As the own hold says: only the files that belong to it are copied before they are written to. */
  get former(): Former {
    return this.#own.former
  }

  /** As the own hold says. */
  get elsewhere(): Elsewhere | undefined {
    return this.#own.elsewhere
  }

  /** Ends the own hold, and with it all of them. */
  lose(): void {
    this.#own.lose?.()
  }

  /**
   * Makes sure that all of them are valid.
   *
   * @throws HoldLost when another process has taken over one of them
   */
  async ensure(): Promise<void> {
    for (const hold of this.#others) await hold.ensure()
    await this.#own.ensure()
  }

  /** As {@link Hold.confirm}, for all of them. */
  async confirm(): Promise<void> {
    for (const hold of this.#others) await confirmed(hold)
    await confirmed(this.#own)
  }
}
