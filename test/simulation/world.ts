import type { UserStatus } from '../../src/okta/status.ts'
import { leavesWithinMs } from '../../src/rules/doubt.ts'
import { Disk, type SimNode } from './disk.ts'
import { Draws } from './draws.ts'
import { FileApi } from './file-api.ts'
import { JournalWatch } from './journal-watch.ts'
import { Network } from './network.ts'
import { type Caller, Org, type OrgAnswer } from './org.ts'
import { install, type Patches, SimTimer } from './patches.ts'
import { SimProcess } from './process.ts'
import { ownerId, type Scenario } from './scenario.ts'
import { SimStore } from './sim-store.ts'
import { type Happening, VirtualTime } from './virtual-time.ts'

/** Where everything lies on the simulated disk. */
export const home = '/sim'
/** The file that jobs name for activation links. */
export const linksPath = `${home}/links.csv`
export const runsDirectory = `${home}/runs`

/** How far the machine's own clock is from virtual time at first. */
const wallOffsetMs = Date.UTC(2026, 2, 2, 10)

/** Within this time a process has written down what it saw. */
const writingMs = 1_500
/** A window, and what a call may take to leave after that is checked, with what Okta's clock is known to. */
const oldestReadMs = 60_000 + leavesWithinMs + 2_500
/** How long one that stalls may take. */
export const longestStallMs = 42_000

/** A lifecycle call that has left a process. */
interface Departed extends Caller {
  readonly at: number
  readonly key: string
  readonly action: string
  /** The user's status in the org at that moment; null if there is no such user. */
  readonly status: UserStatus | null
}

/** A call as the journal of its run names it. */
export function callName({ run, row, step, attempt }: Omit<Caller, 'pid'>): string {
  return `${run} ${row} ${step} ${attempt}`
}

/** Everything of one history: time, disk, org, network and processes. */
export class World {
  readonly scenario: Scenario
  readonly draws: Draws
  readonly time = new VirtualTime()
  readonly disk = new Disk()
  readonly files: FileApi
  readonly org: Org
  readonly network: Network
  readonly journals: JournalWatch
  /** The store that keeps the runs; null where they are in a runs directory. */
  readonly store: SimStore | null
  readonly processes: SimProcess[] = []
  readonly departures: Departed[] = []
  /** When processes had the answer that a call was refused because of its user. */
  readonly refusals: (Caller & { readonly at: number })[] = []
  /** The same for calls that were refused because of the token or the user. */
  readonly forbidden: (Caller & { readonly at: number })[] = []
  /** Whom Okta first showed to a process for a key, as an id, by process and key. */
  readonly shown = new Map<string, string>()
  /** When a process was last shown a user, by its number and the user's id, in virtual ms. */
  readonly readAt = new Map<string, number>()
  /** When a process was last shown anybody, by its number. */
  readonly shownAt = new Map<number, number>()
  /** Reads of users that were refused, and when their process had last been shown anybody before. */
  readonly refusedReads: { readonly pid: number; readonly shownAt: number }[] = []
  readonly violations: string[] = []
  readonly history: string[] = []
  /** Whom others changed after the plan was made. */
  readonly changedSincePlan = new Set<string>()
  /** When a person let an unusual input pass, in virtual ms; null: nobody has. */
  acceptedAt: number | null = null
  /** When a person let more users pass than the job allows, in virtual ms; null: nobody has. */
  letAllAt: number | null = null
  /** Files that are not where they belong for a while, by their paths. */
  readonly away = new Map<string, SimNode>()
  /** When an older journal took the place of a run's own, by the run, in virtual ms. */
  readonly cuts = new Map<string, readonly number[]>()
  /**
   * When the intents and answers of calls were lost with a part of a run's journal, by the event's name and
   * {@link callName}, in virtual ms.
   */
  readonly lostLines = new Map<string, readonly number[]>()
  /** When users' logins were given to others, in virtual ms. */
  readonly inheritedAt = new Map<string, number>()
  /** When the file of activation links was last moved, in virtual ms. */
  linksMovedAt = 0
  /** When holds were first removed by hand, in virtual ms; null: never. */
  holdsRemovedAt: number | null = null
  /** For a planted bug: the job does not say whom it protects. */
  forgetsGuards = false
  /** The machine's clock, which a person may set. */
  wallOffset = wallOffsetMs
  #pids = 100
  #uuids = 0
  #patches: Patches | null = null

