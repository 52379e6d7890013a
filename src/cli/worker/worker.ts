import { HoldLost } from '../../files/hold/hold.ts'
import { renderDuration } from '../../messages/duration.ts'
import { KnownError } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import type { Announcements } from '../../store/announcements.ts'
import { Claim } from '../../store/claim.ts'
import type { Claimant } from '../../store/may-claim.ts'
import { isAway, isOfStore, storeError } from '../../store/store-error.ts'
import type { Tables } from '../../store/tables.ts'
import { describeRestored } from '../describe-restored.ts'
import { carryOutRun } from './carry-out-run.ts'
import { keepSchedules } from './keep-schedules.ts'
import { LeftAlone } from './left-alone.ts'
import type { Orgs } from './orgs.ts'
import { type AskCredentials, OrgsAtHand } from './orgs-at-hand.ts'
import { submitDue } from './submit-due.ts'

/** How often to check that schedules are announced as they should be. */
const keepEveryMs = 60_000

/** How often open runs are looked for, besides when somebody says that there are some. */
const lookEveryMs = 15_000

export interface WorkerOptions {
  readonly tables: Tables
  readonly claimant: Claimant
  readonly orgs: Orgs
  /** How many runs are carried out at once. */
  readonly runs: number
  readonly drain: number
  readonly stop: StopSwitch
  readonly announcements: Pick<Announcements, 'announce' | 'keepSchedule'>
  readonly askCredentials: AskCredentials
  readonly say: (line: string) => void
}

/** A run at work, with the switch that stops it. */
interface RunAtWork {
  readonly stop: StopSwitch
  readonly ended: Promise<void>
}

