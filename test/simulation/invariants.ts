import { chainStart, decodeLine } from '../../src/journal/journal-line.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { ruleOf } from '../../src/okta/actions.ts'
import type { Applied } from './org.ts'
import type { Report } from './play.ts'
import { type ReportedTask, refsOf } from './reports.ts'
import { ownerId } from './scenario.ts'
import { runsDirectory, type World } from './world.ts'

type Ours = Applied & { readonly by: NonNullable<Applied['by']> }

/**
 * What must hold of every history. The numbers stand in the violations.
 *
 * - **I1** No call leaves before its intent is on disk.
 * - **I2** What is reported is what the org did.
 * - **I3** A result is final.
 * - **I4** Counts add up.
 * - **I5** Each user's tasks are applied in the order of the input.
 * - **I6** A journal replays to the same state at every prefix.
 * - **I7** No window gets more than the share.
 * - **I8** Nothing is sent for a guarded user.
 * - **I9** Nothing is sent once another process has taken the run over.
 * - **I10** A run that can end ends.
 * - **I11** A task is applied once, unless it was in doubt with leave to repeat.
 * - **I12** No process hangs or fails in a way that it does not know.
 */
export async function checkEnd(world: World, reports: readonly Report[]): Promise<void> {
  const ours = world.org.applied.filter((applied): applied is Ours => applied.by !== null)
  const refs = new Map<string, ReadonlyMap<number, string>>()
  const refOf = (run: string, row: number): string => {
    const known = refs.get(run) ?? refsOf(world, run)
    refs.set(run, known)
    return known.get(row) ?? `${run}:${row}`
  }
  checkOnce(world, reports, ours, refOf)
  checkTruth(world, reports, ours, refOf)
  checkFinality(world, reports)
  checkCounts(world, reports)
  checkOrder(world, ours)
  checkShare(world)
  checkGuards(world, ours)
  checkJournals(world)
}

type RefOf = (run: string, row: number) => string

function checkOnce(world: World, reports: readonly Report[], ours: readonly Ours[], refOf: RefOf): void {
  const byTask = new Map<string, Ours[]>()
  for (const applied of ours) {
    const task = `${refOf(applied.by.run, applied.by.row)} ${applied.by.step}`
    byTask.set(task, [...(byTask.get(task) ?? []), applied])
  }
  for (const [task, all] of byTask) {
    const seen: Ours[] = []
    for (const applied of all) {
      const before = seen.at(-1)
      seen.push(applied)
      if (before === undefined) continue
      const { action, by, user } = applied
      if (by.run === before.by.run) {
        const repeats = seen.filter((one) => one.by.run === by.run).length - 1
        const mayRepeat = action === 'reactivate' && world.scenario.inDoubt === 'retry' && repeats <= 2
        if (mayRepeat && !wasKnown(world, before)) continue
        if (action === 'reset_factors' && enrolledAround(world, user, before.at)) continue
      } else {
        const last = reports.filter(({ run, at }) => run === before.by.run && at <= applied.at).at(-1)
        const told = last?.tasks.find(({ row, step }) => row === before.by.row && step === before.by.step)
        // A row of failed.csv is fed back whole: its steps that succeeded are done again.
        const fedWhole = by.run.startsWith('f') && told?.result === 'succeeded'
        if (told?.result === 'in_doubt' || fedWhole) continue
      }
      world.violate(
        `I11 ${action} of ${user} (task ${task}) was applied at ${before.at.toFixed(0)} for ${before.by.run} and again at ${applied.at.toFixed(0)} for ${by.run}`,
      )
    }
  }
}

/** Whether a process had the answer that ended in good order, before a report, on a disk that could be written. */
function wasAnswered(world: World, { answeredAt, by }: Ours, reportedAt: number): boolean {
  const process = world.processes.find(({ pid }) => pid === by.pid)
  const code = process?.exitCode ?? null
  const troubled = world.scenario.disturbances.some(({ kind }) => kind.endsWith('disk'))
  return answeredAt !== null && answeredAt <= reportedAt && code !== null && code !== 5 && !troubled
}

/** Whether the process had the answer long enough to write it down. */
function wasKnown(world: World, { answeredAt, by }: Ours): boolean {
  const process = world.processes.find(({ pid }) => pid === by.pid)
  return answeredAt !== null && process !== undefined && process.endedAt - answeredAt > 1_500
}

/** Whether somebody enrolled a factor so near to a reset that whole seconds can't tell which came first. */
function enrolledAround(world: World, user: string, at: number): boolean {
  return world.org.applied.some(
    (other) => other.action === 'enrol' && other.user === user && Math.abs(other.at - at) < 4_000,
  )
}

function checkTruth(world: World, reports: readonly Report[], ours: readonly Ours[], refOf: RefOf): void {
  const said = new Set<string>()
  for (const { run, at, tasks } of reports) {
    for (const task of tasks) {
      const { row, step, result, action } = task
      const name = `${run} row ${row} step ${step}`
      const mine = ours.filter(({ by }) => by.run === run && by.row === row && by.step === step)
      const never = result === 'failed' || result === 'skipped' || result === 'unchanged'
      const violation =
        never && mine.length > 0
          ? `I2 ${name} ${action} is ${result} (${task.message}), but was applied at ${mine[0]?.at.toFixed(0)}`
          : result === 'not_run' && mine.some((one) => one.at <= at)
            ? `I2 ${name} ${action} is not_run, but was applied before`
            : result === 'unsettled' && mine.length > 0 && mine.every((one) => wasAnswered(world, one, at))
              ? `I2 ${name} ${action} is unsettled, but its answer was known`
              : result === 'succeeded' &&
                  mine.length === 0 &&
                  !isExplained(world, ours, task, refOf(run, row), refOf)
                ? `I2 ${name} ${action} is succeeded (${task.message}), but was never applied`
                : null
      if (violation === null || said.has(violation)) continue
      said.add(violation)
      world.violate(violation)
    }
  }
}