  constructor(scenario: Scenario) {
    this.scenario = scenario
    this.draws = new Draws(scenario.seed)
    this.files = new FileApi(
      this.disk,
      (name, effect) => this.#syscall(name, effect),
      () => this.time.now,
    )
    this.org = new Org(
      {
        clockMs: scenario.orgClockMs,
        untold: scenario.untold,
        limits: scenario.limits,
        concurrency: scenario.orgConcurrency,
        owner: ownerId,
      },
      () => this.time.now,
    )
    this.journals = new JournalWatch((line) => this.violate(line))
    // A working copy of a store is nobody's journal.
    if (scenario.store === null)
      this.files.onWrite = (path, _file, bytes, at) =>
        this.journals.written(this.#current?.pid ?? 0, path, bytes, at)
    this.files.onCut = (path, length) => this.journals.cut(path, length)
    this.store =
      scenario.store === null
        ? null
        : new SimStore({
            spec: scenario.store,
            time: this.time,
            draws: this.draws,
            note: (line) => this.note(line),
            violate: (line) => this.violate(line),
            onJournal: (pid, run, bytes, at) =>
              this.journals.written(pid, `${runsDirectory}/${run}/journal.ndjson`, bytes, at),
          })
    this.network = new Network({
      time: this.time,
      draws: this.draws,
      org: this.org,
      faults: scenario.faults,
      requestTimeoutMs: scenario.requestTimeoutS * 1000,
      stalls: scenario.stalls,
      isStoreSlow: isStoreSlow(scenario),
      kill: (process) => this.kill(process),
      transitionMs: scenario.transitionMs,
      runsAtOnce: scenario.store?.runsAtOnce ?? 1,
      note: (line) => this.note(line),
      violate: (line) => this.violate(line),
      knowsLimit: (process, bucket) => this.#knowsLimit(process, bucket),
      // In a store, what one process has seen the others learn later.
      hasSeenLimit: (process, bucket) =>
        this.store !== null ||
        // Once a machine has slept, what is under way is overdue by Okta's time.
        scenario.disturbances.some(({ kind }) => kind === 'sleep') ||
        this.processes.some((other) => other.group === process.group && other.limitsSeen.has(bucket)),
      onForbidden: (caller) => this.forbidden.push({ ...caller, at: this.time.now }),
      onRefused: (caller) => this.refusals.push({ ...caller, at: this.time.now }),
      onRead: (process, path, answer) => this.#shows(process, path, answer),
      onDeparture: (process, method, path) => this.#departs(process, method, path),
    })
  }

  note(line: string): void {
    this.history.push(`${(this.time.now / 1000).toFixed(3).padStart(9)}  ${line}`)
  }

  violate(line: string): void {
    this.violations.push(line)
    this.note(`VIOLATION ${line}`)
  }

  /** The runs that there are now, by id. */
  runs(): readonly string[] {
    const directory = this.disk.find(runsDirectory)
    if (directory?.kind !== 'directory') return []
    return [...directory.names.keys()].filter((name) => !name.startsWith('.'))
  }

  /** Lines of a run's journal are lost from now on. */
  noteLost(run: string, lines: readonly string[]): void {
    for (const line of lines) {
      const event = parsed(line)
      if (event === null) continue
      if (event.event !== 'intent' && event.event !== 'answer') continue
      const name = `${event.event} ${callName({ run, ...event })}`
      this.lostLines.set(name, [...(this.lostLines.get(name) ?? []), this.time.now])
    }
  }

  /** Starts a process that does some work of the program. */
  start(command: string, work: () => Promise<number>, machine = 'host-a'): SimProcess {
    const process = new SimProcess(this.#pids++, command, machine, this.time.now)
    this.processes.push(process)
    this.note(`process ${process.pid} begins: ${command}`)
    this.time.plan(0, process, () => {
      work().then(
        (code) => this.#end(process, code, null),
        (error: unknown) => this.#end(process, 1, error),
      )
    })
    return process
  }

  /** Puts files back that were away. */
  bringBack(): void {
    for (const [path, file] of this.away) {
      // A run that was still new has begun another journal.
      if (this.disk.find(path) !== null) continue
      const { directory, name } = this.disk.place(path, 'rename')
      this.disk.change(directory, [[name, file]])
      this.disk.syncAll()
    }
    this.away.clear()
  }

  /** Ends a process at once. Its writes stay in the system's cache. */
  kill(process: SimProcess): void {
    if (process.ended) return
    process.state = 'gone'
    process.endedAt = this.time.now
    // A process is gone only once the system has done with its calls.
    for (const land of [...process.underWay]) land()
    this.note(`process ${process.pid} is killed`)
  }

  /** Ends all processes, and with them all that was not synced. */
  cutPower(): void {
    for (const process of this.processes) this.kill(process)
    this.disk.losePower(this.draws)
    this.journals.forget()
    this.note('the power fails')
  }

  enter(): void {
    const { scenario } = this
    this.#patches = install({
      isAtWork: () => this.time.current !== null,
      setTimer: (run, ms, repeats) => this.#setTimer(run, ms, repeats),
      clearTimer: (timer) => {
        if (timer instanceof SimTimer) timer.cancel()
      },
      sleep: (ms, signal) => this.#sleep(ms, signal),
      monotonic: () => this.#monotonic(this.#current),
      wall: () => this.time.now + this.wallOffset,
      random: () => this.draws.next('random'),
      uuid: () => `00000000-0000-4000-8000-${String(this.#uuids++).padStart(12, '0')}`,
      hostname: () => (scenario.sameNames ? 'worker' : (this.#current?.machine ?? 'nowhere')),
      pid: () => this.#current?.pid ?? 0,
      exit: (code) => {
        if (this.#current !== null) this.#end(this.#current, code, null)
      },
      onSignal: (name, handler, on) => {
        const handlers = this.#current?.signals.get(name) ?? new Set()
        if (on) handlers.add(handler)
        else handlers.delete(handler)
        this.#current?.signals.set(name, handlers)
      },
      print: (text) => this.#current?.output.push(text),
      files: {
        ...this.files.promises,
        readFile: (path: string, encoding?: unknown) =>
          path.startsWith('/proc/')
            ? Promise.resolve().then(() => this.#proc(path))
            : this.files.promises.readFile(path, encoding),
        readlink: async () => 'pid:[1]',
      },
      isMyPath: (path) =>
        typeof path === 'string' && (path === '/' || path.startsWith(home) || this.#isProc(path)),
      isMyDescriptor: (fd) => this.files.isDescriptor(fd),
      statSync: (path, options) => this.files.statSync(path, options),
      fstatSync: (fd) => this.files.fstatSync(fd),
      writeSync: (fd, bytes, at) => this.files.writeSync(fd, bytes, at),
      readChunks: (path, start, most) => this.files.chunks(path, start, most),
      dispatch: (options, handler) => {
        if (this.#current !== null) this.network.dispatch(this.#current, options, handler)
      },
    })
  }

  leave(): void {
    this.#patches?.restore()
    this.#patches = null
  }

  get #current(): SimProcess | null {
    return this.time.current instanceof SimProcess ? this.time.current : null
  }

  #knowsLimit(process: SimProcess, bucket: string): boolean {
    // Who is paused before it tells the store leaves the others in the dark.
    if (!process.limitsSeen.has(bucket) && this.store?.rows.isLimitUnknown(bucket) === true) return false
    return this.processes.some((other) => {
      const seenAt = other.limitsSeen.get(bucket)
      if (seenAt === undefined || other.group !== process.group) return false
      const until = other.ended || this.store === null ? other.endedAt : this.time.now
      return other === process || until - seenAt > (this.scenario.stalls ? longestStallMs : writingMs)
    })
  }

  #shows({ pid }: SimProcess, path: string, { status, body }: OrgAnswer): void {
    const [, key] = /^\/api\/v1\/users\/([^/?]+)$/.exec(path) ?? []
    if (key !== undefined && status === 403)
      this.refusedReads.push({ pid, shownAt: this.shownAt.get(pid) ?? Number.NEGATIVE_INFINITY })
    if (key === undefined || status !== 200 || !body.startsWith('{')) return
    this.shownAt.set(pid, this.time.now)
    const name = `${pid} ${decodeURIComponent(key)}`
    const { id } = JSON.parse(body) as { readonly id: string }
    this.shown.set(name, this.shown.get(name) ?? id)
    this.readAt.set(`${pid} ${id}`, this.time.now)
  }

  #departs(process: SimProcess, method: string, path: string): Caller | null {
    if (method !== 'POST') return null
    const [, , , , key = '', , action = ''] = path.split('?')[0]?.split('/') ?? []
    const intent = this.journals.latestIntent(process.pid, decodeURIComponent(key))
    if (intent === null) {
      this.violate(`I1 ${process.pid} sends ${action} for ${key} without an intent`)
      return null
    }
    const { run, row, step, attempt, end, path: journal, settled } = intent
    if (settled) this.violate(`I1 ${process.pid} sends ${action} for ${key}, whose last intent is settled`)
    if (this.store !== null) this.#checkClaim(this.store, process, run)
    else this.#checkHold(process, run, `${action} for ${key}`, { journal, end })
    process.sentFor.add(run)
    process.sentAt = this.time.now
    const caller = { run, row, step, attempt, pid: process.pid }
    const id = decodeURIComponent(key)
    const status = this.org.users.get(id)?.status ?? null
    this.departures.push({ ...caller, at: this.time.now, key: id, action, status })
    this.#checkRead(process, id, action)
    return caller
  }

  /** I32: where the job reads first, no call is based on a read that is older than one window. */
  #checkRead({ pid, wokeAt }: SimProcess, id: string, action: string): void {
    // What a machine has slept through, its process knows only by Okta's next answer.
    if (!this.scenario.readFirst || wokeAt !== null) return
    const age = this.time.now - (this.readAt.get(`${pid} ${id}`) ?? Number.NEGATIVE_INFINITY)
    if (age > oldestReadMs)
      this.violate(`I32 ${pid} sends ${action} for ${id}, whom it has read ${age.toFixed(0)} ms before`)
  }

  /** I24: nothing is sent near the end of a claim, or after it. The store has the intent, or it would not be known. */
  #checkClaim(store: SimStore, process: SimProcess, run: string): void {
    // A clock that is set back about the time of a sleep hides the sleep: neither clock of the process shows it.
    const kinds = new Set(this.scenario.disturbances.map(({ kind }) => kind))
    if (kinds.has('sleep') && kinds.has('clock_step')) return
    const why = store.whyNotSend(process.pid, run)
    if (why !== null) this.violate(`I24 ${process.pid} sends for run ${run} ${why}`)
  }