/** Carries out the open runs of a store, some at a time, until it is stopped. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #atWork = new Map<string, RunAtWork>()
  readonly #leftAlone = new LeftAlone()
  readonly #orgs: OrgsAtHand
  #awake: (() => void) | null = null
  /** What was last said about why nothing can be taken up; null while all is well. */
  #trouble: string | null = null
  /** The same of schedules. */
  #troubleOfSchedules: string | null = null
  /** Ends when what is due has been submitted. Never rejects. */
  #submitting: Promise<void> | null = null
  /** Whether it was to be looked for again meanwhile. */
  #isDueAgain = false
  /** Whether somebody has said, since the last look, that there is something to look for. */
  #told = false
  /** When schedules were last checked, by the monotonic clock. */
  #keptAt = Number.NEGATIVE_INFINITY
  /** Whether it has been said that this machine's clock is wrong. */
  #isClockTold = false
  /** What was said of schedules that are never due. */
  readonly #neverDue = new Set<string>()
  /** Runs that are being claimed. */
  #claiming = 0

  constructor(options: WorkerOptions) {
    this.#options = options
    const { orgs, askCredentials: ask, say } = options
    this.#orgs = new OrgsAtHand({ orgs, ask, say, onOpen: () => this.lookNow() })
  }

  /** Works until the switch is turned, and until what is at work then has been settled and handed back. */
  async work(): Promise<void> {
    const { stop } = this.#options
    stop.signal.addEventListener('abort', () => this.lookNow())
    await this.#orgs.begin()
    while (stop.reason === null) {
      this.#told = false
      await this.#look()
      await this.#rest()
    }
    for (const run of this.#atWork.values()) if (stop.reason !== null) run.stop.turn(stop.reason)
    await Promise.all([this.#submitting, ...[...this.#atWork.values()].map(({ ended }) => ended)])
  }

  /** Looks for open runs at once: somebody has said that there are some. */
  lookNow(): void {
    this.#told = true
    this.#awake?.()
  }

  async #rest(): Promise<void> {
    if (this.#options.stop.reason !== null || this.#told) return
    const again = this.#leftAlone.nextInMs(performance.now()) ?? lookEveryMs
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(lookEveryMs, Math.ceil(again)))
      this.#awake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#awake = null
  }

  /** Takes up as many open runs as there is room for. The store may be away for any time. */
  async #look(): Promise<void> {
    try {
      const { tables, claimant } = this.#options
      this.#orgs.look(performance.now())
      await tables.workers.note(claimant, [...this.#orgs.open.keys()])
      await this.#leaveRestored()
      this.#seeToSchedules()
      await this.#takeUp()
      if (this.#trouble !== null) this.#options.say('The store answers again.')
      this.#trouble = null
    } catch (error) {
      // Whatever it is: the runs at work go on, and nobody is there to start this worker again.
      const trouble = isAway(error)
        ? 'The store does not answer. Nothing is taken up until it does.'
        : `Nothing is taken up: ${storeError(this.#options.tables.url, error).message}`
      if (this.#trouble !== trouble) this.#options.say(trouble)
      this.#trouble = trouble
    }
  }

  /** Submits what is due, beside all else: to read and check a large input takes its time, and no run waits for that. */
  #seeToSchedules(): void {
    if (this.#submitting !== null) {
      this.#isDueAgain = true
      return
    }
    this.#isDueAgain = false
    this.#submitting = this.#submitDue()
      .then(
        () => {
          this.#troubleOfSchedules = null
        },
        (error: unknown) => {
          // That the store is away is said of the runs.
          if (isAway(error)) return
          const trouble = `No schedule is seen to: ${storeError(this.#options.tables.url, error).message}`
          if (this.#troubleOfSchedules !== trouble) this.#options.say(trouble)
          this.#troubleOfSchedules = trouble
        },
      )
      .finally(() => {
        this.#submitting = null
        if (this.#isDueAgain) this.lookNow()
      })
  }

  async #submitDue(): Promise<void> {
    const options = { ...this.#options, orgs: this.#orgs.open }
    await submitDue(options)
    if (performance.now() - this.#keptAt < keepEveryMs || this.#options.stop.reason !== null) return
    this.#keptAt = performance.now()
    const { neverDue, clockAheadMs } = await keepSchedules(options)
    if (clockAheadMs !== null && !this.#isClockTold) this.#options.say(describeClock(clockAheadMs))
    this.#isClockTold = clockAheadMs !== null
    for (const { job, orgUrl, pattern, timeZone } of neverDue) {
      const line = `${job} in ${orgUrl} is never submitted: ${JSON.stringify(pattern)} in ${timeZone} is no time. → okta-lifecycle submit --job FILE --every "15 2 * * *" --yes`
      if (!this.#neverDue.has(line)) this.#options.say(line)
      this.#neverDue.add(line)
    }
  }

  /** Leaves to people what was put back from an older copy, and says so: before anybody sees to runs or schedules. */
  async #leaveRestored(): Promise<void> {
    const { tables, say } = this.#options
    const restored = describeRestored(await tables.leaveRestored())
    if (restored !== null) say(restored)
  }

  /** The runs that may be taken. */
  async #openRuns(): ReturnType<Tables['runs']['open']> {
    await this.#leaveRestored()
    return await this.#options.tables.runs.open([...this.#orgs.open.keys()])
  }

  async #takeUp(): Promise<void> {
    const { announcements } = this.#options
    for (const run of await this.#openRuns()) {
      const { runId } = run
      // What this worker has no room for, another one may have. Whoever is told looks at our table first.
      if (!(await this.#tryRun(runId)) && !this.#atWork.has(runId))
        await announcements.announce(run).catch(() => {})
    }
  }

  /** Takes a run up if there is room for it and it is open. Returns whether it did. */
  async #tryRun(runId: string): Promise<boolean> {
    const { tables, claimant, runs, stop } = this.#options
    if (this.#atWork.size + this.#claiming >= runs || stop.reason !== null || this.#atWork.has(runId))
      return false
    if (this.#leftAlone.has(runId, performance.now())) return false
    this.#claiming++
    try {
      // Two runs of a worker are as strange to each other as those of two workers.
      const ofRun = { ...claimant, holder: `${claimant.holder}/${runId}` }
      const taken = await Claim.take(tables, runId, ofRun, 'wanted')
      if (!(taken instanceof Claim)) return false
      this.#begin(runId, taken, ofRun)
      return true
    } finally {
      this.#claiming--
    }
  }

  /** Carries a run out that this worker was told of, if it is open and one of its orgs. */
  async carryOut(runId: string): Promise<'done' | 'handed_back'> {
    try {
      if ((await this.#isMine(runId)) && (await this.#tryRun(runId))) await this.#atWork.get(runId)?.ended
    } catch (error) {
      // It looks for open runs by itself as well.
      if (!isAway(error)) this.#options.say(`${runId}: ${String(error)}`)
    }
    return this.#options.stop.reason === null ? 'done' : 'handed_back'
  }

  async #isMine(runId: string): Promise<boolean> {
    return (await this.#openRuns()).some((run) => run.runId === runId)
  }

  #begin(runId: string, claim: Claim, claimant: Claimant): void {
    const stop = new StopSwitch()
    const ended = this.#carryOut(runId, claim, claimant, stop).finally(() => {
      this.#atWork.delete(runId)
      this.lookNow()
    })
    this.#atWork.set(runId, { stop, ended })
    // A stop may have come while the run was claimed.
    if (this.#options.stop.reason !== null) stop.turn(this.#options.stop.reason)
  }

  /** Never rejects. */
  async #carryOut(runId: string, claim: Claim, claimant: Claimant, stop: StopSwitch): Promise<void> {
    const say = (line: string): void => this.#options.say(`${runId}: ${line}`)
    say(`taken up, epoch ${claim.epoch}`)
    try {
      const { announcements } = this.#options
      const announce: typeof announcements.announce = (run) => announcements.announce(run)
      const refusing = await carryOutRun(claim, { ...this.#options, claimant, announce, stop, say })
      if (refusing !== null) this.#orgs.doubt(refusing)
    } catch (thrown) {
      if (thrown instanceof RunStopped) return
      const error = isOfStore(thrown) ? storeError(this.#options.tables.url, thrown) : thrown
      say(
        error instanceof KnownError
          ? `${error.message} → ${error.next}`
          : String((error as Error).stack ?? error),
      )
      if (!(error instanceof HoldLost)) this.#leftAlone.leave(runId, error, performance.now())
    } finally {
      // What is handed back need not wait until the others look by themselves.
      if (stop.reason !== null) await this.#options.announcements.announce(claim).catch(() => {})
    }
  }
}

function describeClock(aheadMs: number): string {
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  return `The clock of this machine is ${renderDuration(Math.abs(aheadMs) / 1000)} ${side} the store's. What is due is due by the store's clock, and is seen to some minutes late unless another worker is there. → Set the clock, for example by NTP.`
}
