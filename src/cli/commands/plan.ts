import { PacerStopped } from '../../budget/pacer.ts'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { readRows } from '../../input/read-rows.ts'
import { rowSettings } from '../../job/input-settings.ts'
import { prepare } from '../../job/prepare.ts'
import { readTokenOwner } from '../../lookup/read-owner.ts'
import { type ExitCode, exitCodes, KnownError } from '../../messages/known-error.ts'
import { RunStopped, type StopReason, StopSwitch } from '../../messages/stop.ts'
import { createOktaClient } from '../../okta/client.ts'
import { OktaClock } from '../../okta/clock.ts'
import { jsonAnswer, type PlanAnswer, textAnswer } from '../../plan/plan-answer.ts'
import { createPlanProgress, silentPlanProgress } from '../../plan/plan-progress.ts'
import { planRows } from '../../plan/plan-rows.ts'
import type { PlanEnd } from '../../plan/plan-schema.ts'
import { createPlanCounter } from '../../plan/plan-totals.ts'
import { openReading, type Reading } from '../../plan/reading.ts'
import { forecastRun } from '../../plan/render-plan.ts'
import { UserReads } from '../../plan/user-reads.ts'
import { guardRun, type TokenOwner } from '../../rules/guards.ts'
import { type CheckedInput, checkInput } from '../../run/check-input.ts'
import { defineCommand } from '../command.ts'
import { inputOptions, jsonOption, sendingOptions } from '../options.ts'
import { environmentOrg, newSandboxOrg, type RunOrg } from '../org.ts'
import { stopOnSignals } from '../terminal/signals.ts'
import { programVersion } from '../version.ts'

/** Flags of `run` that a plan has no use for: a command line can be planned as it stands by changing one word. */
const runAlone = {
  yes: { type: 'boolean', describe: 'Taken as run takes it; a plan asks nothing' },
  'runs-dir': { type: 'string', requiresArg: true, describe: 'Taken as run takes it; a plan keeps nothing' },
  'run-id': { type: 'string', requiresArg: true, describe: 'Taken as run takes it; a plan keeps nothing' },
} as const

export const planCommand = defineCommand({
  usage: 'plan [input]',
  describe: 'Show what run would do, row by row; nothing is sent but reads',
  positional: { name: 'input', describe: 'CSV, JSON or JSON lines; - reads standard input' },
  options: {
    ...inputOptions,
    sandbox: {
      type: 'boolean',
      default: false,
      describe: 'Use a simulated org that holds the users of the input',
    },
    ...runAlone,
    quiet: sendingOptions.quiet,
    ...jsonOption,
  },
  examples: [
    ['$0 plan --job jobs/offboarding.yaml', 'What a job would do to each user'],
    ['$0 plan leavers.csv --action suspend --json', 'The same for a file, for a program'],
  ],
  handler: async (args, input): Promise<ExitCode> => {
    const prepared = await prepare(input, args)
    const realOrg = args.sandbox ? null : environmentOrg()
    const stop = new StopSwitch()
    const unhook = stopOnSignals(stop, say)
    try {
      return await inTemporaryDirectory(async (directory) => {
        const checked = await checkInput(prepared, directory)
        stop.check()
        refuseTooMany(checked)
        const org = realOrg ?? (await newSandboxOrg(directory, rowsOf(checked)))
        if (realOrg === null)
          say(`This is a sandbox: a simulated org at ${org.connection.orgUrl}. Nothing real is touched.`)
        const answer = args.json ? jsonAnswer(process.stdout) : textAnswer(process.stdout)
        const { quiet, json } = args
        return await connectAndPlan({ checked, directory, org, stop, answer, quiet, json })
      })
    } catch (error) {
      if (stop.reason !== null && isStopping(error)) throw brokenOff(stop.reason)
      throw error
    } finally {
      unhook()
    }
  },
})