  /** I1, I9: the intent is on disk, and nobody has taken the run or its job over. */
  #checkHold(
    process: SimProcess,
    run: string,
    what: string,
    { journal, end }: { readonly journal: string; readonly end: number },
  ): void {
    const file = this.disk.find(journal)
    if (file?.kind !== 'file' || !file.isSynced(end))
      this.violate(`I1 ${process.pid} sends ${what} before its intent is on disk`)
    process.sentEnd = end
    // Where a person has removed the holds, a call may still leave if its intent was on disk before the other process began:
    // that process knows of it.
    const isKnown = (other: SimProcess): boolean =>
      this.scenario.disturbances.some(({ kind }) => kind === 'holds_removed') &&
      (this.files.read(journal) ?? Buffer.alloc(0))
        .subarray(other.pid > process.pid ? end : other.sentEnd)
        .includes('"event":"execution"')
    // One that waited while another one had the run may take it once that one has given it back, or is dead.
    const gaveBack = (other: SimProcess): boolean =>
      other.ended && (process.sentAt ?? this.time.now) > other.endedAt
    const later = this.processes.find(
      (other) =>
        ((other.pid > process.pid && other.sentFor.has(run) && !gaveBack(other)) ||
          // All runs are of one job: whoever has sent since then holds its name.
          (process.sentAt !== null && other !== process && (other.sentAt ?? 0) > process.sentAt)) &&
        !isKnown(other),
    )
    if (later !== undefined)
      this.violate(`I9 ${process.pid} sends for run ${run} after ${later.pid} has taken it or its job over`)
  }

  #end(process: SimProcess, code: number, error: unknown): void {
    if (process.ended) return
    process.exitCode = code
    process.endedAt = this.time.now
    process.crash = error
    process.state = 'gone'
    this.note(`process ${process.pid} ends: ${code}${error === null ? '' : ` ${String(error)}`}`)
  }

  #setTimer(run: () => void, ms: number, repeats: boolean): SimTimer {
    const timer = new SimTimer()
    const process = this.#current
    const plan = (): void => {
      timer.cancel = this.#planTimer(process, ms, () => {
        if (repeats) plan()
        run()
      })
    }
    plan()
    return timer
  }

  /** Timers go by the monotonic clock, which stands still while the machine sleeps. Returns how to cancel it. */
  #planTimer(process: SimProcess | null, ms: number, run: () => void): () => void {
    const due = this.#monotonic(process) + ms
    let happening: Happening
    const plan = (delay: number): void => {
      happening = this.time.plan(delay, process, () => {
        const left = due - this.#monotonic(process)
        if (left >= 1) plan(left)
        else run()
      })
    }
    plan(ms)
    return () => {
      happening.run = null
    }
  }

  #monotonic(process: SimProcess | null): number {
    return this.time.now - (process === null ? 0 : process.startedAt + process.sleptMs)
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#planTimer(this.#current, ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        reject(signal.reason)
      })
    })
  }

  #syscall<T>(name: string, effect: () => T): Promise<T> {
    const owner = this.time.current
    const { powerLosses } = this.disk
    const stalled =
      this.scenario.stalls && name.includes('sync') && this.draws.chance('stalled sync', 0.1)
        ? this.draws.between('stalled for', 1_000, 40_000)
        : 0
    const delay = name.includes('sync')
      ? stalled + this.draws.between('sync', 0.3, this.draws.chance('slow sync', 0.03) ? 400 : 3)
      : this.draws.between('syscall', 0.02, this.draws.chance('slow syscall', 0.01) ? 60 : 0.3)
    return new Promise((resolve, reject) => {
      let landed = false
      const land = (): void => {
        if (landed) return
        landed = true
        underWay?.delete(land)
        if (this.disk.powerLosses !== powerLosses || (owner?.state === 'gone' && !outlives)) return
        let answer: () => void
        try {
          const value = effect()
          answer = () => resolve(value)
        } catch (error) {
          answer = () => reject(error)
        }
        this.time.handOver(owner, answer)
      }
      // Half of the time the system has begun with it when the process is killed.
      const outlives = this.draws.chance('outlives', 0.5)
      const underWay = owner instanceof SimProcess ? owner.underWay : null
      underWay?.add(land)
      this.time.plan(delay, null, land)
    })
  }

  #isProc(path: string): boolean {
    return path.startsWith('/proc/') && this.time.current !== null
  }

  /** What Linux shows of the machine and its processes. */
  #proc(path: string): string {
    const me = this.#current
    if (path === '/proc/sys/kernel/random/boot_id') return `boot-${me?.machine}-${this.disk.powerLosses}`
    if (path === '/proc/uptime') return `${(this.time.now / 1000).toFixed(2)} 0.00`
    const number = path === '/proc/self/stat' ? me?.pid : Number(path.split('/')[2])
    const process = this.processes.find(
      (other) => other.pid === number && !other.ended && other.machine === me?.machine,
    )
    if (process === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT', syscall: 'open' })
    return `${number} (node) S${' 0'.repeat(18)} ${Math.round(process.startedAt)}`
  }
}

/** A line of a journal; null for what a power cut has left of one. */
function parsed(line: string): (Omit<Caller, 'run' | 'pid'> & { readonly event: string }) | null {
  try {
    return JSON.parse(line) as Omit<Caller, 'run' | 'pid'> & { readonly event: string }
  } catch {
    return null
  }
}

/** Whether what is asked of the store of a scenario may take long. */
function isStoreSlow({ store, disturbances }: Scenario): boolean {
  if (store === null) return false
  const isTroubled = disturbances.some(({ kind }) => kind === 'store_away' || kind === 'answers_lost')
  return store.slowMs > 500 || store.lost > 0 || isTroubled
}
