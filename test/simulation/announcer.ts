import type { Listener } from '../../src/store/announcements.ts'
import type { ClaimMark } from '../../src/store/tables.ts'
import type { Draws } from './draws.ts'
import type { StoreSpec } from './scenario.ts'
import type { SimStore } from './sim-store.ts'
import type { Owner, VirtualTime } from './virtual-time.ts'

interface AnnouncerOptions {
  readonly store: SimStore
  readonly spec: StoreSpec
  readonly time: VirtualTime
  readonly draws: Draws
}

/** How often what is handed back or never ended is told again. */
const mostTold = 5

/** Tells workers that runs wait. It loses, repeats and delays what it likes. */
export class SimAnnouncer {
  readonly #options: AnnouncerOptions
  readonly #listeners = new Map<Owner, Listener>()

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  /** Tells workers of a run. Throws as the store does, on which it lives. */
  async announce({ runId }: ClaimMark): Promise<void> {
    const { store, spec, draws } = this.#options
    await store.tables.runs.look(runId)
    if (!draws.chance('unheard', spec.unheard)) this.#tell(runId, 1)
    if (draws.chance('repeated', spec.repeated)) this.#tell(runId, 1)
  }

  /** Takes no time: the story itself tells of what is due. */
  async keepSchedule(): Promise<void> {}

  /** Lets the process at work listen from now on. */
  async listen(listener: Listener): Promise<void> {
    const { current } = this.#options.time
    if (current !== null) this.#listeners.set(current, listener)
  }

  /** Lets the process at work hear nothing more. */
  async close(): Promise<void> {
    const { current } = this.#options.time
    if (current !== null) this.#listeners.delete(current)
  }

  #tell(runId: string, count: number): void {
    const { time, draws } = this.#options
    const delay = draws.between('told after', 0, draws.pick('told within', [20, 20, 30_000]))
    time.plan(delay, null, () => {
      const all = [...this.#listeners].filter(([owner]) => owner.state !== 'gone')
      if (all.length === 0 || count > mostTold) return
      const [owner, listener] = draws.pick('who is told', all)
      time.plan(0, owner, () => {
        const again = (): void => this.#tell(runId, count + 1)
        listener.onRun(runId).then((end) => end === 'handed_back' && again(), again)
      })
      // One that dies is found out, and one that is only silent is taken for dead.
      if (draws.chance('told to another one', 0.2))
        time.plan(draws.between('stalled', 8_000, 24_000), null, () => this.#tell(runId, count + 1))
    })
  }
}
