import { playAgain } from './again.ts'
import { disturb } from './disturb.ts'
import { inputName } from './input.ts'
import { checkEnd } from './invariants.ts'
import { type PlantedBug, plant } from './planted-bugs.ts'
import { prepare, removeNow, writeNow } from './prepare.ts'
import type { SimProcess } from './process.ts'
import { startPlan, startPlanned, startResume, startRetry, startRun, startUndo } from './program.ts'
import { failedRows, type ReportedTask, readReports, readRun } from './reports.ts'
import type { Scenario } from './scenario.ts'
import { StoreStory } from './store-story.ts'
import { home, runsDirectory, World } from './world.ts'

/** How a history ended. */
export interface Played {
  readonly violations: readonly string[]
  readonly history: readonly string[]
  /** Happenings, and virtual ms. */
  readonly steps: number
  readonly virtualMs: number
  readonly processes: number
  readonly applied: number
}

/** The reports of a run as they were after a process, and when their results were written. */
export interface Report {
  readonly run: string
  readonly at: number
  readonly tasks: readonly ReportedTask[]
  readonly counts: Readonly<Record<string, number>>
  readonly tasksInAll: number
  /** Whether the run was cut off: then its files may be of different executions, until it is taken up again. */
  readonly isCutOff: boolean
}

const mostSteps = 150_000
/** Executions with a healthy world after which a run must have ended, beside those that a person's moves begin. */
const mostHealthy = 6

/** Plays one history from its scenario. The same scenario gives the same history. */
export async function play(scenario: Scenario, bug?: PlantedBug): Promise<Played> {
  const world = new World(scenario)
  const heal = bug === undefined ? null : plant(bug, world)
  prepare(world)
  world.enter()
  const environment = { ...process.env }
  process.env.OKTA_CLIENT_ORGURL = 'https://org.example.com'
  process.env.OKTA_CLIENT_TOKEN = 'token'
  process.env.TMPDIR = `${home}/tmp`
  process.env.NO_PROXY = '*'
  process.env.no_proxy = '*'
  process.env.OKTA_CLIENT_REQUESTTIMEOUT = String(scenario.requestTimeoutS)
  try {
    const story = world.store === null ? new Story(world) : new StoreStory(world)
    await story.tell()
    await checkEnd(world, story.reports)
  } finally {
    heal?.()
    process.env = environment
    world.leave()
  }
  return {
    violations: world.violations,
    history: world.history,
    steps: world.time.steps,
    virtualMs: world.time.now,
    processes: world.processes.length,
    applied: world.org.applied.length,
  }
}

/** What a person does with the program, from the first command until nothing is left to do. */
class Story {
  readonly reports: Report[] = []
  readonly #world: World
  #run = 'r1'
  #input: string
  #fed = 0
  #moves = 0
  /** The plan that the first run carries out; null if there is none. */
  #plan: string | null = null
  /** Cuts that the older journal tells of, which a person has restored last. */
  #cutsKept = 0
  #isDamaged = false
  /** Whether the person who has restored an older journal says so at once. */
  #isTold = true
  /** How often a person has met the stop for an unusual input. */
  #unusual = 0

  constructor(world: World) {
    this.#world = world
    this.#input = `${home}/${inputName(world.scenario)}`
  }

