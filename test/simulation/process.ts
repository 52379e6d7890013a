import type { Happening, Owner } from './virtual-time.ts'

/** What remained of a rate limit until a reset (epoch seconds), and since when a process knows it (virtual ms). */
interface Remaining {
  readonly remaining: number
  readonly reset: number
  readonly since: number
}

/** A process of the simulated machine. */
export class SimProcess implements Owner {
  state: Owner['state'] = 'running'
  readonly held: Happening[] = []
  readonly pid: number
  /** What it was started as: `run`, `resume`, `retry`, `undo`. */
  readonly command: string
  readonly machine: string
  /** When it began, in virtual ms. Its monotonic clock counts from then. */
  readonly startedAt: number
  /** How long its machine has slept since then, in ms. Its monotonic clock stood still meanwhile. */
  sleptMs = 0
  /** When it last woke up, in virtual ms; null if its machine has never slept. */
  wokeAt: number | null = null
  readonly signals = new Map<string, Set<() => void>>()
  readonly output: string[] = []
  /** When it first saw the limit of each rate-limit bucket, in virtual ms. */
  readonly limitsSeen = new Map<string, number>()
  /** By rate-limit bucket the lowest remaining that it was shown in the last window, and what it has sent since. */
  readonly lowest = new Map<string, Remaining & { sentSince: number }>()
  /** The runs for which lifecycle calls left it. */
  readonly sentFor = new Set<string>()
  /** When the last of them left, in virtual ms; null before the first. */
  sentAt: number | null = null
  /** Where the intent of its last call ends in the journal, in bytes. */
  sentEnd = 0
  /** With whom it shares the limits; null where the run that its command names has them. */
  shares: string | null = null
  /** While Okta refuses its token, in virtual ms; null if it never does. */
  refused: { readonly fromMs: number; readonly toMs: number } | null = null
  /**
   * How many runs it may still take before Okta accepts its token again, as it must know from the answers that it has;
   * null while nothing is wrong.
   */
  mayTake: number | null = null
  /** Whether a person has said that it bears any number of failures, and may take any time. */
  bearsAll = false
  /** Its calls to the system that are under way: each ends one of them at once. */
  readonly underWay = new Set<() => void>()
  /** Whether a read that a guard needs was refused: then nobody can be checked, and nothing is sent. */
  isGuardRefused = false
  /** How many requests have left it. */
  departed = 0
  /** Called with the number of its calls that were applied, after each of them. */
  readonly onApplied: ((count: number) => void)[] = []
  #appliedCalls = 0
  #hasHeard = false
  exitCode: number | null = null
  /** When it ended, in virtual ms. */
  endedAt = 0
  /** When it was paused, in virtual ms. */
  readonly pausedAt: number[] = []
  /** An error that nobody expects. */
  crash: unknown = null

  constructor(pid: number, command: string, machine: string, startedAt: number) {
    this.pid = pid
    this.command = command
    this.machine = machine
    this.startedAt = startedAt
  }

  /** Whose share of the limits it uses: that of its run, and of the runs that this one goes on from. */
  get group(): string {
    return this.shares ?? this.command.split(' ')[1] ?? ''
  }

  /** An answer shows how much remains in a window. */
  showsRemaining(bucket: string, shown: Remaining): void {
    const known = this.lowest.get(bucket)
    const isLower =
      known === undefined ||
      shown.reset > known.reset ||
      (shown.reset === known.reset && shown.remaining < known.remaining)
    if (isLower) this.lowest.set(bucket, { ...shown, sentSince: 0 })
  }

  /**
   * It has an answer. A worker whose token is refused learns so with its first question, before it takes anything; or by
   * the calls of as many runs as it carries out at once.
   */
  hears(status: number, runsAtOnce: number): void {
    if (status !== 401) this.mayTake = null
    else if (this.mayTake === null) this.mayTake = this.#hasHeard ? runsAtOnce : 0
    this.#hasHeard = true
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
