import { checkBounds } from './bounds.ts'
import { isForgotten, type Ours, type RefOf } from './evidence.ts'
import { checkExitCodes } from './exit-codes.ts'
import { checkGuards } from './guards.ts'
import { checkHandedOn } from './handed-on.ts'
import { checkJournals } from './journals.ts'
import { goesBeforeDoubt } from './left-in-doubt.ts'
import { checkLeftOut } from './left-out.ts'
import { checkMailsAsked } from './mails.ts'
import { checkNames } from './names.ts'
import { checkMails, checkOnce } from './once.ts'
import type { Applied } from './org.ts'
import { legal, target } from './org-rules.ts'
import { checkLostReads, checkPermission } from './permission.ts'
import { checkPlanned, checkUnusual } from './planned.ts'
import type { Report } from './play.ts'
import { checkRepeats } from './repeats.ts'
import { readRun, refsOf } from './reports.ts'
import { checkSteps } from './steps.ts'
import { checkStoppedRows } from './stopped-rows.ts'
import { checkTimeAtWork } from './time-at-work.ts'
import { checkTooMany } from './too-many-users.ts'
import { checkLinks, checkTruth } from './truth.ts'
import { checkNamed, checkUndo } from './undone.ts'
import type { World } from './world.ts'

/**
 * What must hold of every history. The numbers stand in the violations. After each, the planted bugs that break it.
 *
 * - **I1** No call leaves before its intent is on disk.
 *   "a sync of the journal is skipped", "a call leaves before its intent is written"
 * - **I2** What is reported is what the org did, and what was known.
 *   "answers are not journalled", "an answer is journalled late", "a 404 on deactivate is trusted", "an open attempt is
 *   forgotten", "what is unsettled is reported as not run", "a proxy's clock is taken for Okta's",
 *   "a call leaves however long ago it was intended", "an attempt is judged by a clock that is not Okta’s"
 * - **I3** A result is final.
 *   "a result is taken back", "a host of the same name is taken for this one"
 * - **I4** Counts add up, and every row is counted.
 *   "what is unsettled is counted as not run", "a run that was cut off is not reported when another one goes on from it"
 * - **I5** Each user's tasks are applied in the order of the input, over all ways back.
 *   "a retry does not wait for a later row in doubt", "rows of a user do not wait for each other", "a doubt is settled too soon", "a user's short name is not known
 *   for the user's"
 * - **I6** A journal replays to the same state at every prefix.
 *   "skipped tasks are not counted"
 * - **I7** No window gets more than the share, and nothing is sent where nothing remains. Where no limit is known, requests
 *   that were lost keep the next one waiting.
 *   "the refusal of the whole org does not close a bucket", "a call that arrives after its execution has died is not
 *   counted", "what an earlier execution sent is not counted",
 *   "what a retried run has sent is not known when its retry goes on", "reads are not counted in the share of a later
 *   execution", "the remaining in a late answer of an older window is
 *   believed", "lost requests in an unknown bucket keep nobody waiting", "the reset of a limit does not tell the time",
 *   "a budget goes on with the times of this machine’s clock"
 * - **I8** Nothing is sent for a guarded user, nor for a row that may not be acted on.
 *   "a guard fails open", "whoever is looked up has no admin role", "a role held through a group is overlooked",
 *   "members of groups are known by another id", "an owner whom Okta does not show is taken for none", "a row is sent before it is due"
 * - **I9** Nothing is sent once another process has taken the run over, or the job's name for another run.
 *   "a hold is taken for valid for ever", "the hold of a job's name is not looked at again"
 * - **I10** A run that can end ends.
 *   "the end of a run is not recorded as one", "a run.json from before the run began to send hides that the
 *   journal is lost", "a run that has lost its journal is taken for a new one"
 * - **I11** A task is applied once, unless it was in doubt with leave to repeat; and no user gets two mails at once.
 *   "a proxy's error is looked into at once", "what is in doubt is repeated three times", "a mail is sent again after a
 *   minute", "results are not written", "a doubt about factors is settled by status", "a factor of the same second counts
 *   as an old one",
 *   "a reset is sent again as long as a factor outlives it", "a task that was begun before a loss of the
 *   journal is not looked up", "a change within the same second is
 *   overlooked", "a mail is sent again at once", "a call that did not hold is sent again", "a run that can not be read hides what it
 *   went on from", "nobody looks for runs that went on from an older copy",
 *   "a run further on does not say which runs were before the one it goes on from",
 *   "run.json does not say how far the journal was when its last execution began"
 * - **I12** No process hangs or fails in a way that it does not know.
 *   "the end of a row does not wake the next one of its user", "a probe waits for a row of its own whose read is refused",
 *   "refusals of a full disk are not known"
 * - **I13** A deactivation that the job verifies is not called a success when it did not hold.
 *   "what Okta accepts is called verified"
 * - **I14** An undo takes back only what the run that it names did last to a user.
 *   "a call whose time is known to a minute is taken for the last change", "a success that may be somebody else’s has no
 *   place in what a run did"
 *   "an undo does not look who has changed a user since"
 * - **I15** A run by a saved plan sends only what the plan sends, to users who are as it found them.
 *   "whoever was changed since the plan is acted on"
 * - **I16** Nothing is sent for an old input before a person lets it pass, and an ordinary one is not stopped.
 *   "what is unusual is forgotten when the run begins"
 * - **I17** Once a process has the answers that show one failure too many, no call leaves it.
 *   "calls leave while a failure is looked at that may be one too many", "any part of the tasks may fail"
 * - **I18** By the order `step`, no call leaves before those of earlier steps have ended, over all executions.
 *   "a step begins while the one before it is at work", "what may have been sent in a lost part is sent again before its
 *   turn"
 * - **I19** A night on which nothing is said to have changed sends nothing, after a run that did everything that is due.
 *   "a night is left out although someone must look at the one before", "a night is left out although a row has become due"
 * - **I20** In a run and its retries, a key means one user; a row that means somebody else by now is not sent, wherever it
 *   is fed.
 *   "whom a key meant in an earlier row is forgotten", "a retry forgets whom another row's key meant", "a row that means
 *   somebody else is offered for feeding"
 * - **I21** A process that stops because the token may not do the work fails nobody whose call was refused after its last
 *   accepted one had left, unless Okta showed somebody since and refused reads again after that.
 *   "who is held fails when the run stops", "rows of the next step are not tried at the end of a step"
 * - **I22** A step is called `unchanged` only after each earlier step of its row has ended, and none of them in doubt.
 *   "whoever is where a lost call leads is unchanged whatever comes before"
 * - **I26** Nothing is sent for a row that asks for the same as its user's row before it, if that one was applied; and a row
 *   is said to repeat another only if that is so.
 *   "a probe does not know the rows that were done before", "a row that has begun to end as not due counts as its user's"
 * - **I28** An undo names everybody whom it finds as the run left them, or says of how many nobody knows that.
 *   "an undo takes a run that is not over for whole", "an undo says nothing of those whom it can not be sure of"
 * - **I29** Whoever is left out had to be: a task is skipped or unchanged only for a reason that holds in the org, the input and
 *   the job, and fails for the user's status only if the action is not possible in it.
 *   "whoever is where another call of ours leads is unchanged, whatever the action needs", "only_status holds for where a
 *   step of the row has led as well", "a step whose failure the job allows stops its row"
 * - **I30** A process that ends with 0 or 1 has finished its run, and says by that whether somebody must look at a task.
 *   "a doubt is nothing that somebody must look at"
 * - **I31** Nobody is lost between two runs: a retry takes up every row of which something failed, is in doubt or was not
 *   run, and `failed.csv` has every such row that stands for itself.
 *   "a retry leaves out what was not run"
 * - **I32** Where the job reads first, no call is based on a read that is older than one window.
 *   "a call is based on a read of any age"
 * - **I33** A step that failed stops the later ones of its row, unless the job lets them go on; one in doubt, or not done yet,
 *   stops them in any case, and a doubt also the later rows of its user.
 *   "a step that failed stops nothing", "a row that is in doubt does not stop the next one of its user"
 * - **I34** Nothing is sent for an input that names more users than the job allows, before a person lets them pass; and one
 *   that names fewer is not stopped.
 *   "any number of users is let pass"
 * - **I35** A call sends a mail exactly if its row says so, else the job, else Okta's own default.
 *   "what a row says of mail is not heeded"
 * - **I36** An execution sends nothing after it has been at work for as long as the job allows.
 *   "an execution works on when its time is up"
 * - **I37** Where Okta refuses to show anybody any more, nobody fails for that and no doubt is given up, if it has shown
 *   somebody else of the run since that user's row was done.
 *   "whoever was shown before is not asked for again"
 * - **I38** Two processes that write to one journal, because somebody removed a hold, do not damage it.
 *   "what another process writes in the same moment is not noticed", "what was written after another process is not taken
 *   back"
 *
 * Of a store:
 *
 * - **I23** No run is on two workers at once, nor two runs of a job: none is taken while somebody holds it, and nobody
 *   writes under an epoch that is over.
 *   "a claim is taken that has not run out", "a run works beside another one of its job", "an append does not look at the
 *   claim"
 * - **I24** Nothing is sent under a claim that another one has replaced, that was given back or that ends within 3 s.
 *   "a claim is taken for valid for ever"
 * - **I25** No window gets more than the share from all runs of a store together.
 *   "each run of a store has a ledger of its own", "what a dead process had out counts as never sent",
 *   "permits never grow old", "while no limit is known, one probe after another gets a permit before the first has left"
 * - **I27** Whose token Okta refuses takes no run, once it knows that: by its first question, or by the runs at work.
 *   "a worker goes on to take runs after a refusal"
 *
 * I1 means there that the store has the intent ("a worker goes on alone without the store"); I12 that everything ends once
 * the world is well ("permits of a dead process are never given back"); I11 holds over all workers ("a doubt is settled at once after a
 * take-over").
 */