  async tell(): Promise<void> {
    const world = this.#world
    if (world.scenario.planned !== null) await this.#makePlan(world.scenario.planned)
    const disturbed = Math.max(0, ...world.scenario.disturbances.map((one) => one.process + 1))
    let healthy = 0
    for (let number = 0; ; number++) {
      const heals = number > disturbed + 1
      if (heals) {
        world.bringBack()
        world.disk.state = 'well'
        world.org.forbids = () => false
        if (++healthy > mostHealthy + world.scenario.moves.length) {
          world.violate(`I10 run ${this.#run} does not end`)
          return
        }
      }
      await this.#letOthersAct()
      const process = this.#next(number)
      if (process === null) break
      for (const disturbance of world.scenario.disturbances) {
        if (disturbance.process === number) disturb(world, process, disturbance, () => this.#run)
      }
      const end = await world.time.runUntil(() => world.processes.every((other) => other.ended), mostSteps)
      if (end !== 'done') {
        world.violate(`I12 a process hangs (${end}): ${process.command}`)
        return
      }
      if (process.crash !== null) world.violate(`I12 ${process.command} crashed: ${stackOf(process.crash)}`)
      this.#report()
      this.#followRetry()
    }
    if (world.scenario.again) await playAgain(world, this.reports)
  }

  /** Where somebody does again what they took back, the next command is typed after that. */
  async #letOthersAct(): Promise<void> {
    const { scenario, time } = this.#world
    if (scenario.redoneAfterMs === null) return
    let passed = false
    time.plan(scenario.redoneAfterMs, null, () => {
      passed = true
    })
    await time.runUntil(() => passed, mostSteps)
  }

  /** Plans the first run. Afterwards others change some of the users. */
  async #makePlan(changes: NonNullable<Scenario['planned']>): Promise<void> {
    const { time, org, files, changedSincePlan } = this.#world
    const path = `${home}/plan.json`
    const planning = startPlan(this.#world, this.#input, path)
    if ((await time.runUntil(() => planning.ended, mostSteps)) !== 'done')
      this.#world.violate('I12 plan hangs')
    // A plan that stopped is none, and the input is run without one.
    if (files.read(path) === null) return
    this.#plan = path
    let changed = false
    // Okta shows whole seconds: sooner, nobody could see the change.
    time.plan(3_000, null, () => {
      for (const { user, action } of changes) {
        const before = org.applied.length
        org.byOthers(user, action)
        if (org.applied.length > before) changedSincePlan.add(user)
      }
      changed = true
    })
    await time.runUntil(() => changed, mostSteps)
  }

