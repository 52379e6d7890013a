import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { readRecordedHead } from '../report/summary.ts'
import { findRun } from '../run/find-run.ts'
import { checkJournalKept } from '../run/lost-journal.ts'
import { copyOf, describeCopy } from '../run/run-copy.ts'
import { hasJournal } from '../run/run-directory.ts'
import { type RunFile, readRunFile } from '../run/run-file.ts'
import { say } from './terminal/stop-hooks.ts'

/** How a command line names the run to make reports of. */
interface Named {
  readonly latest: boolean
  readonly 'runs-dir': string
}

/**
 * Finds a run to make reports of; the latest if none is named. Says so if it is a copy.
 *
 * @throws Refusal when there is no such run, when it has not begun, or when its journal is lost
 */
export async function findBegunRun(
  args: Named,
  name: string | undefined,
): Promise<{ readonly directory: string; readonly run: RunFile }> {
  const { directory } = await findRun(args['runs-dir'], name, args.latest || name === undefined)
  const run = await readRunFile(directory)
  await checkJournalKept(directory, run, await readRecordedHead(directory))
  if (run.state === 'new' && !(await hasJournal(directory))) {
    throw new Refusal(
      `Run ${run.run_id} has not begun: there is nothing to report.`,
      commandFor('resume', runNameOf(directory)),
    )
  }
  const copied = await copyOf(directory, run)
  if (copied !== null) say(describeCopy(directory, copied))
  return { directory, run }
}