interface PlanOptions {
  readonly checked: CheckedInput
  readonly directory: string
  readonly org: RunOrg
  readonly stop: StopSwitch
  readonly answer: PlanAnswer
  readonly quiet: boolean
  readonly json: boolean
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function rowsOf({ input, mapping, job }: CheckedInput): ReturnType<typeof readRows> {
  return readRows(input, mapping, rowSettings(job))
}

/** Holds the input to the guard of a run, before Okta is asked for anything. */
function refuseTooMany({ job, survey }: CheckedInput): void {
  const users = survey.distinctUsers
  const stopped = guardRun({ run_id: 'RUN', input: { users }, job })
  if (stopped === null) return
  throw new KnownError(
    `The input names ${users} users; max_users allows ${job.guards.max_users}.`,
    `If that is right: --max-users ${users}`,
    stopped.exitCode,
  )
}

/** Plans within a connection to the org, as an execution has one. */
async function connectAndPlan(options: PlanOptions): Promise<ExitCode> {
  const { checked, directory, org, stop } = options
  const clock = new OktaClock()
  const client = createOktaClient({
    connection: org.connection,
    clock,
    connections: checked.job.pace.concurrency,
    userAgent: `okta-lifecycle/${programVersion()}`,
  })
  // Reads change nothing: those under way are not waited for when the plan stops.
  stop.signal.addEventListener('abort', () => void client.close(), { once: true })
  let reading: Reading | null = null
  let rowsDone = 0
  try {
    const owner = await readTokenOwner(org.connection.orgUrl, client.send, stop, () => clock.now())
    if (owner === null) say('The token belongs to no user (a service app): there is no owner to protect.')
    reading = await openReading({
      directory,
      job: checked.job,
      owner,
      send: client.send,
      clock,
      stop,
      requestTimeoutMs: org.connection.requestTimeoutMs,
      readsLeft: () => checked.survey.rows - rowsDone,
    })
    return await writePlan(options, owner, reading, (done) => {
      rowsDone = done
    })
  } finally {
    // Also where the plan ends otherwise than by its last row or the switch: reads ahead may be under way.
    stop.turn({ state: 'interrupted', exitCode: exitCodes.done, message: 'the plan has ended' })
    await reading?.close()
    await client.close()
    await org.close()
  }
}

/** Writes the rows as they are planned, then what they add up to. */
async function writePlan(
  options: PlanOptions,
  owner: TokenOwner,
  reading: Reading,
  onRow: (done: number) => void,
): Promise<ExitCode> {
  const { checked, org, stop, answer, quiet, json } = options
  const { job, survey } = checked
  const counter = createPlanCounter(job)
  const progress = quiet ? silentPlanProgress() : createPlanProgress(survey.rows, reading.buckets)
  const ahead = Math.max(32, job.pace.concurrency * 4)
  const end = (): PlanEnd => {
    const requests = counter.requests()
    const seconds = forecastRun(requests, reading.buckets())?.seconds ?? null
    return { totals: counter.totals(), requests, seconds }
  }
  let done = 0
  try {
    for await (const planned of planRows(rowsOf(checked), {
      job,
      owner,
      reads: new UserReads(reading.read),
      ahead,
    })) {
      stop.check()
      counter.add(planned)
      onRow(++done)
      if (!(await answer.row(planned))) return exitCodes.done
      progress.update(done)
    }
  } catch (error) {
    if (stop.reason === null || !isStopping(error) || !json || !answer.begun) throw error
    // What was begun as one JSON object ends as one.
    const { message, next, exitCode } = brokenOff(stop.reason)
    await answer.end({ ...end(), error: { message, next, exit_code: exitCode } }, null, org.orgUrl)
    say(`${message}\n→ ${next}`)
    return exitCode
  }
  progress.end(done)
  await answer.end(end(), forecastRun(counter.requests(), reading.buckets()), org.orgUrl)
  return exitCodes.done
}

function isStopping(error: unknown): boolean {
  return error instanceof RunStopped || error instanceof PacerStopped
}

/** Why a plan ends before its input does, where a run would be resumed. */
function brokenOff({ message, exitCode }: StopReason): KnownError {
  return new KnownError(
    `The plan was broken off: ${message.replace(/, then resume\.$/, '.')}`,
    'Then plan again. Nothing was sent but reads.',
    exitCode,
  )
}
