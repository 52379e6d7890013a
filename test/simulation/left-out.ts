import type { RefOf } from './evidence.ts'
import { mayBeProtected } from './guards.ts'
import { legal, target, unchangedIn } from './org-rules.ts'
import type { Report } from './play.ts'
import { type ReportedTask, readRun } from './reports.ts'
import { ownerId, type RowSpec } from './scenario.ts'
import type { World } from './world.ts'

/**
 * I29: whoever is left out had to be: a task is skipped or unchanged only for a reason that holds in the org, the input and
 * the job, and fails for the user's status only if the action is not possible in it. In an org where each name stands for
 * one user.
 */
export function checkLeftOut(world: World, reports: readonly Report[], refOf: RefOf): void {
  const { heirs, rows: specs } = world.scenario
  if (heirs.length > 0) return
  const byRef = new Map(specs.map((row) => [row.ref, row]))
  const said = new Set<string>()
  for (const { run, at, tasks, isCutOff } of reports) {
    if (isCutOff || readRun(world, run)?.undo_of !== undefined) continue
    for (const task of tasks) {
      const spec = byRef.get(refOf(run, task.row))
      const why = spec === undefined ? null : wrongReason(world, { spec, task, tasks, at, reports })
      const line = `I29 row ${task.row} step ${task.step} of ${run} is ${task.result} (${task.message}), but ${why}`
      if (why !== null && !said.has(line)) world.violate(line)
      said.add(line)
    }
  }
}

interface Told {
  readonly spec: RowSpec
  readonly task: ReportedTask
  /** All tasks of its report, and when that was written. */
  readonly tasks: readonly ReportedTask[]
  readonly at: number
  readonly reports: readonly Report[]
}

/** What speaks against the reason for which a task was left out; null if nothing does. */
function wrongReason(world: World, told: Told): string | null {
  const { task } = told
  if (task.result === 'skipped') return wrongSkip(world, told)
  const statuses = statusesOf(world, told)
  if (task.result === 'unchanged')
    return unchangedIn[task.action].some((status) => statuses.has(status))
      ? null
      : `the user was only ever ${[...statuses].join(', ')}`
  const [, status = null] = /^user is ([A-Z_]+); \w+ needs /.exec(task.message) ?? []
  if (task.result !== 'failed' || status === null) return null
  if (!statuses.has(status)) return `the user was only ever ${[...statuses].join(', ')}`
  return legal[task.action]?.some((one) => one === status) === false ? null : 'the org allows it'
}

function wrongSkip(world: World, told: Told): string | null {
  const { scenario } = world
  const { spec, task, tasks, reports } = told
  const { message } = task
  const isOfRow = (one: ReportedTask): boolean => one.row === task.row && one.step < task.step
  const [, status = null] = /^user is ([A-Z_]+); the job acts only on/.exec(message) ?? []
  if (status !== null) {
    const led = tasks.findLast(
      (one) => isOfRow(one) && one.result === 'succeeded' && target[one.action] !== null,
    )
    if (led !== undefined && target[led.action] === status) return `step ${led.step} of the row has led there`
    if (!statusesOf(world, told).has(status)) return 'the user never was'
    return scenario.onlyStatus?.some((one) => one === status) === false ? null : 'the job acts on that'
  }
  if (message.startsWith('protected '))
    return mayBeProtected(world, spec, task.action) ? null : 'nothing protects the user'
  if (message.includes('owns the API token')) return spec.id === ownerId ? null : 'somebody else owns it'
  if (message.includes('not selected:')) return spec.selected ? 'the job selects it' : null
  // Without a `Date`, Okta's time is known to a minute, and a little more.
  if (message.startsWith('not due'))
    return spec.dueMs !== null && spec.dueMs >= (scenario.untold === null ? 0 : -80_000) ? null : 'it was due'
  const [, failed = null] = /^step (\d+) \(\w+\) of this row failed/.exec(message) ?? []
  if (failed !== null) {
    const step = tasks.find((one) => one.row === task.row && one.step === Number(failed))
    // Who could not be read is not acted on, whatever the job says of its steps.
    const isRead = step !== undefined && step.status_before !== null
    if (scenario.goesOn.includes(Number(failed)) && isRead) return 'the job lets the row go on'
    return step?.result === 'failed' ? null : `that step is ${step?.result}`
  }
  if (message.startsWith('not done, because'))
    return reports.some((report) => report.tasks.some((one) => isDoneFor(one, spec)))
      ? null
      : 'nothing later was done'
  if (message.includes('in doubt'))
    return reports.some((report) =>
      report.tasks.some(({ result }) => result === 'in_doubt' || result === 'unsettled'),
    )
      ? null
      : 'nothing was in doubt'
  return null
}

function isDoneFor({ result, okta_user_id: id }: ReportedTask, spec: RowSpec): boolean {
  return (id === null || id === spec.id) && (result === 'succeeded' || result === 'unchanged')
}

/** Every status in which the user was or was on the way to, until a report. */
function statusesOf({ scenario, org }: World, { spec, at }: Told): ReadonlySet<string> {
  const changes = org.applied.filter(({ user, at: applied }) => user === spec.id && applied <= at)
  const first = scenario.users.find(({ id }) => id === spec.id)?.status ?? 'ACTIVE'
  const led = changes.flatMap(({ action, before, after }) => [
    before,
    after,
    ...(action === 'enrol' || target[action] === null ? [] : [target[action]]),
  ])
  return new Set([first, ...led].filter((status) => status !== null))
}
