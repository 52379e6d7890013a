import { mostSilent } from '../../budget/pacer.ts'
import { Tally } from '../../budget/tally.ts'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { readRows } from '../../input/read-rows.ts'
import { rowSettings } from '../../job/input-settings.ts'
import { prepare } from '../../job/prepare.ts'
import { type CheckedGuards, checkGuards } from '../../lookup/check-guards.ts'
import { openLookup } from '../../lookup/lookup.ts'
import type { LookupParts } from '../../lookup/paced-get.ts'
import { readTokenOwner } from '../../lookup/read-owner.ts'
import { readUser } from '../../lookup/read-user.ts'
import { type ExitCode, exitCodes, KnownError } from '../../messages/known-error.ts'
import { describeNext, RunStopped, type StopReason, StopSwitch } from '../../messages/stop.ts'
import { createOktaClient } from '../../okta/client.ts'
import { OktaClock } from '../../okta/clock.ts'
import { belongToServiceApp } from '../../okta/credentials.ts'
import { scopesFor } from '../../okta/oauth/scopes.ts'
import { jsonAnswer, type PlanAnswer, textAnswer } from '../../plan/plan-answer.ts'
import { createPlanProgress, silentPlanProgress } from '../../plan/plan-progress.ts'
import { planRows } from '../../plan/plan-rows.ts'
import type { PlanEnd } from '../../plan/plan-schema.ts'
import { createPlanCounter } from '../../plan/plan-totals.ts'
import { forecastRun } from '../../plan/render-plan.ts'
import { UserReads } from '../../plan/user-reads.ts'
import { guardUserCount, type TokenOwner } from '../../rules/guards.ts'
import { actionsOf, type CheckedInput, checkInput } from '../../run/check-input.ts'
import { describeInput } from '../../run/describe-input.ts'
import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, sendingOptions } from '../options.ts'
import { configuredOrg, describeSandbox, newSandboxOrg, type RunOrg } from '../org.ts'
import { stopOnSignals } from '../terminal/signals.ts'
import { say } from '../terminal/stop-hooks.ts'
import { programVersion } from '../version.ts'

/** Flags of `run` that a plan accepts and ignores, so that changing `run` to `plan` is enough. */
const runAlone = {
  yes: { type: 'boolean', describe: 'Accepted as by run; a plan asks nothing' },
  'runs-dir': { type: 'string', requiresArg: true, describe: 'Accepted as by run; a plan stores nothing' },
  'run-id': { type: 'string', requiresArg: true, describe: 'Accepted as by run; a plan stores nothing' },
} as const

export const planCommand = defineCommand({
  usage: 'plan [input]',
  describe: 'Show what run would do, row by row; sends only reads',
  positional: { name: 'input', describe: 'CSV, JSON, JSON lines or Excel (.xlsx); - reads standard input' },
  options: {
    ...inputOptions,
    sandbox: {
      type: 'boolean',
      default: false,
      describe: 'Use a simulated org with the users of the input',
    },
    ...runAlone,
    quiet: sendingOptions.quiet,
    ...jsonOption,
  },
  examples: [
    ['$0 plan --job jobs/offboarding.yaml', 'What a job would do to each user'],
    [
      '$0 plan leavers.csv --action suspend --json',
      'What an action would do to the users in a file, as JSON',
    ],
  ],
  handler: async (args, input): Promise<ExitCode> => {
    const prepared = await prepare(input, args)
    const realOrg = args.sandbox ? null : await configuredOrg()
    const stop = new StopSwitch()
    const unhook = stopOnSignals(stop, say)
    try {
      return await inTemporaryDirectory(async (directory) => {
        const checked = await checkInput(prepared, directory)
        stop.check()
        const { job, survey } = checked
        const tooMany = guardUserCount(survey.distinctUsers, job.guards.max_users)
        if (tooMany !== null) {
          const next = `If that is right: --max-users ${survey.distinctUsers}`
          throw new KnownError(tooMany.message, next, tooMany.exitCode)
        }
        if (!args.quiet) for (const line of describeInput(checked)) say(line)
        const org = realOrg ?? (await newSandboxOrg(directory, rowsOf(checked), job))
        if (realOrg === null) say(describeSandbox(org))
        const answer = args.json ? jsonAnswer(process.stdout) : textAnswer(process.stdout)
        return await connectAndPlan({ checked, org, stop, answer, quiet: args.quiet, json: args.json })
      })
    } catch (error) {
      if (stop.reason !== null && error instanceof RunStopped) throw brokenOff(stop.reason)
      throw error
    } finally {
      unhook()
    }
  },
})

