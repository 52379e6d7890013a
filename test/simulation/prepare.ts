import { noActions, sampleUsers } from '../../src/input/user-sample.ts'
import { jobSchema } from '../../src/job/job.ts'
import { mergeJob } from '../../src/job/merge-job.ts'
import type { Action } from '../../src/okta/actions.ts'
import { foldLogin } from '../../src/okta/user.ts'
import type { RunFile } from '../../src/run/run-file.ts'
import { dueFormat, headerOf, inputName, inputOf, nextInputName, nextInputOf, partsOf } from './input.ts'
import type { Applied } from './org.ts'
import { groupId, type Heir, nextRun, ownerId, type Scenario } from './scenario.ts'
import { home, runsDirectory, type World } from './world.ts'

const undoOf: Readonly<Partial<Record<Applied['action'], Action | 'enrol'>>> = {
  reset_factors: 'enrol',
  activate: 'deactivate',
  deactivate: 'activate',
  suspend: 'unsuspend',
  unsuspend: 'suspend',
}

/** Sets the scene: the org with its users and what others will do to them, the job file and the input. */
export function prepare(world: World): void {
  const { scenario, org, disk, time } = world
  org.members = scenario.members ?? []
  for (const { id, login, status, changedBefore, factors, keepsFactor, role } of scenario.users) {
    const changed = org.time - changedBefore * 1000
    org.add({
      id,
      login,
      status,
      statusChanged: changedBefore === 0 ? null : changed,
      transition: null,
      factors: Array.from({ length: factors }, (_, index) => changed - (factors - 1 - index) * 10_000),
      keepsFactor,
      role,
    })
  }
  org.add({
    id: ownerId,
    login: 'owner@example.com',
    status: 'ACTIVE',
    statusChanged: null,
    transition: null,
    factors: [],
    role: 'own',
  })
  for (const user of nextRun.users)
    org.add({
      ...user,
      status: 'ACTIVE',
      statusChanged: null,
      transition: null,
      factors: [],
      role: null,
    })
  const appliedAt: number[] = []
  org.forbids = (user, what) =>
    scenario.denials.some((denial) => {
      const since = denial.afterApplied === null ? 0 : appliedAt[denial.afterApplied - 1]
      return (
        (denial.what === what || (denial.what === 'users' && what !== 'owner')) &&
        since !== undefined &&
        time.now >= since + denial.fromMs &&
        time.now < since + denial.toMs &&
        (what === 'owner' || (denial.users?.includes(user) ?? true))
      )
    })
  const inherit = ({ of, id, atMs }: Heir): void => {
    time.plan(atMs, null, () => {
      // A history may be told again without some of its users.
      if (!org.users.has(of) || !org.users.has(id)) return
      org.giveLogin(of, id)
      world.inheritedAt.set(of, time.now)
      world.note(`org: the login of ${of} is given to ${id}`)
    })
  }
  for (const heir of scenario.heirs) if (heir.afterApplied === null) inherit(heir)
  let deactivated = 0
  org.holds = () => !scenario.hollow.includes(++deactivated)
  org.onApplied = ({ user, action, by, after }) => {
    world.note(`org: ${action} of ${user} applied${by === null ? ' for somebody else' : ''}, now ${after}`)
    if (by === null) return
    const ours = appliedAt.push(time.now)
    for (const colleague of scenario.colleagues) {
      if (colleague.afterApplied !== ours) continue
      time.plan(colleague.atMs, null, () => org.byOthers(user, colleague.action))
    }
    for (const heir of scenario.heirs) if (heir.afterApplied === ours) inherit(heir)
    const undo = undoOf[action]
    if (scenario.undoneAfterMs !== null && undo !== undefined)
      time.plan(scenario.undoneAfterMs, null, () => org.byOthers(user, undo))
    if (scenario.redoneAfterMs !== null && action !== 'enrol')
      time.plan(scenario.redoneAfterMs, null, () => org.byOthers(user, action))
    world.processes.find(({ pid }) => pid === by.pid)?.applied()
  }
  for (const { afterApplied, atMs, user, action } of scenario.colleagues) {
    if (afterApplied === null) time.plan(atMs, null, () => org.byOthers(user, action))
  }
  if (scenario.othersPerMinute > 0) {
    const use = (): void => {
      org.useByOthers(1)
      time.plan(60_000 / scenario.othersPerMinute, null, use)
    }
    time.plan(0, null, use)
  }
  disk.createDirectory(home)
  writeNow(world, `${home}/job.json`, JSON.stringify(jobOf(world)))
  writeNow(world, `${home}/${inputName(scenario)}`, inputOf(scenario))
  writeNow(world, `${home}/${nextInputName}`, nextInputOf(scenario))
  if (scenario.store !== null)
    for (const [index, { name, bytes }] of partsOf(scenario).entries()) {
      writeNow(world, `${home}/${name}`, bytes)
      const job = scenario.store.isOneJob ? 'sim' : `sim${index + 1}`
      writeNow(world, `${home}/${name}.job.json`, JSON.stringify({ ...jobOf(world), name: job }))
    }
  disk.createDirectory(`${home}/tmp`)
  if (scenario.past !== null) preparePast(world, scenario.past)
  disk.syncAll()
}