export async function checkEnd(world: World, reports: readonly Report[]): Promise<void> {
  const ours = world.org.applied.filter((applied): applied is Ours => applied.by !== null)
  const refs = new Map<string, ReadonlyMap<number, string>>()
  const rowsOfRun = (run: string): ReadonlyMap<number, string> => {
    const known = refs.get(run) ?? refsOf(world, run)
    refs.set(run, known)
    return known
  }
  const refOf: RefOf = (run, row) => rowsOfRun(run).get(row) ?? `${run}:${row}`
  checkOnce(world, reports, ours, refOf)
  checkMails(world, ours)
  checkTruth(world, reports, ours, refOf)
  checkLinks(world)
  checkFinality(world, reports)
  checkCounts(world, reports, (run) => rowsOfRun(run).size)
  checkOrder(world, reports, ours, refOf)
  checkShare(world)
  checkGuards(world, refOf)
  checkUndo(world, ours)
  checkNamed(world, ours)
  checkPlanned(world)
  checkUnusual(world)
  checkBounds(world, reports)
  checkSteps(world, ours)
  checkNames(world, reports, refOf)
  checkPermission(world, reports, ours)
  checkLostReads(world, reports, ours)
  checkRepeats(world, reports, ours, refOf)
  checkLeftOut(world, reports, refOf)
  checkExitCodes(world, reports)
  checkHandedOn(world, reports, refOf)
  checkStoppedRows(world, reports)
  checkTooMany(world, refOf)
  checkMailsAsked(world, ours, refOf)
  checkTimeAtWork(world)
  checkJournals(world)
}

