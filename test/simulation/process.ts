import type { Happening, Owner } from './virtual-time.ts'

/** A process of the simulated machine. */
export class SimProcess implements Owner {
  state: Owner['state'] = 'running'
  readonly held: Happening[] = []
  readonly pid: number
  /** What it was started as: `run`, `resume`, `retry`. */
  readonly command: string
  readonly machine: string
  /** When it began, in virtual ms. Its monotonic clock counts from then. */
  readonly startedAt: number
  readonly signals = new Map<string, Set<() => void>>()
  readonly output: string[] = []
  /** When it first saw the limit of each rate-limit bucket, in virtual ms. */
  readonly limitsSeen = new Map<string, number>()
  /** By rate-limit bucket, the window of which it knows that nothing remains, and since when. */
  readonly emptied = new Map<string, { readonly reset: number; readonly since: number }>()
  /** The runs for which lifecycle calls left it. */
  readonly sentFor = new Set<string>()
  /** Called with the number of its calls that were applied, after each of them. */
  readonly onApplied: ((count: number) => void)[] = []
  #appliedCalls = 0
  exitCode: number | null = null
  /** When it ended, in virtual ms. */
  endedAt = 0
  /** An error that nobody expects. */
  crash: unknown = null

  constructor(pid: number, command: string, machine: string, startedAt: number) {
    this.pid = pid
    this.command = command
    this.machine = machine
    this.startedAt = startedAt
  }

  /** Whose share of the limits it uses: its run's, or its own where it works on two runs. */
  get group(): string {
    return this.command.startsWith('retry')
      ? `${this.command} ${this.pid}`
      : (this.command.split(' ')[1] ?? '')
  }

  /** One of its calls was applied. */
  applied(): void {
    this.#appliedCalls++
    for (const react of this.onApplied) react(this.#appliedCalls)
  }

  get ended(): boolean {
    return this.exitCode !== null || this.state === 'gone'
  }

  /** Delivers a signal. Without a handler it ends the process, as the system does. */
  signal(name: string): void {
    const handlers = this.signals.get(name)
    if (handlers === undefined || handlers.size === 0) this.state = 'gone'
    else for (const handler of [...handlers]) handler()
  }
}