interface PlanOptions {
  readonly checked: CheckedInput
  readonly org: RunOrg
  readonly stop: StopSwitch
  readonly answer: PlanAnswer
  readonly quiet: boolean
  readonly json: boolean
}

function rowsOf({ input, mapping, job }: CheckedInput): ReturnType<typeof readRows> {
  return readRows(input, mapping, rowSettings(job))
}

/** Plans with a connection to the org like that of an execution. */
async function connectAndPlan(options: PlanOptions): Promise<ExitCode> {
  const { checked, org, stop } = options
  const { pace } = checked.job
  const clock = new OktaClock()
  const client = createOktaClient({
    connection: org.connection,
    clock,
    connections: pace.concurrency + mostSilent,
    userAgent: `okta-lifecycle/${programVersion}`,
    scopes: scopesFor(checked.job.guards),
    say,
  })
  // Reads change nothing, so a plan that stops does not wait for those under way.
  stop.signal.addEventListener('abort', () => void client.close(), { once: true })
  let rowsDone = 0
  const { orgUrl, credentials } = org.connection
  const tally = new Tally()
  const lookup = openLookup({
    ...pace,
    orgUrl,
    clock,
    stop,
    tally,
    send: async (request) => {
      const answer = await client.send(request)
      tally.request(request, answer)
      return answer
    },
    say,
    earlierSends: () => [],
    workLeft: () => checked.survey.rows - rowsDone,
  })
  try {
    const ofServiceApp = belongToServiceApp(credentials)
    const owner = await readTokenOwner(lookup, { orgUrl, ofServiceApp })
    if (owner === null) say('The credentials belong to a service app: there is no owner to protect.')
    const checks = await checkGuards(lookup, {
      guards: checked.job.guards,
      users: checked.survey.distinctUsers,
      actions: actionsOf(checked),
      owner,
    })
    return await writePlan(options, { owner, ...checks }, lookup, (done) => {
      rowsDone = done
    })
  } finally {
    // However the plan ended, reads ahead may still be under way.
    const message = 'the plan has ended'
    stop.turn({ state: 'interrupted', exitCode: exitCodes.done, message, advice: { kind: 'go_on' } })
    lookup.pacer.stop()
    await client.close()
    await org.close()
  }
}

/** Writes the rows as they are planned, then the totals. */
async function writePlan(
  options: PlanOptions,
  guards: CheckedGuards & { readonly owner: TokenOwner },
  lookup: LookupParts,
  onRow: (done: number) => void,
): Promise<ExitCode> {
  const { checked, org, stop, answer, quiet, json } = options
  const { job, survey } = checked
  const buckets = (): ReturnType<typeof lookup.pacer.report> => lookup.pacer.report()
  // A run begins with the same reads.
  const { reads: readsBefore = 1, roles = 0 } = lookup.tally.requests
  const counter = createPlanCounter(job, { reads: readsBefore, roles })
  const progress = quiet ? silentPlanProgress() : createPlanProgress(survey.rows, buckets)
  const ahead = Math.max(32, job.pace.concurrency * 4)
  const reads = new UserReads((row) => readUser(lookup, row.user))
  const end = (): PlanEnd => {
    const requests = counter.requests()
    const seconds = forecastRun(requests, buckets())?.seconds ?? null
    return { totals: counter.totals(), requests, seconds }
  }
  let done = 0
  try {
    for await (const planned of planRows(rowsOf(checked), {
      job,
      ...guards,
      reads,
      ahead,
      now: () => lookup.clock.nowAtLeast(),
    })) {
      stop.check()
      counter.add(planned)
      onRow(++done)
      if (!(await answer.row(planned))) return exitCodes.done
      progress.update(done)
    }
    const refused = reads.refusedAlone()
    if (refused !== null) throw stop.because(refused)
  } catch (error) {
    if (stop.reason === null || !(error instanceof RunStopped) || !json || !answer.begun) throw error
    // The answer has begun as one JSON object and must end as one.
    const { message, next, exitCode } = brokenOff(stop.reason)
    await answer.end({ ...end(), error: { message, next, exit_code: exitCode } }, null, org.orgUrl)
    say(`${message}\n→ ${next}`)
    return exitCode
  }
  progress.end(done)
  await answer.end(end(), forecastRun(counter.requests(), buckets()), org.orgUrl)
  return exitCodes.done
}

/** The error of a plan that ends early. A run could be resumed; a plan begins again. */
function brokenOff({ message, advice, exitCode }: StopReason): KnownError {
  const next = describeNext(advice, 'plan again')
  return new KnownError(
    `The plan stopped early: ${message}`,
    `${next[0]?.toUpperCase()}${next.slice(1)}. Only reads were sent.`,
    exitCode,
  )
}
