import type { InputRow } from '../input/row.ts'
import type { Job } from '../job/job.ts'
import { type CheckedGuards, checkGuards, type GuardedWork } from '../lookup/check-guards.ts'
import type { LookupParts } from '../lookup/paced-get.ts'
import { readUser } from '../lookup/read-user.ts'
import { KnownError } from '../messages/known-error.ts'
import { describeNext, RunStopped, type StopReason, type StopSwitch } from '../messages/stop.ts'
import { createPlanProgress, silentPlanProgress } from '../plan/plan-progress.ts'
import { type PlannedRow, type PlanRowsOptions, planRows } from '../plan/plan-rows.ts'
import type { PlanEnd } from '../plan/plan-schema.ts'
import { forecastRun, lookUpLifecycleLimit, type PlanForecast } from '../plan/plan-time.ts'
import { createPlanCounter } from '../plan/plan-totals.ts'
import { UserReads } from '../plan/user-reads.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { timeNotTold } from '../rules/stop-reasons.ts'
import { askOrg } from './ask-org.ts'
import type { RunOrg } from './org.ts'
import type { SentBefore } from './sent-before.ts'

export interface MakePlanOptions {
  readonly job: Job
  readonly rows: () => AsyncIterable<InputRow>
  /** Rows of the input. */
  readonly count: number
  /** As in {@link planRows}. */
  readonly doneSteps?: PlanRowsOptions['doneSteps']
  readonly meantBy?: PlanRowsOptions['meantBy']
  /** What the guards judge about the input as a whole. */
  readonly guarded: Pick<GuardedWork, 'users' | 'actions' | 'unusual'>
  readonly org: RunOrg
  readonly stop: StopSwitch
  readonly quiet: boolean
  /** Whether a person has said that refusals concern the users and not the token. */
  readonly acceptRefusals: boolean
  /** As in {@link askOrg}. */
  readonly sent?: SentBefore | undefined
  readonly say: (line: string) => void
  /** Called once, before the first row. */
  readonly onOwner?: (owner: TokenOwner) => Promise<void>
  /** Takes each row. False: nobody wants more of them, and the plan ends. */
  readonly onRow: (planned: PlannedRow) => Promise<boolean>
}

/** A plan without its rows: complete, or as far as it got. */
export interface MadePlan {
  readonly end: PlanEnd
  readonly time: PlanForecast | null
  /** Why it ended early: it stopped, or nobody wanted more rows; null if it is complete. */
  readonly brokenOff: StopReason | 'unwanted' | null
}

/**
 * Plans an input with reads alone.
 *
 * @throws RunStopped when it stops before the first row, and what the rows throw
 */
export async function makePlan(options: MakePlanOptions): Promise<MadePlan> {
  const { job, count, org, stop, say, sent } = options
  let done = 0
  const workLeft = (): number => count - done
  return await askOrg({ job, org, stop, say, workLeft, sent }, async (lookup, owner) => {
    if (owner === null) say('The credentials belong to a service app: there is no owner to protect.')
    const checks = await checkGuards(lookup, { guards: job.guards, owner, ...options.guarded })
    await options.onOwner?.(owner)
    return await planAll(options, lookup, { owner, ...checks }, () => ++done)
  })
}

async function planAll(
  options: MakePlanOptions,
  lookup: LookupParts,
  guards: CheckedGuards & { readonly owner: TokenOwner },
  onDone: () => number,
): Promise<MadePlan> {
  const { job, count, quiet } = options
  const { stop } = lookup
  const buckets = (): ReturnType<typeof lookup.pacer.report> => lookup.pacer.report()
  // A run begins with the same reads.
  const { reads: readsBefore = 1, roles = 0 } = lookup.tally.requests
  const counter = createPlanCounter(job, { reads: readsBefore, roles })
  const progress = quiet ? silentPlanProgress() : createPlanProgress(count, buckets)
  const reads = new UserReads((row) => readUser(lookup, row.user))
  const made = (brokenOff: MadePlan['brokenOff']): MadePlan => {
    const time = forecastRun(counter.requests(), buckets())
    const end = { totals: counter.totals(), requests: counter.requests(), seconds: time?.seconds ?? null }
    return { end, time: brokenOff === null ? time : null, brokenOff }
  }
  let done = 0
  try {
    for await (const planned of planRows(options.rows(), {
      job,
      ...guards,
      reads,
      ahead: Math.max(32, job.pace.concurrency * 4),
      now: () => {
        if (!lookup.clock.known) throw stop.because(timeNotTold(lookup.orgUrl, 'which rows are due'))
        return lookup.clock.nowAtLeast()
      },
      ...(options.doneSteps === undefined ? {} : { doneSteps: options.doneSteps }),
      ...(options.meantBy === undefined ? {} : { meantBy: options.meantBy }),
    })) {
      stop.check()
      counter.add(planned)
      done = onDone()
      if (!(await options.onRow(planned))) return made('unwanted')
      progress.update(done)
    }
    const refused = options.acceptRefusals ? null : reads.refusedAlone()
    if (refused !== null) throw stop.because(refused)
    progress.end(done)
    if (counter.requests().lifecycle > 0) await lookUpLifecycleLimit(lookup)
    return made(null)
  } catch (error) {
    if (stop.reason === null || !(error instanceof RunStopped)) throw error
    return made(stop.reason)
  }
}

/**
 * The error of a plan that ended early. A run could be resumed; a plan begins again.
 *
 * @param again what to type or do to begin again
 */
export function planBrokenOff({ message, advice, exitCode }: StopReason, again = 'plan again'): KnownError {
  const next = describeNext(advice, again)
  return new KnownError(
    `The plan stopped early: ${message}`,
    `${next[0]?.toUpperCase()}${next.slice(1)}. Only reads were sent.`,
    exitCode,
  )
}
