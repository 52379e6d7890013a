import { ruleOf } from '../../src/okta/actions.ts'
import { isForgotten, type Ours, type RefOf, wasAnswered, wasKnown } from './evidence.ts'
import type { Report } from './play.ts'
import type { ReportedTask } from './reports.ts'
import { nextRun } from './scenario.ts'
import { home, linksPath, runsDirectory, type World } from './world.ts'

/** I2: what is reported is what the org did, and what was known. */
export function checkTruth(
  world: World,
  reports: readonly Report[],
  ours: readonly Ours[],
  refOf: RefOf,
): void {
  const said = new Set<string>()
  for (const { run, at, tasks } of reports) {
    for (const task of tasks) {
      const { row, step, result, action } = task
      const name = `${run} row ${row} step ${step}`
      // What was reported before an older journal took the place of the run's own holds for what was done until then.
      const cut = world.cuts.get(run)?.find((time) => time >= at) ?? Number.POSITIVE_INFINITY
      const mine = ours.filter(
        ({ by, at: applied }) => by.run === run && by.row === row && by.step === step && applied < cut,
      )
      const never = result === 'failed' || result === 'skipped' || result === 'unchanged'
      const isNobody = world.scenario.rows.find((one) => one.ref === refOf(run, row))?.isNobody === true
      const done = result === 'succeeded' || result === 'unchanged'
      const violation =
        isNobody && done
          ? `I2 ${name} ${action} is ${result}, but there is no such user`
          : never &&
              mine.some(
                (one) => !looksNotApplied(world, one, at) && !isLostOn(world, task, one, { at, tasks }),
              ) &&
              !isTakenBack(world, task, mine, at)
            ? `I2 ${name} ${action} is ${result} (${task.message}), but was applied at ${mine[0]?.at.toFixed(0)}`
            : result === 'not_run' &&
                mine.some(
                  (one) =>
                    one.at <= at && !isHidden(world, one) && !isLostOn(world, task, one, { at, tasks }),
                )
              ? `I2 ${name} ${action} is not_run, but was applied before`
              : result === 'unsettled' && mine.length > 0 && mine.every((one) => wasAnswered(world, one, at))
                ? `I2 ${name} ${action} is unsettled, but its answer was known`
                : result === 'in_doubt' && mine.length > 0 && mine.every((one) => wasKnown(world, one, at))
                  ? `I2 ${name} ${action} is in_doubt, but its answer was known`
                  : isLinkLost(world, task, mine, at)
                    ? `I2 ${name} ${action}: its activation link is lost, and nobody says so`
                    : result === 'succeeded' && isHollow(world, task, mine, at)
                      ? `I13 ${name} ${action} is succeeded (${task.message}), but did not hold`
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

/**
 * Whether a call in a lost part of the journal does not show in its task's result: since then, the row means somebody else,
 * to whom its login was given; or the row before it, which it repeats, has become due and stands for both.
 */
function isLostOn(
  world: World,
  task: ReportedTask,
  one: Ours,
  { at, tasks }: Pick<Report, 'at' | 'tasks'>,
): boolean {
  if (!isForgotten(world, one, at)) return false
  const shown = [task, ...tasks.filter(({ row }) => row === task.row)].find(
    (known) => known.okta_user_id !== null,
  )
  if (shown !== undefined && shown.okta_user_id !== one.user) return world.inheritedAt.has(one.user)
  return (
    task.message.includes("repeats the same user's preceding row") &&
    tasks.some(
      ({ row, step, action, result, okta_user_id: user }) =>
        row < task.row &&
        step === task.step &&
        action === task.action &&
        user === one.user &&
        (result === 'succeeded' || result === 'in_doubt'),
    )
  )
}

/** Whether a reset without an answer looks as if it had not been applied, because a factor has outlived it. */
function looksNotApplied(world: World, one: Ours, at: number): boolean {
  return isHidden(world, one) && !wasKnown(world, one, at)
}

/** Whether a factor that outlives every reset hides one. */
function isHidden(world: World, { action, user }: Ours): boolean {
  return action === 'reset_factors' && world.org.users.get(user)?.keepsFactor === true
}

/** Whether a call that was applied did not hold, as the report says: the org was hollow, or somebody took it back. */
function isTakenBack(
  world: World,
  { result, message }: ReportedTask,
  mine: readonly Ours[],
  at: number,
): boolean {
  const last = mine.at(-1)
  if (result !== 'failed' || !message.includes('did not hold') || last === undefined) return false
  return (
    last.hollow ||
    isHidden(world, last) ||
    world.org.applied.some(
      (other) => other.by === null && other.user === last.user && other.at >= last.at && other.at <= at,
    )
  )
}

/** I13: whether a deactivation that the job verifies did not hold, and nobody else did it. */
function isHollow(world: World, { message }: ReportedTask, mine: readonly Ours[], at: number): boolean {
  const { verify, readFirst } = world.scenario
  const last = mine.at(-1)
  const isVerified = verify === null ? readFirst : verify !== false
  if (last?.hollow !== true || !isVerified || message.includes('not verified')) return false
  return !world.org.applied.some(
    (other) =>
      !other.hollow &&
      other.user === last.user &&
      other.action === 'deactivate' &&
      other.at > last.at &&
      other.at <= at,
  )
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
  // A user who has got there since the time of the lost part looks as if a lost call had done it, and the result says so.
  if (/a part of the journal was lost|in the lost part of the journal/.test(task.message)) return true
  // That there is nothing to unlock by now is all that a refusal shows.
  if (task.action === 'unlock' && task.message.includes('whose answer was lost, may have done it'))
    return true
  const user = task.okta_user_id ?? world.scenario.rows.find((row) => row.ref === ref)?.id
  const { target } = ruleOf(task.action)
  const { readFirst, users } = world.scenario
  // Without a read before the call, only the status after it tells.
  const statuses = [
    ...users.filter(({ id }) => id === user).map(({ status }) => status),
    ...nextRun.users.filter(({ id }) => id === user).map(() => 'ACTIVE' as const),
    ...ours.filter((one) => one.user === user).map(({ after }) => after),
  ]
  if (!readFirst && statuses.some((status) => target.includes(status))) return true
  // Nothing was left to reset.
  const began = world.scenario.orgClockMs
  const old = world.org.users.get(user ?? '')?.factors.filter((time) => time < began)
  if (task.action === 'reset_factors' && old?.length === 0) return true
  // Who lets users in again at once, so that a deactivation does not hold, is somebody else as well.
  return world.org.applied.some(
    (other) =>
      other.user === user &&
      (other.by === null || other.hollow) &&
      (other.action === task.action || target.includes(other.after)),
  )
}

/** Whether the link of a call whose answer arrived is not in its file, and the report does not say that it is lost. */
function isLinkLost(world: World, task: ReportedTask, mine: readonly Ours[], at: number): boolean {
  const token = mine.at(-1)?.token ?? null
  if (!world.scenario.links || task.result !== 'succeeded' || token === null) return false
  if (/lost|link is not in/.test(task.message) || mine.some((one) => one.at > at)) return false
  // Whoever moved the file has its links. But the report must not say that they are where they are not.
  const isSaid =
    / activation link is in \S*links\.csv/.test(task.message) && at > world.linksMovedAt + reportMs
  const files = isSaid ? [linksPath] : linkFiles(world)
  return !files.some((path) => world.files.read(path)?.toString('utf8').includes(token) === true)
}

/** The files of links, wherever they were moved to. */
function linkFiles(world: World): readonly string[] {
  return world.files.texts(home).flatMap(([path]) => (/\/(links|picked)[^/]*\.csv$/.test(path) ? [path] : []))
}

/** Reports are written so long after they looked at the file of links. */
const reportMs = 1_000

/** I2: an activation link stands in its own file and nowhere else. */
export function checkLinks(world: World): void {
  for (const [path, text] of world.files.texts(runsDirectory))
    if (text.includes('welcome/token')) world.violate(`I2 ${path} holds an activation link`)
}