function checkFinality(world: World, reports: readonly Report[]): void {
  const known = new Map<string, string>()
  const cuts = new Map<string, number>()
  for (const { run, at, tasks } of reports) {
    // What stood in the lost part of a journal is found out anew.
    const count = world.cuts.get(run)?.filter((time) => time < at).length ?? 0
    if (count > (cuts.get(run) ?? 0))
      for (const name of known.keys()) if (name.startsWith(`${run} `)) known.delete(name)
    cuts.set(run, count)
    for (const { row, step, result, message } of tasks) {
      const name = `${run} row ${row} step ${step}`
      const before = known.get(name)
      if (before !== undefined && before !== result)
        world.violate(`I3 ${name} was ${before} and is ${result}`)
      // Okta's answer alone is no result yet.
      const isPending = result === 'not_run' || result === 'unsettled' || message.includes('not verified yet')
      if (!isPending) known.set(name, result)
    }
  }
}

function checkCounts(world: World, reports: readonly Report[], rowsOf: (run: string) => number): void {
  for (const { run, tasks, counts, tasksInAll, isCutOff } of reports) {
    if (isCutOff) continue
    const sum = Object.values(counts).reduce((all, count) => all + count, 0)
    const negative = Object.values(counts).some((count) => count < 0)
    if (sum !== tasksInAll || tasks.length !== tasksInAll || negative)
      world.violate(`I4 run ${run}: ${tasksInAll} tasks, ${tasks.length} reported, ${JSON.stringify(counts)}`)
    const rows = rowsOf(run)
    if (rows > 0 && new Set(tasks.map(({ row }) => row)).size !== rows)
      world.violate(`I4 run ${run} reports other rows than the ${rows} of its input`)
    for (const [result, count] of Object.entries(counts)) {
      if (tasks.filter((task) => task.result === result).length !== count)
        world.violate(`I4 run ${run} counts ${count} ${result}, but its results say otherwise`)
    }
  }
}

