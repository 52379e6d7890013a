import { basename, resolve } from 'node:path'
import { readRows } from '../input/read-rows.ts'
import { rowSettings } from '../job/input-settings.ts'
import type { Job } from '../job/job.ts'
import type { Prepared } from '../job/prepare.ts'
import type { StopSwitch } from '../messages/stop.ts'
import { keepPlan } from '../plan/plan-of-run.ts'
import type { SavedPlan } from '../plan/saved-plan.ts'
import { actionsOf, checkInput, describeSkippedRows } from '../run/check-input.ts'
import { describeInput } from '../run/describe-input.ts'
import { checkLinksPlace } from '../run/links-place.ts'
import { newRunFile } from '../run/new-run.ts'
import { clearUnfinishedStart, endStart } from '../run/run-directory.ts'
import { type RunFile, sandboxOrgUrl, writeRunFile } from '../run/run-file.ts'
import { warnOfUnfinished } from '../run/unfinished-runs.ts'
import { confirmByPlan, confirmSavedPlan } from './confirm-by-plan.ts'
import { compareWithLatest, type IfChanged } from './if-changed.ts'
import { checkNotifyAddress } from './notify.ts'
import { describeSandbox, newSandboxOrg, type RunOrg } from './org.ts'
import { checkCopyOfInput } from './planned-run.ts'
import type { SentBefore } from './sent-before.ts'
import type { StoreArguments } from './store-arguments.ts'
import { describePlannedSending, describeSending } from './terminal/confirm.ts'
import { say } from './terminal/stop-hooks.ts'
import { findUnusualInput } from './unusual-input.ts'
import { programVersion } from './version.ts'

/** A saved plan that is carried out, and its path. */
export interface PlannedRun {
  readonly plan: SavedPlan
  readonly path: string
}

/** How a run starts. */
export interface StartOptions extends StoreArguments {
  readonly submit?: boolean | undefined
  readonly runId: string
  readonly prepared: Prepared
  readonly fromJobFile: boolean
  /** Null for a sandbox. */
  readonly realOrg: RunOrg | null
  readonly planned: PlannedRun | null
  readonly stop: StopSwitch
  readonly yes: boolean
  readonly quiet: boolean
  readonly acceptRefusals: boolean
  readonly acceptUnusual: boolean
  readonly 'if-changed': boolean
  readonly runsDirectory: string
  readonly sentBefore: SentBefore
}

/** A run that may be carried out; or one that need not be, because nothing has changed. */
export type Started =
  | { readonly kind: 'started'; readonly run: RunFile; readonly org: RunOrg }
  | Extract<IfChanged, { kind: 'unchanged' }>

/**
 * Prepares the run: copies the input, checks every row, writes `run.json` and asks for consent.
 *
 * @throws KnownError when the input can't be acted on, or the answer to the question is no
 */
export async function startRun(directory: string, options: StartOptions): Promise<Started> {
  const { prepared, realOrg, stop, yes, planned, quiet, acceptRefusals, sentBefore: sent } = options
  await clearUnfinishedStart(directory)
  const checked = await checkInput(prepared, directory, stop.signal)
  stop.check()
  if (options['if-changed'] && realOrg !== null) {
    const compared = await compareWithLatest(checked, realOrg.orgUrl, options.runsDirectory)
    if (compared.kind === 'unchanged') return compared
    say(`The job is run, because ${compared.why}.`)
  }
  if (planned !== null) {
    checkCopyOfInput(planned.plan, checked)
    await keepPlan(planned.path, planned.plan, directory)
  }
  const job = realOrg === null ? withoutOutsideFiles(checked.job, directory) : checked.job
  const { fromJobFile, runsDirectory } = options
  const orgUrl = realOrg?.orgUrl ?? sandboxOrgUrl
  // A worker writes the links to its own files.
  if (options.submit !== true) await checkLinksPlace(directory, { job, org_url: orgUrl })
  checkNotifyAddress(job)
  // A planned input is judged too: the plan may have been made with another runs directory.
  const finding = await findUnusualInput(checked, fromJobFile, realOrg, runsDirectory)
  // At a terminal the question that follows decides.
  const isAsked = !yes && job.guards.unusual === 'ask'
  const unusual = isAsked ? null : finding
  const unfinished =
    fromJobFile && realOrg !== null ? await warnOfUnfinished(runsDirectory, job.name, realOrg.orgUrl) : null
  const run = newRunFile({
    ...options,
    unusual,
    now: new Date(),
    version: programVersion,
    checked: { ...checked, job },
    source: prepared.source,
    orgUrl,
    plan: planned === null ? null : planOf(planned.plan),
  })
  await writeRunFile(directory, run)
  await endStart(directory)
  for (const line of [...describeInput(checked), ...describeSkippedRows(checked.survey)]) say(line)
  if (unfinished !== null) say(unfinished)
  const { input, mapping, survey } = checked
  const rows = (): ReturnType<typeof readRows> => readRows(input, mapping, rowSettings(job))
  const orgName = realOrg?.orgUrl ?? 'a sandbox'
  if (yes && planned !== null) say(describePlannedSending(planned.plan.end, orgName))
  else if (yes) say(describeSending(survey, job, orgName))
  const org = realOrg ?? (await newSandboxOrg(directory, rows(), job))
  if (realOrg === null) say(describeSandbox(org))
  try {
    if (!yes) {
      const again = 'start again when you are ready'
      if (isAsked && finding !== null) say(`Unusual for this job: ${finding}.`)
      const stops = options.acceptUnusual ? null : unusual
      const guarded = { users: survey.distinctUsers, actions: actionsOf({ job, survey }), unusual: stops }
      const asking = { job, rows, count: survey.rows, guarded, org, stop, quiet, say, acceptRefusals, sent }
      if (planned === null) await confirmByPlan(asking, again)
      else await confirmSavedPlan(planned.plan.end, asking, again)
    }
    stop.check()
    return { kind: 'started', run: { ...run, confirmed: true }, org }
  } catch (error) {
    await org.close()
    throw error
  }
}

/** What `run.json` records about a plan. */
function planOf({ head, sha256 }: SavedPlan): NonNullable<Parameters<typeof newRunFile>[0]['plan']> {
  return { of: { id: head.plan_id, sha256 }, owner: head.owner }
}

/** Keeps the links of a simulated org apart from real ones: in a file of the same name in the run directory. */
function withoutOutsideFiles(job: Job, directory: string): Job {
  const links = job.report.activation_links
  const told = { ...job, notify: null }
  return links === null
    ? told
    : { ...told, report: { ...job.report, activation_links: resolve(directory, basename(links)) } }
}
