import { stat } from 'node:fs/promises'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { readRows } from '../../input/read-rows.ts'
import { rowSettings } from '../../job/input-settings.ts'
import { type InputArguments, type Prepared, prepare } from '../../job/prepare.ts'
import { type ExitCode, exitCodes, KnownError, Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { jsonAnswer, type PlanAnswer, textAnswer } from '../../plan/plan-answer.ts'
import { checkPlanPath, openPlanWriter, type PlanWriter } from '../../plan/write-plan.ts'
import { guardUserCount } from '../../rules/guards.ts'
import { actionsOf, type CheckedInput, checkInput, describeSkippedRows } from '../../run/check-input.ts'
import { describeInput } from '../../run/describe-input.ts'
import { makePlan, planBrokenOff } from '../make-plan.ts'
import { newPlanHead } from '../new-plan-head.ts'
import { configuredOrg, describeSandbox, newSandboxOrg, type RunOrg } from '../org.ts'
import type { StoreArguments } from '../store-arguments.ts'
import { canAsk } from '../terminal/confirm.ts'
import { stopOnSignals } from '../terminal/signals.ts'
import { say } from '../terminal/stop-hooks.ts'
import { findUnusualInput } from '../unusual-input.ts'

interface Arguments extends InputArguments, StoreArguments {
  readonly sandbox: boolean
  readonly out?: string | undefined
  readonly 'runs-dir': string
  readonly 'accept-unusual': boolean
  readonly 'accept-refusals': boolean
  readonly quiet: boolean
  readonly json: boolean
}

/** See `commands/plan.ts`. */
export async function planInput(args: Arguments, input: string | undefined): Promise<ExitCode> {
  const prepared = await prepare(input, args)
  if (args.out !== undefined) await checkSaving(args.out, args.sandbox, prepared)
  const realOrg = args.sandbox ? null : await configuredOrg(args)
  const stop = new StopSwitch()
  const unhook = stopOnSignals(stop, say)
  try {
    return await inTemporaryDirectory(async (directory) => {
      const checked = await checkInput(prepared, directory, stop.signal)
      stop.check()
      const { job, survey } = checked
      const tooMany = guardUserCount(survey.distinctUsers, job.guards.max_users)
      if (tooMany !== null) {
        const next = `If that is right: --max-users ${survey.distinctUsers}`
        throw new KnownError(tooMany.message, next, tooMany.exitCode)
      }
      if (!args.quiet)
        for (const line of [...describeInput(checked), ...describeSkippedRows(checked.survey)]) say(line)
      const found = await findUnusualInput(checked, args.job !== undefined, realOrg, args['runs-dir'])
      // At a terminal the run would ask.
      const stops = found !== null && (job.guards.unusual === 'stop' || !canAsk())
      if (found !== null && !stops) say(`Unusual for this job: ${found}.`)
      const unusual = stops && !args['accept-unusual'] ? found : null
      const org = realOrg ?? (await newSandboxOrg(directory, rowsOf(checked), job))
      if (realOrg === null) say(describeSandbox(org))
      try {
        return await writePlan({
          ...args,
          acceptRefusals: args['accept-refusals'],
          acceptUnusual: args['accept-unusual'],
          prepared,
          checked,
          unusual,
          org,
          stop,
        })
      } finally {
        await org.close()
      }
    })
  } catch (error) {
    if (stop.reason !== null && error instanceof RunStopped) throw planBrokenOff(stop.reason)
    throw error
  } finally {
    unhook()
  }
}

/** @throws Refusal for a plan that could not be carried out later, or a file that holds something else */
async function checkSaving(path: string, sandbox: boolean, prepared: Prepared): Promise<void> {
  const { source, merge } = prepared
  if (source === '-') {
    throw new Refusal(
      'A plan of standard input can’t be saved, because run --plan reads the input again.',
      'Save the input as a file and name that file.',
    )
  }
  if (sandbox) {
    throw new Refusal(
      'A plan of a sandbox can’t be saved, because its users end with the command.',
      'Leave out --out, or serve a simulated org that keeps running: okta-lifecycle sandbox',
    )
  }
  if (!merge(null).read_first) {
    throw new Refusal(
      'A plan that reads no users can’t be saved: run --plan compares each user with it.',
      'Leave out --no-read or --out; in a job file, take out read_first: false.',
    )
  }
  for (const read of [source, prepared.jobFile, prepared.protectFile]) {
    if (read === null || (await stat(read).catch(() => null))?.isFIFO() !== true) continue
    throw new Refusal(
      `A plan of what comes through a pipe can’t be saved, because run --plan reads ${read} again.`,
      'Save it as a file and name that file.',
    )
  }
  await checkPlanPath(path)
}

interface PlanOptions {
  readonly prepared: Prepared
  readonly checked: CheckedInput
  /** What is unusual about the input and stops the plan; null if nothing does. */
  readonly unusual: string | null
  readonly org: RunOrg
  readonly stop: StopSwitch
  readonly quiet: boolean
  readonly json: boolean
  readonly acceptRefusals: boolean
  readonly acceptUnusual: boolean
  /** Where the plan is saved; undefined: nowhere. */
  readonly out?: string | undefined
}

function rowsOf({ input, mapping, job }: CheckedInput): ReturnType<typeof readRows> {
  return readRows(input, mapping, rowSettings(job))
}

/** Writes the rows as they are planned, then the totals; also to the file, if one is named. */
async function writePlan(options: PlanOptions): Promise<ExitCode> {
  const { checked, json, out } = options
  const answer = json ? jsonAnswer(process.stdout) : textAnswer(process.stdout, checked.survey.rows)
  const writer = out === undefined ? null : await openPlanWriter(out)
  try {
    return await planInto(options, answer, writer)
  } finally {
    await writer?.discard()
  }
}

async function planInto(
  { prepared, checked, unusual, org, stop, quiet, json, acceptRefusals, acceptUnusual, out }: PlanOptions,
  answer: PlanAnswer,
  writer: PlanWriter | null,
): Promise<ExitCode> {
  const { end, time, brokenOff } = await makePlan({
    job: checked.job,
    rows: () => rowsOf(checked),
    count: checked.survey.rows,
    guarded: { users: checked.survey.distinctUsers, actions: actionsOf(checked), unusual },
    org,
    stop,
    quiet,
    acceptRefusals,
    say,
    onOwner: async (owner) => {
      await writer?.begin(await newPlanHead({ prepared, checked, org, owner, acceptRefusals, acceptUnusual }))
    },
    onRow: async (planned) => {
      await writer?.row(planned)
      return await answer.row(planned)
    },
  })
  if (brokenOff === 'unwanted') return exitCodes.done
  if (brokenOff !== null) {
    const error = planBrokenOff(brokenOff)
    if (!json || !answer.begun) throw error
    // The answer has begun as one JSON object and must end as one.
    const { message, next, exitCode } = error
    await answer.end({ ...end, error: { message, next, exit_code: exitCode } }, null, org.orgUrl)
    say(`${message}\n→ ${next}`)
    return exitCode
  }
  await writer?.commit(end)
  await answer.end(end, time, org.orgUrl)
  if (out !== undefined)
    say(`The plan is saved. To carry it out: okta-lifecycle run --plan ${shellWord(out)}`)
  return exitCodes.done
}