/** Whether an earlier run of ours, or somebody else, did it. */
function isExplained(
  world: World,
  ours: readonly Ours[],
  task: ReportedTask,
  ref: string,
  refOf: RefOf,
): boolean {
  if (ours.some(({ by }) => refOf(by.run, by.row) === ref && by.step === task.step)) return true
  const user = world.scenario.rows.find((row) => row.ref === ref)?.id
  const { target } = ruleOf(task.action)
  // Nothing was left to reset.
  const began = world.scenario.orgClockMs
  const old = world.org.users.get(user ?? '')?.factors.filter((time) => time < began)
  if (task.action === 'reset_factors' && old?.length === 0) return true
  return world.org.applied.some(
    (other) =>
      other.user === user &&
      other.by === null &&
      (other.action === task.action || target.includes(other.after)),
  )
}

function checkFinality(world: World, reports: readonly Report[]): void {
  const known = new Map<string, string>()
  for (const { run, tasks } of reports) {
    for (const { row, step, result } of tasks) {
      const name = `${run} row ${row} step ${step}`
      const before = known.get(name)
      if (before !== undefined && before !== result)
        world.violate(`I3 ${name} was ${before} and is ${result}`)
      if (result !== 'not_run' && result !== 'unsettled') known.set(name, result)
    }
  }
}

function checkCounts(world: World, reports: readonly Report[]): void {
  for (const { run, tasks, counts, tasksInAll } of reports) {
    const sum = Object.values(counts).reduce((all, count) => all + count, 0)
    const negative = Object.values(counts).some((count) => count < 0)
    if (sum !== tasksInAll || tasks.length !== tasksInAll || negative)
      world.violate(`I4 run ${run}: ${tasksInAll} tasks, ${tasks.length} reported, ${JSON.stringify(counts)}`)
    for (const [result, count] of Object.entries(counts)) {
      if (tasks.filter((task) => task.result === result).length !== count)
        world.violate(`I4 run ${run} counts ${count} ${result}, but its results say otherwise`)
    }
  }
}

function checkOrder(world: World, ours: readonly Ours[]): void {
  const last = new Map<string, Ours>()
  for (const applied of ours) {
    const { run, row, step } = applied.by
    const name = `${run} ${applied.user}`
    const before = last.get(name)
    if (before !== undefined && (before.by.row > row || (before.by.row === row && before.by.step > step)))
      world.violate(
        `I5 run ${run}: row ${row} step ${step} was applied after row ${before.by.row} step ${before.by.step} of the same user`,
      )
    last.set(name, applied)
  }
}

function checkShare(world: World): void {
  const { share } = world.scenario
  // What was not on disk in time is not known to the next process.
  const forgetful = world.scenario.disturbances.some(
    ({ kind }) => kind === 'power' || kind === 'full_disk' || kind === 'read_only_disk',
  )
  for (const { bucket, limit, reset, ours } of world.org.windows) {
    if (bucket === '/api/v1/users/me') continue
    const allowance = Math.max(1, Math.floor(share * limit + 1e-9))
    for (const [group, count] of ours) {
      const processes = world.processes.filter((process) => process.group === group)
      const most = group.startsWith('retry') ? 2 * allowance : allowance
      if (count <= most || (forgetful && processes.length > 1)) continue
      world.violate(
        `I7 ${group} sent ${count} requests in ${bucket} before ${reset}, ${most} allowed, ${processes.length} processes`,
      )
    }
  }
}

function checkGuards(world: World, ours: readonly Ours[]): void {
  for (const { user, action } of ours) {
    const login = world.org.users.get(user)?.login ?? ''
    if (user === ownerId || world.scenario.protect.includes(login))
      world.violate(`I8 ${action} was sent for the guarded user ${user}`)
  }
}

function checkJournals(world: World): void {
  const runs = world.disk.find(runsDirectory)
  if (runs?.kind !== 'directory') return
  const steps = world.scenario.steps?.length ?? 1
  for (const run of runs.names.keys()) {
    const bytes = world.files.read(`${runsDirectory}/${run}/journal.ndjson`)
    if (bytes === null) continue
    const state = new JournalState(steps)
    let chain = chainStart
    let results = 0
    for (const line of bytes.toString('utf8').split('\n')) {
      const decoded = decodeLine(line, chain)
      if (decoded.kind !== 'sound') break
      chain = decoded.chain
      state.apply(decoded.event, { offset: 0, length: 0 })
      if (decoded.event.event === 'result') results++
      const sum = [...state.counts].reduce((all, [name, count]) => all + (name.includes(':') ? 0 : count), 0)
      if (state.done !== results || sum !== results)
        world.violate(
          `I6 run ${run}: ${results} results in the journal, ${state.done} in its state, ${sum} counted`,
        )
    }
  }
}