  /** The next command; null if there is nothing left to do. */
  #next(number: number): SimProcess | null {
    const world = this.#world
    const run = readRun(world, this.#run)
    if (run === null && this.#run === 'r1' && this.#plan !== null)
      return startPlanned(world, this.#plan, this.#run)
    if (run === null) return startRun(world, this.#input, this.#run)
    // First the person does something else; then the input is let pass. A run that another was to go on from is retried.
    if (
      run.closed_by === undefined &&
      run.unusual !== undefined &&
      run.accept_unusual !== true &&
      this.#unusual++ > 0
    ) {
      world.acceptedAt ??= world.time.now
      return this.#resume(true)
    }
    const move = number === 0 ? 'resume' : (world.scenario.moves[this.#moves++] ?? 'resume')
    if (move === 'retry') return startRetry(world, this.#run)
    if (move === 'undo') return startUndo(world, this.#run)
    if (
      (move === 'cut' || move === 'cut_with_head') &&
      world.disk.state === 'well' &&
      run.closed_by === undefined
    )
      return this.#goOnFromOlderJournal(move === 'cut_with_head')
    // What an undo leaves is no part of the input any more.
    if (
      move === 'feed' &&
      run.undo_of === undefined &&
      world.disk.state === 'well' &&
      this.#isReported(run.state)
    ) {
      const rows = failedRows(world, this.#run)
      if (rows.length < 2) return run.state === 'finished' ? null : this.#resume()
      this.#fed++
      this.#input = `${home}/fed${this.#fed}.csv`
      this.#run = `f${this.#fed}`
      writeNow(world, this.#input, `${rows.join('\n')}\n`)
      world.disk.syncAll()
      world.note(`failed.csv is fed back: ${rows.length - 1} rows`)
      return startRun(world, this.#input, this.#run)
    }
    if (run.state === 'finished') return this.#moves >= world.scenario.moves.length ? null : this.#resume()
    if (run.closed_by !== undefined) return startRetry(world, this.#run)
    return this.#resume()
  }

  /**
   * Somebody restores an older copy of the journal, and knows it; or the disk has damaged a line of it, or all from one on.
   *
   * @param isUnknown whether it is an older copy, nobody knows it, and what was kept beside the journal is lost
   */
  #goOnFromOlderJournal(isUnknown: boolean): SimProcess {
    const world = this.#world
    const path = `${runsDirectory}/${this.#run}/journal.ndjson`
    const lines = (world.files.read(path)?.toString('utf8') ?? '').split('\n').slice(0, -1)
    // A retry that has lost what it took over is not gone on with at all.
    const least = readRun(world, this.#run)?.carried_over?.lines ?? 1
    const kept = Math.max(least, Math.floor(lines.length * world.draws.between('kept lines', 0, 1)))
    if (lines.length < 2 || kept >= lines.length) return this.#resume()
    const older = `${lines.slice(0, kept).join('\n')}\n`
    const losesHead = isUnknown || world.draws.chance('head is lost with the journal', 0.3)
    // What is kept beside a journal is not synced, so a loss of power may have left less there.
    this.#isTold =
      !isUnknown &&
      ((world.disk.powerLosses > 0 && !losesHead) || world.draws.chance('tells of the older journal', 0.5))
    this.#cutsKept = older.split('"event":"cut"').length - 1
    this.#isDamaged = !isUnknown && world.draws.chance('damaged line', 0.5)
    // Up to the end, there is no line that a later one vouches for.
    const count = this.#isDamaged && world.draws.chance('damaged to the end', 0.4) ? lines.length : 1
    const rest = lines
      .slice(kept)
      .map((line, i) => (i < count ? line.replace('"event":"', '"event":"#') : line))
    writeNow(world, path, this.#isDamaged ? [...lines.slice(0, kept), ...rest, ''].join('\n') : older)
    if (losesHead) {
      world.note(
        `journal.head is lost as well: ${this.#isDamaged ? 'damaged' : 'older'}, ${this.#isTold ? 'told' : 'not told'}`,
      )
      const head = `${runsDirectory}/${this.#run}/journal.head`
      if (world.draws.chance('head is removed', 0.5)) removeNow(world, head)
      else writeNow(world, head, world.draws.pick('head is', ['', 'hello\n']))
    }
    world.disk.syncAll()
    world.journals.forget()
    world.noteLost(this.#run, lines.slice(kept))
    world.cuts.set(this.#run, [...(world.cuts.get(this.#run) ?? []), world.time.now])
    world.note(`an older journal of ${this.#run} is restored: ${kept} of ${lines.length} lines`)
    return this.#resume()
  }

  /**
   * A person who has restored an older journal may say so until the program has noted it. Otherwise the program finds it
   * itself, as it finds that a line is damaged, and asks for it. Where it was cut off while it noted that, it may ask for
   * it once more.
   */
  #resume(accepts = false): SimProcess {
    const world = this.#world
    const journal = world.files.read(`${runsDirectory}/${this.#run}/journal.ndjson`)?.toString('utf8') ?? ''
    const isNoted = !world.cuts.has(this.#run) || journal.split('"event":"cut"').length - 1 > this.#cutsKept
    const isAsked = world.processes.at(-1)?.output.join('').includes('--take-sound-part') === true
    const takesSoundPart = isNoted
      ? isAsked && world.cuts.has(this.#run)
      : this.#isDamaged
        ? world.draws.chance('takes the sound part', 0.7)
        : this.#isTold || isAsked
    return startResume(world, this.#run, undefined, { accepts, takesSoundPart })
  }

  #isReported(state: string): boolean {
    return state === 'finished' || state === 'stopped' || state === 'interrupted'
  }

  #followRetry(): void {
    const world = this.#world
    for (;;) {
      const next = readRun(world, this.#run)?.closed_by
      if (next === undefined || readRun(world, next) === null) return
      this.#run = next
    }
  }

  /** Looks at all reports that there are now. */
  #report(): void {
    const world = this.#world
    const runs = world.disk.find(runsDirectory)
    if (runs?.kind !== 'directory') return
    for (const run of runs.names.keys()) {
      if (run.startsWith('.')) continue
      const report = readReports(world, run)
      const isCutOff = readRun(world, run)?.state === 'running'
      if (report !== null) this.reports.push({ run, ...report, isCutOff })
    }
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ')
    : String(error)
}
