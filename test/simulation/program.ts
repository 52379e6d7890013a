import { planInput } from '../../src/cli/handlers/plan.ts'
import { resumeRun } from '../../src/cli/handlers/resume.ts'
import { retryRun } from '../../src/cli/handlers/retry.ts'
import { runInput } from '../../src/cli/handlers/run.ts'
import { undoRun } from '../../src/cli/handlers/undo.ts'
import { reportError } from '../../src/cli/report-error.ts'
// Loaded here, since the program loads it in mid-run, which takes real time.
import '../../src/input/xlsx/read-xlsx.ts'
import '../../src/input/xlsx/sheet-columns.ts'
import '../../src/input/xlsx/workbook.ts'
import '../../src/job/read-job-file.ts'
import { asCannotWrite } from '../../src/files/cannot-write.ts'
import { KnownError } from '../../src/messages/known-error.ts'
import type { SimProcess } from './process.ts'
import { chainOf } from './reports.ts'
import { home, runsDirectory, type World } from './world.ts'

export const sending = {
  'runs-dir': runsDirectory,
  yes: true,
  quiet: true,
  json: true,
  drain: 15,
  'accept-refusals': false,
}

/** Bounds that nothing reaches. */
const lifted = { 'max-failures': 1_000, 'max-failure-rate': 0.999, 'max-duration': '100h' }
const mostUsers = 1_000

/** `okta-lifecycle run INPUT --job JOB --run-id RUN --yes --quiet --json` as a process of a world. */
export function startRun(
  world: World,
  input: string,
  runId: string,
  machine?: string,
  ifChanged = false,
): SimProcess {
  const args = {
    ...sending,
    'accept-unusual': false,
    'if-changed': ifChanged,
    job: `${home}/job.json`,
    'run-id': runId,
    sandbox: false,
    read: world.scenario.readFirst,
    skipInvalid: true,
  }
  return start(world, `run ${runId}`, () => runInput(args, input), machine)
}

/** `okta-lifecycle plan INPUT --job JOB --out PLAN --quiet --json`. */
export function startPlan(world: World, input: string, out: string): SimProcess {
  const args = {
    ...sending,
    'accept-unusual': false,
    job: `${home}/job.json`,
    out,
    sandbox: false,
    read: true,
    skipInvalid: true,
  }
  return start(world, 'plan', () => planInput(args, input))
}

/** `okta-lifecycle run --plan PLAN --run-id RUN --yes --quiet --json`. */
export function startPlanned(world: World, plan: string, runId: string): SimProcess {
  const args = {
    ...sending,
    'accept-unusual': false,
    'if-changed': false,
    plan,
    'run-id': runId,
    sandbox: false,
    read: true,
  }
  return start(world, `run ${runId} --plan`, () => runInput(args, undefined))
}

/**
 * @param accepts whether a person lets an unusual input pass
 * @param takesSoundPart whether a person knows that the end of the journal is lost
 * @param letsAll whether a person lets the input name as many users as it does
 */
export function startResume(
  world: World,
  runId: string,
  machine?: string,
  { accepts = false, takesSoundPart = false, letsAll = false } = {},
): SimProcess {
  const args = {
    ...sending,
    latest: false,
    'take-sound-part': takesSoundPart,
    'accept-unusual': accepts,
  }
  // After a stop or two the person has seen why, and lets the rest be done.
  const { maxFailures, bounds } = world.scenario
  const isBounded = maxFailures !== null || bounds.failureRate !== null || bounds.durationS !== null
  const bearsAll = isBounded && world.processes.length > 2
  const flags = { ...(bearsAll ? lifted : {}), ...(letsAll ? { 'max-users': mostUsers } : {}) }
  const process = start(world, `resume ${runId}`, () => resumeRun({ ...args, ...flags }, runId), machine)
  process.bearsAll = bearsAll
  return process
}

/** The new run's id is not known before it begins. */
export function startRetry(world: World, runId: string): SimProcess {
  // What a person has let pass is the run's, and its retry's.
  const bearsAll = world.processes.some((earlier) => earlier.bearsAll)
  const process = start(world, `retry ${runId}`, () =>
    retryRun({ ...sending, latest: false, 'take-copy': false }, runId),
  )
  process.bearsAll = bearsAll
  return process
}

/** As with a retry, the new run's id is not known before it begins. */
export function startUndo(world: World, runId: string, takesSoundPart = false): SimProcess {
  const args = { ...sending, latest: false, 'take-copy': false, 'take-sound-part': takesSoundPart }
  return start(world, `undo ${runId}`, () => undoRun(args, runId))
}

function start(
  world: World,
  command: string,
  run: () => Promise<number>,
  machine: string | undefined,
): SimProcess
function start(world: World, command: string, run: () => Promise<number>): SimProcess
function start(world: World, command: string, run: () => Promise<number>, machine?: string): SimProcess {
  const process = world.start(command, () => reportsErrors(run), machine)
  const [verb, of] = command.split(' ')
  // What a run has sent counts for all that go on from it.
  if (of !== undefined && verb !== 'run') process.shares = chainOf(world, of)
  return process
}

/** Carries a command out, and reports the errors that the program knows. */
export async function reportsErrors(run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof KnownError) && asCannotWrite(error) === null) throw error
    return reportError(error, false)
  }
}
