import { SimAnnouncer } from './announcer.ts'
import { disturb } from './disturb.ts'
import { partsOf } from './input.ts'
import type { Report } from './play.ts'
import type { SimProcess } from './process.ts'
import { readReports } from './reports.ts'
import type { Disturbance, StoreSpec } from './scenario.ts'
import type { SimStore } from './sim-store.ts'
import { startOnRun, startReport, startSubmit, startWorker } from './store-program.ts'
import { journalBytes } from './store-rows.ts'
import { putSummaryBack, takeOut } from './stored.ts'
import { home, type World } from './world.ts'

const mostSteps = 600_000
/** How long the world may be bad before somebody repairs all of it. */
const badMs = 900_000
/** Within this time of a healthy world, whoever works comes to an end. */
const healthyMs = 7_200_000
/** A run of which a call was applied within this time does not hang. */
const advancingMs = 200_000
/** How often each run is resumed in a healthy world before it must have ended. */
const mostHealthy = 6
/** How often somebody looks after the workers. */
const lookMs = 1_000

interface RunJson {
  readonly state: string
  readonly closed_by?: string
}

/** What people do with runs of a store, while workers carry them out, until nothing is left to do. */
export class StoreStory {
  readonly reports: Report[] = []
  readonly #world: World
  readonly #store: SimStore
  readonly #spec: StoreSpec
  readonly #announcer: SimAnnouncer
  readonly #workers: (SimProcess | null)[]
  readonly #said = new Set<SimProcess>()
  /** By run, what of it was last taken out and reported. */
  readonly #reported = new Map<string, string>()
  #started = 0
  /** Calls of ours that were applied, by any process. */
  #applied = 0
  #isHealed = false
  #isOver = false

  constructor(world: World) {
    const { store, scenario, time, draws } = world
    if (store === null || scenario.store === null) throw new Error('There is no store in this world.')
    this.#world = world
    this.#store = store
    this.#spec = scenario.store
    this.#announcer = new SimAnnouncer({ store, spec: scenario.store, time, draws })
    this.#workers = scenario.store.workers.map(() => null)
  }

