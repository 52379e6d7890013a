import { commandFor, runNameOf } from '../../messages/commands.ts'
import { counted } from '../../messages/counted.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { readSummaryOf } from '../../report/summary.ts'
import { beginRetry, type Retry } from '../../retry/begin-retry.ts'
import { retryRunFile } from '../../retry/retry-run-file.ts'
import { type RunFile, sandboxOrgUrl } from '../../run/run-file.ts'
import { answerFinished } from '../answer-finished.ts'
import { type GoingOn, type GoingOnFlags, goOnFrom } from '../go-on-from.ts'
import { type GuardArguments, guardFlagsOf } from '../guard-flags.ts'
import { withMetrics } from '../metrics-file.ts'
import { describeSending } from '../terminal/confirm.ts'
import { programVersion } from '../version.ts'

interface Arguments extends Omit<GoingOnFlags, 'guards'>, GuardArguments {
  readonly 'in-doubt'?: 'keep' | 'retry' | undefined
}

/** See `commands/retry.ts`. */
export async function retryRun(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const going = retrying(args['in-doubt'], args.json)
  const flags = { ...args, guards: guardFlagsOf(args) }
  return await withMetrics(args['metrics-file'], async () => await goOnFrom(going, name, flags))
}

function retrying(inDoubt: 'keep' | 'retry' | undefined, json: boolean): GoingOn {
  return {
    command: 'retry',
    prepare: async (from, to) => {
      const { run: old, directory } = from
      checkPlanDone(old, directory)
      const retry = await beginRetry(from, to, inDoubt)
      if (retry.copy !== null) {
        const run = retryRunFile(old, to.runId, retry, inDoubt, programVersion, new Date())
        return { run, said: describeRetry(old, retry, run) }
      }
      return {
        said: [
          retry.strangers.length === 0
            ? `Run ${old.run_id} has nothing to retry: no task failed, is in doubt or was not run.`
            : `Run ${old.run_id} has nothing that can be retried.`,
          ...describeStrangers(old, retry.strangers),
        ],
        end: async () => {
          const summary = await readSummaryOf(directory, old)
          return summary === null ? exitCodes.done : answerFinished(summary, json)
        },
      }
    },
  }
}

/**
 * What is still to be done of a saved plan is done by its own run or not at all, because a retry decides afresh what to
 * do.
 *
 * @throws Refusal when a planned run has not finished
 */
function checkPlanDone({ run_id: runId, plan, state }: RunFile, directory: string): void {
  if (plan === undefined || state === 'finished') return
  throw new Refusal(
    `Run ${runId} carries out a saved plan and has not finished. A retry would do the rest without the plan.`,
    `${commandFor('resume', runNameOf(directory))}; once every task has a result, retry what failed`,
  )
}

/** Sentences about what will be sent and what will not. */
function describeRetry(old: RunFile, retry: Retry, { job }: RunFile): readonly string[] {
  const { survey, inDoubt, superseded, waiting, invalidRows, strangers } = retry
  return [
    `The retry takes ${counted(retry.rows, 'row')} from run ${old.run_id}.`,
    describeSending(survey, job, old.org_url === sandboxOrgUrl ? 'a sandbox' : old.org_url),
    ...(inDoubt > 0
      ? [`${counted(inDoubt, 'task')} ${areOf(inDoubt)} in doubt: each is looked up in Okta first.`]
      : []),
    ...(superseded > 0
      ? [
          `${counted(superseded, 'row')} ${areOf(superseded)} left out: later rows of the same users were carried out.`,
        ]
      : []),
    ...(waiting > 0
      ? [
          `${counted(waiting, 'row')} ${areOf(waiting)} not done yet: later rows of the same users are in doubt. Once these are settled, retry again.`,
        ]
      : []),
    ...(invalidRows > 0
      ? [
          `${counted(invalidRows, 'row')} ${areOf(invalidRows)} bad and left out: see failed.csv of the old run.`,
        ]
      : []),
    ...describeStrangers(old, strangers),
  ]
}

/** Which rows are left out because their names are somebody else's by now. */
function describeStrangers({ run_id: runId }: RunFile, rows: readonly number[]): readonly string[] {
  if (rows.length === 0) return []
  return [
    `${counted(rows.length, 'row')} ${areOf(rows.length)} left out, because the name in it is somebody else's by now and nothing shows whom it meant: ${listed(rows)} of run ${runId}. To act on these people, put their ids into a new file.`,
  ]
}

/** The numbers of some rows, the first of them if there are many. */
function listed(rows: readonly number[]): string {
  const most = 20
  const more = rows.length > most ? ` and ${rows.length - most} more` : ''
  return `${rows.length === 1 ? 'row' : 'rows'} ${rows.slice(0, most).join(', ')}${more}`
}

function areOf(count: number): 'is' | 'are' {
  return count === 1 ? 'is' : 'are'
}
