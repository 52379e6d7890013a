import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { readRecordedHead } from '../report/summary.ts'
import { checkJournalKept } from '../run/lost-journal.ts'
import { hasJournal } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'

/** @throws Refusal when there is nothing yet, or nothing any more, to make reports of */
export async function checkBegun(directory: string, run: RunFile): Promise<void> {
  await checkJournalKept(directory, run, await readRecordedHead(directory))
  if (run.state === 'new' && !(await hasJournal(directory))) {
    throw new Refusal(
      `Run ${run.run_id} has not begun: there is nothing to report.`,
      commandFor('resume', runNameOf(directory)),
    )
  }
}