function checkOrder(world: World, reports: readonly Report[], ours: readonly Ours[], refOf: RefOf): void {
  const indices = new Map(world.scenario.rows.map(({ ref }, index) => [ref, index]))
  const before = new Map<string, Ours[]>()
  // What did not hold was not done, and may be fed again with the rows around it.
  for (const applied of ours.filter(({ hollow }) => !hollow)) {
    const { run, row, step } = applied.by
    // An undo goes back.
    if (readRun(world, run)?.undo_of !== undefined) continue
    const index = indices.get(refOf(run, row)) ?? 0
    const earlier = before.get(applied.user) ?? []
    before.set(applied.user, [...earlier, applied])
    const later = earlier.find((other) => {
      const otherIndex = indices.get(refOf(other.by.run, other.by.row)) ?? 0
      if (otherIndex < index || (otherIndex === index && other.by.step <= step)) return false
      // What was done in a lost part of the journal, nobody knows when an earlier row is sent.
      return (
        !isOfLaterStep(world, applied, other) &&
        ((other.by.run === run && !isLostDoubt(world, applied) && !isForgotten(world, other, applied.at)) ||
          (otherIndex > index &&
            undoes(applied.action, other.action) &&
            (!isOthers(world, applied) || goesBeforeDoubt(world, reports, refOf, applied, other))))
      )
    })
    if (later === undefined) continue
    world.violate(
      `I5 ${applied.user}: row ${row} step ${step} of ${run} was applied after row ${later.by.row} step ${later.by.step} of ${later.by.run}`,
    )
  }
}

/**
 * Whether a call was repeated by the job's leave, or because a factor outlives each reset, after a loss of what stood in
 * the journal about it and later ones.
 */
function isLostDoubt(world: World, { action, user, by: { run } }: Ours): boolean {
  if (!world.cuts.has(run)) return false
  if (action === 'reset_factors') return world.org.users.get(user)?.keepsFactor === true
  return action === 'reactivate' && world.scenario.inDoubt === 'retry'
}

/** Whether a call comes after another one of an earlier row because the job does each step for all. */
function isOfLaterStep({ scenario }: World, { by }: Ours, { by: other }: Ours): boolean {
  return scenario.steps !== null && scenario.order === 'step' && by.step > other.step
}

/**
 * Whether an action takes the user away from where another one led. An action that Okta refuses there can be applied only
 * after somebody else has changed the user. Then it undoes their change, and not ours.
 */
function undoes(action: Applied['action'], other: Applied['action']): boolean {
  if (action === 'enrol' || other === 'enrol') return false
  const [to, from] = [target[action], target[other]]
  if (to === null || from === null || to === from) return false
  return legal[action]?.includes(from) ?? true
}

/** Whether somebody else was the last to change a user before a call: then it undoes their change, and not ours. */
function isOthers(world: World, { user, at }: Ours): boolean {
  const last = world.org.applied.findLast(
    (other) => other.user === user && other.at < at && other.before !== other.after,
  )
  return last?.by === null
}

function checkShare(world: World): void {
  const { share } = world.scenario
  // What was not on disk in time is not known to the next process.
  const forgetful =
    world.cuts.size > 0 ||
    world.scenario.stalls ||
    world.scenario.disturbances.some(
      ({ kind }) => kind === 'power' || kind === 'full_disk' || kind === 'read_only_disk',
    )
  const isAway = world.scenario.disturbances.some(({ kind }) => kind === 'journal_away')
  const isCutOff = world.scenario.disturbances.some(({ kind }) => kind === 'pause' || kind === 'SIGKILL')
  const seen = new Set<string>()
  for (const { bucket, limit, reset, ours } of world.org.windows) {
    if (bucket === '/api/v1/users/me') continue
    const allowance = Math.max(1, Math.floor(share * limit + 1e-9))
    const isFirst = !seen.has(bucket)
    seen.add(bucket)
    for (const [group, count] of ours) {
      const processes = world.processes.filter((process) => process.group === group)
      // Where what was sent before can't be found out, each process asks once what is left of the window.
      const before = isAway ? processes.length - 1 : 0
      // Who was cut off before it had Okta's first answer in a bucket has left no limit: the next one asks for it again.
      const asked = isCutOff && isFirst && processes.length > 1 ? Math.max(before, 1) : before
      if (count <= allowance + asked || (forgetful && processes.length > 1)) continue
      world.violate(
        `${world.store === null ? 'I7' : 'I25'} ${group} sent ${count} requests in ${bucket} before ${reset}, ${allowance} allowed, ${processes.length} processes`,
      )
    }
  }
}