  async tell(): Promise<void> {
    this.#lookAfterWorkers()
    const chains = partsOf(this.#world.scenario).map(({ runId }) => runId)
    for (let number = 0; ; number++) {
      if (number > this.#world.scenario.moves.length) this.#heal()
      const left = chains.filter((run) => this.#isLeft(run, number))
      if (left.length === 0 && number > this.#world.scenario.moves.length) break
      if (number > this.#world.scenario.moves.length + mostHealthy) {
        this.#world.violate(`I10 run ${left[0]} does not end`)
        return
      }
      if (left.length === 0) continue
      const commands = left.map((run) => this.#command(run, number))
      if (!(await this.#untilRest(commands))) return
      await this.#report()
    }
    await this.#endWorkers()
    await this.#report()
  }

  /** Whether a person has something to do for a run and those that go on from it. */
  #isLeft(first: string, number: number): boolean {
    const run = this.#runJson(this.#latest(first))
    if (run === null || run.state !== 'finished') return true
    const move = this.#world.scenario.moves[number - 1]
    return move === 'retry' || move === 'undo'
  }

  /** The next command for a run. */
  #command(first: string, number: number): SimProcess {
    const world = this.#world
    const run = this.#latest(first)
    const place = { store: this.#store, announcer: this.#announcer }
    if (this.#runJson(run) === null) {
      const name = `part${first.slice(1)}.csv`
      const [input, job] = [`${home}/${name}`, `${home}/${name}.job.json`]
      return this.#attend(startSubmit(world, place, { runId: run, job, input }), run)
    }
    const move = world.scenario.moves[number - 1] ?? 'resume'
    const what = move === 'retry' || move === 'undo' ? move : 'resume'
    return this.#attend(startOnRun(world, place, what, run), run)
  }

  /** Waits until all commands have ended, and no worker has anything to do. Returns whether that came. */
  async #untilRest(commands: readonly SimProcess[]): Promise<boolean> {
    const { time } = this.#world
    const isDone = (): boolean => commands.every(({ ended }) => ended) && this.#store.atWork.length === 0
    if (!this.#isHealed) {
      if (await this.#until(isDone, badMs)) return true
      this.#heal()
    }
    if (await this.#until(isDone, healthyMs)) return true
    // Other clients of the org may leave one call a window.
    const latest = this.#world.org.applied.findLast(({ by }) => by !== null)
    if (latest !== undefined && time.now - latest.at < advancingMs) return false
    const hanging = commands.find(({ ended }) => !ended)
    const runs = this.#store.atWork
    this.#world.violate(
      `I12 ${hanging?.command ?? 'a worker'} hangs at ${time.now.toFixed(0)}; runs at work: ${runs.map(({ runId, state }) => `${runId} ${state}`).join(', ')}`,
    )
    return false
  }

  async #until(isDone: () => boolean, ms: number): Promise<boolean> {
    const { time } = this.#world
    const end = time.now + ms
    time.plan(ms, null, () => {})
    const why = await time.runUntil(() => isDone() || time.now >= end, mostSteps)
    if (why !== 'done') this.#world.violate(`I12 the story does not go on (${why})`)
    return isDone()
  }

  /** Repairs everything: from now on nothing is bad but the org's users. */
  #heal(): void {
    if (this.#isHealed) return
    this.#isHealed = true
    this.#world.note('the world is healed')
    this.#store.heal()
    this.#world.org.forbids = () => false
    for (const worker of this.#workers) if (worker !== null) worker.refused = null
  }

  /** Starts workers that have not begun, and those again that have ended. */
  #lookAfterWorkers(): void {
    const { time, scenario } = this.#world
    for (const [index, beginsAt] of this.#spec.workers.entries()) {
      const worker = this.#workers[index] ?? null
      const next = worker === null ? beginsAt : worker.endedAt + this.#spec.restartMs
      if (this.#isOver || (worker !== null && !worker.ended) || time.now < next) continue
      const place = { store: this.#store, announcer: this.#announcer }
      const started = startWorker(this.#world, place, index, this.#spec.runsAtOnce)
      const { refused } = this.#spec
      if (refused?.worker === index && !this.#isHealed) started.refused = refused
      this.#workers[index] = this.#attend(started, scenario.rows.length === 0 ? '' : 'r1')
    }
    if (!this.#isOver) time.plan(lookMs, null, () => this.#lookAfterWorkers())
  }

  /** Lets happen to a process what the scenario has for it. */
  #attend(process: SimProcess, run: string): SimProcess {
    const number = this.#started++
    const place = { store: this.#store, announcer: this.#announcer }
    const rival = (): void => {
      if (this.#runJson(this.#latest(run)) !== null)
        startOnRun(this.#world, place, 'resume', this.#latest(run), 'host-b')
    }
    // Most happens to whoever works.
    process.onApplied.push(() => {
      const count = ++this.#applied
      strike((one) => one.afterApplied === count)
    })
    const strike = (isMeant: (one: Disturbance) => boolean): void => {
      for (const one of this.#world.scenario.disturbances.filter(isMeant))
        if (!this.#isHealed) disturb(this.#world, process, { ...one, afterApplied: null }, () => run, rival)
    }
    strike((one) => one.afterApplied === null && one.process === number)
    return process
  }

  async #endWorkers(): Promise<void> {
    const { time } = this.#world
    this.#isOver = true
    for (const worker of this.#workers)
      if (worker !== null && !worker.ended) time.plan(0, worker, () => worker.signal('SIGTERM'))
    if (!(await this.#until(() => this.#world.processes.every(({ ended }) => ended), healthyMs)))
      this.#world.violate('I12 a worker does not end')
  }

  /** Takes every run out of the store, and has its reports written. */
  async #report(): Promise<void> {
    const world = this.#world
    for (const process of world.processes)
      if (process.crash !== null && !this.#said.has(process)) {
        this.#said.add(process)
        world.violate(
          `I12 ${process.command} crashed: ${String((process.crash as Error).stack ?? process.crash)}`,
        )
      }
    for (const run of this.#store.rows.runs.values()) {
      const seen = JSON.stringify([run.epoch, run.state, journalBytes(run)])
      if (this.#reported.get(run.runId) === seen) continue
      this.#reported.set(run.runId, seen)
      takeOut(world, run)
      if (journalBytes(run) === 0) continue
      const process = startReport(world, run.runId)
      if (!(await this.#until(() => process.ended, healthyMs))) world.violate('I12 report hangs')
      if (process.exitCode !== 0)
        world.violate(`I2 run ${run.runId} can't be reported: ${process.output.join(' ')}`)
      const isCutOff = run.state === 'running'
      if (!isCutOff) putSummaryBack(world, run)
      const report = readReports(world, run.runId)
      if (report !== null) this.reports.push({ run: run.runId, ...report, isCutOff })
    }
  }

  /** The run that went on last from a run; itself if none has. */
  #latest(run: string): string {
    const next = this.#runJson(run)?.closed_by
    return next === undefined || this.#runJson(next) === null ? run : this.#latest(next)
  }

  #runJson(run: string): RunJson | null {
    const bytes = this.#store.rows.runs.get(run)?.files.get('run.json')
    return bytes === undefined ? null : (JSON.parse(bytes.toString('utf8')) as RunJson)
  }
}