/** Ordinary nights of the job. An old input was that of the second of them. */
function preparePast(world: World, past: NonNullable<Scenario['past']>): void {
  const { rows, format } = world.scenario
  world.disk.createDirectory(runsDirectory)
  for (let night = 1; night <= 6; night++) {
    const strangers = Array.from({ length: 12 }, (_, index) => `left${night}-${index}@example.com`)
    const keys = rows.map(({ user }) => (user.includes('@') ? foldLogin(user) : user))
    // Without what was done with them, as in older runs: then users alone are compared.
    const users = (past === 'old' && night === 2 ? keys : strangers).map((key) => ({
      key,
      actions: noActions,
    }))
    const { hashes, whole } = sampleUsers(users)
    const run: RunFile = {
      format: 1,
      run_id: `p${night}`,
      created_at: new Date(world.org.time - (7 - night) * 86_400_000).toISOString(),
      versions: { okta_lifecycle: '0.0.0', node: 'v20.0.0' },
      job: mergeJob(jobSchema.parse(jobOf(world)), {}, format),
      from_job_file: true,
      input: {
        name: 'input.csv',
        file: 'input.csv',
        format,
        sha256: '',
        bytes: 0,
        rows: 12,
        tasks: 12,
        users: 12,
        due_users: 12,
        user_sample: { hashes: [...hashes], whole },
        // So many that repeated rows are usual: the drawn input may have any number of them.
        repeated_rows: 12 + rows.length,
        columns: headerOf(world.scenario),
        mapping: { user: 'user', action: null, send_email: null },
      },
      org_url: 'https://org.example.com',
      owner: null,
      input_passed: true,
      confirmed: true,
      state: 'finished',
      reason: null,
    }
    world.disk.createDirectory(`${runsDirectory}/p${night}`)
    writeNow(world, `${runsDirectory}/p${night}/run.json`, JSON.stringify(run))
  }
}

function jobOf({ scenario, forgetsGuards }: World): object {
  const stepOf = (action: Action, index: number): Action | object =>
    scenario.goesOn.includes(index + 1) ? { action, if_failed: 'go_on' } : action
  const { steps, inDoubt, respondAsync, sendEmail, share, concurrency, protect, onlyStatus, rules } = scenario
  const { protectAdmins, members, bounds } = scenario
  return {
    name: 'sim',
    input: {
      ...(rules.where ? { where: { wanted: ['Yes'] } } : {}),
      ...(rules.due
        ? {
            due: {
              column: 'last_day',
              time_zone: 'UTC',
              ...(scenario.ownDates ? { format: dueFormat } : {}),
            },
          }
        : {}),
      ...(rules.check ? { check: { login: 'expected' } } : {}),
      short_names: scenario.shortNames,
    },
    ...(steps === null ? {} : { steps: steps.map(stepOf), order: scenario.order }),
    options: {
      in_doubt: inDoubt,
      respond_async: respondAsync,
      ...(sendEmail === null ? {} : { send_email: sendEmail }),
    },
    pace: { share, concurrency },
    guards: {
      ...(scenario.maxFailures === null ? {} : { max_failures: scenario.maxFailures }),
      ...(bounds.users === null ? {} : { max_users: bounds.users }),
      ...(bounds.failureRate === null ? {} : { max_failure_rate: bounds.failureRate }),
      ...(bounds.durationS === null ? {} : { max_duration: `${bounds.durationS}s` }),
      protect: forgetsGuards ? [] : protect,
      ...(protectAdmins === null ? {} : { protect_admins: protectAdmins }),
      ...(members === null || forgetsGuards ? {} : { protect_groups: [groupId] }),
      ...(onlyStatus === null || forgetsGuards ? {} : { only_status: [...new Set(onlyStatus)] }),
    },
    ...(scenario.links ? { report: { activation_links: 'links.csv' } } : {}),
    read_first: scenario.readFirst,
    ...(scenario.verify === null ? {} : { verify: scenario.verify }),
  }
}

/** Removes a file, if it is there. */
export function removeNow({ disk }: World, path: string): void {
  const { directory, name } = disk.place(path, 'unlink')
  if (directory.names.has(name)) disk.change(directory, [[name, null]])
}

/** Puts a file on the disk as if it had always been there. */
export function writeNow({ disk, time }: World, path: string, content: string | Buffer): void {
  const file = disk.createFile(path)
  file.write(Buffer.from(content), 0)
  file.writtenAt = time.now
}
