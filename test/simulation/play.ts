import { exitCodes } from '../../src/messages/known-error.ts'
import { playAgain } from './again.ts'
import { disturb } from './disturb.ts'
import { inputName } from './input.ts'
import { checkEnd } from './invariants.ts'
import { makePlan } from './make-plan.ts'
import { type OlderJournal, restoreOlderJournal, takesSoundPart } from './older-journal.ts'
import { type PlantedBug, plant } from './planted-bugs.ts'
import { prepare, writeNow } from './prepare.ts'
import type { SimProcess } from './process.ts'
import { startPlanned, startResume, startRetry, startRun, startUndo } from './program.ts'
import { failedRows, type ReportedTask, readReports, readRun } from './reports.ts'
import {
  asBegun,
  backUpLater,
  copyRun,
  mixCopy,
  putStopBack,
  type RunCopy,
  restoreRun,
} from './run-copies.ts'
import type { Move, Scenario } from './scenario.ts'
import { StoreStory } from './store-story.ts'
import { tooManyUsers } from './too-many-users.ts'
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
  /** The older journal that a person has restored last. */
  #older: OlderJournal = { cutsKept: 0, isDamaged: false, isTold: true }
  /** Runs as they were before they were retried. */
  readonly #copies = new Map<string, RunCopy>()
  /** Puts back what somebody has damaged for one command. */
  #putBack = (): void => {}
  /** How often a person has met the stop for an unusual input, and the one for too many users. */
  #unusual = 0
  #tooMany = 0

  constructor(world: World) {
    this.#world = world
    this.#input = `${home}/${inputName(world.scenario)}`
  }

  async tell(): Promise<void> {
    const world = this.#world
    if (world.scenario.planned !== null)
      this.#plan = await makePlan(world, this.#input, world.scenario.planned)
    const disturbed = Math.max(0, ...world.scenario.disturbances.map((one) => one.process + 1))
    const { moves } = world.scenario
    if (moves.includes('copy_before_undo') || (moves.includes('mixed_copy') && !moves.includes('backed_up')))
      backUpLater(world, this.#run, this.#copies)
    let healthy = 0
    for (let number = 0; ; number++) {
      const heals = number > disturbed + 1
      if (heals) {
        world.bringBack()
        world.disk.state = 'well'
        world.org.forbids = () => false
        if (++healthy > mostHealthy + world.scenario.moves.length + stopsOf(world.scenario)) {
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
      this.#putBack()
      this.#putBack = () => {}
      // Each such refusal is one of a known number of faults, and none of them is the program's.
      if (heals && process.isGuardRefused && process.exitCode === 3) healthy--
      if (process.crash !== null) world.violate(`I12 ${process.command} crashed: ${stackOf(process.crash)}`)
      this.#report()
      this.#checkReported(process)
      this.#followRetry()
    }
    if (world.scenario.again && world.scenario.bounds.users === null) await playAgain(world, this.reports)
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

  /** The next command; null if there is nothing left to do. */
  #next(number: number): SimProcess | null {
    const world = this.#world
    const run = readRun(world, this.#run)
    if (run === null && this.#run === 'r1' && this.#plan !== null)
      return startPlanned(world, this.#plan, this.#run)
    if (run === null) return startRun(world, this.#input, this.#run)
    // Where the journal is lost, no command goes on.
    if (world.processes.at(-1)?.output.join('').includes('nobody knows what was done') === true) return null
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
    if (move === 'retry') return this.#retry()
    if (move === 'undo') return this.#undo()
    // Nobody puts files back under a process that is still at work.
    const isQuiet = world.processes.every(({ ended }) => ended)
    if (move.startsWith('cut') && isQuiet && world.disk.state === 'well' && run.closed_by === undefined)
      return this.#goOnFromOlderJournal(move)
    if (move === 'backed_up') {
      this.#copies.set(this.#run, copyRun(world, this.#run))
      return this.#resume()
    }
    if (move === 'copy_before_undo' || move === 'mixed_copy')
      return this.#goOnFromCopy(move === 'copy_before_undo')
    if (move === 'run_before') {
      const process = this.#goOnFromRunBefore()
      if (process !== null) return process
    }
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
    if (run.closed_by !== undefined) return this.#retry()
    return this.#resume()
  }

  /** Somebody restores an older journal, and goes on from it. */
  #goOnFromOlderJournal(move: Move): SimProcess {
    const older = restoreOlderJournal(this.#world, this.#run, move === 'cut_with_head')
    if (older === null) return this.#resume()
    this.#older = older
    return move === 'cut_before_undo' ? this.#undo() : this.#resume()
  }

  /**
   * Somebody restores a copy of the run from while it was at work: all of it, and says so and takes the run back; or some
   * files, and goes on.
   */
  #goOnFromCopy(isWhole: boolean): SimProcess {
    const world = this.#world
    const copy = this.#copies.get(this.#run)
    if (copy !== undefined) {
      if (isWhole) restoreRun(world, this.#run, copy)
      else if (world.scenario.moves.includes('backed_up')) putStopBack(world, this.#run, copy)
      else mixCopy(world, this.#run, copy, this.#copies.get(asBegun(this.#run)))
      this.#older = { cutsKept: 0, isDamaged: false, isTold: isWhole }
    }
    if (isWhole) return this.#undo()
    return world.draws.chance('retries the mixed copy', 0.3) ? startRetry(world, this.#run) : this.#resume()
  }

  /**
   * Somebody restores a run as it was before a retry went on from it, and goes on from that copy; the retry's own
   * `run.json` can perhaps not be read meanwhile. Where that retry was retried itself, it is perhaps gone, and the first
   * run is the one that is restored. Null if no run was retried.
   */
  #goOnFromRunBefore(): SimProcess | null {
    const world = this.#world
    let before = readRun(world, this.#run)?.retry_of
    const first = before === undefined ? undefined : readRun(world, before)?.retry_of
    if (
      before !== undefined &&
      first !== undefined &&
      world.draws.chance('the run in between is gone', 0.7)
    ) {
      restoreRun(world, before, new Map())
      before = first
    }
    const copy = before === undefined ? undefined : this.#copies.get(before)
    if (before === undefined || copy === undefined) return null
    restoreRun(world, before, copy)
    const path = `${runsDirectory}/${this.#run}/run.json`
    const kept = world.files.read(path)
    if (kept !== null && world.draws.chance('the retry can not be read', 0.5)) {
      world.note(`the run.json of ${this.#run} is empty`)
      writeNow(world, path, '')
      this.#putBack = () => writeNow(world, path, kept)
    }
    return world.draws.chance('the older copy is retried', 0.5)
      ? startRetry(world, before)
      : startResume(world, before)
  }

  /**
   * A person who has restored an older journal may say so until the program has noted it. Otherwise the program finds it
   * itself, as it finds that a line is damaged, and asks for it. Where it was cut off while it noted that, it may ask for
   * it once more.
   */
  #resume(accepts = false): SimProcess {
    const world = this.#world
    const isTooMany = world.processes.at(-1)?.output.join('').includes(tooManyUsers) === true
    const letsAll = isTooMany && this.#tooMany++ > 0
    if (letsAll) world.letAllAt ??= world.time.now
    return startResume(world, this.#run, undefined, {
      accepts,
      letsAll,
      takesSoundPart: takesSoundPart(world, this.#run, this.#older),
    })
  }

  /** Only where somebody has put an older journal in its place does a person type more than the run's id. */
  #undo(): SimProcess {
    return startUndo(this.#world, this.#run, takesSoundPart(this.#world, this.#run, this.#older))
  }

  #retry(): SimProcess {
    if (readRun(this.#world, this.#run)?.closed_by === undefined)
      this.#copies.set(this.#run, copyRun(this.#world, this.#run))
    return startRetry(this.#world, this.#run)
  }

  /** A run that was cut off has reports once another run goes on from it, unless they could not be written. */
  #checkReported({ command, exitCode, output }: SimProcess): void {
    const world = this.#world
    const [what, run = ''] = command.split(' ')
    const mayLack =
      exitCode === null ||
      exitCode === exitCodes.heldElsewhere ||
      output.join('').includes('Reports of the old run could not')
    if (mayLack || world.disk.state !== 'well' || (what !== 'retry' && what !== 'undo')) return
    const json = readRun(world, run)
    if (json?.closed_from === 'running' && !this.reports.some((report) => report.run === run))
      world.violate(`I4 run ${run} was cut off, and has no reports though ${json.closed_by} goes on from it`)
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

  /** Looks at all reports that there are now, but for those that somebody has put back. */
  #report(): void {
    const world = this.#world
    for (const run of world.runs()) {
      const report = readReports(world, run)
      const isCutOff = readRun(world, run)?.state === 'running'
      if (report !== null && world.cuts.get(run)?.includes(report.at) !== true)
        this.reports.push({ run, ...report, isCutOff })
    }
  }
}

/** How often a run may stop at a bound of its job before a person lifts that. */
function stopsOf({ maxFailures, bounds }: Scenario): number {
  return maxFailures === null && Object.values(bounds).every((bound) => bound === null) ? 0 : 3
}

function stackOf(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ')
    : String(error)
}
