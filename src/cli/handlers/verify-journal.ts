import { type ExpectedJournal, JournalCheck } from '../../journal/journal-check.ts'
import { checkJournal, type JournalVerdict } from '../../journal/journal-reader.ts'
import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import { renderJournalReport, reportJournal } from '../../report/journal-report.ts'
import { readRecordedHead } from '../../report/summary.ts'
import { findRun } from '../../run/find-run.ts'
import { lossOfJournal } from '../../run/lost-journal.ts'
import { besideWork, hasJournal, headOf, journalPath } from '../../run/run-directory.ts'
import { type RunFile, readRunFile } from '../../run/run-file.ts'
import { holdOf, type StoreArguments, whyItIsLeft } from '../store-arguments.ts'
import { say } from '../terminal/stop-hooks.ts'

interface Arguments extends StoreArguments {
  readonly latest: boolean
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/verify-journal.ts`. */
export async function verifyJournal(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const { directory } = await findRun(args['runs-dir'], name, args.latest || name === undefined)
  const run = await readRunFile(directory)
  const { run_id: runId } = run
  // The recorded head is read before the journal, which may grow meanwhile: so the journal reaches at least that head.
  const found = await readRecordedHead(directory)
  const working = (await holdOf(args, directory)).kind === 'working'
  const recorded = working ? besideWork(found) : found
  const verdict = await verdictOn(directory, run, { run: runId, head: headOf(run, recorded) })
  const head = recorded?.orFurther === undefined ? recorded : headOf(run, recorded)
  const known = head === null || head.lines === 0 ? null : head
  const report = reportJournal({ directory, runId, verdict, recorded: known, working })
  process.stdout.write(
    args.json ? `${JSON.stringify(report, null, 2)}\n` : renderJournalReport(report, directory),
  )
  // It is an older copy, which may lack lines at its end.
  const whyLeft = await whyItIsLeft(args, run)
  if (whyLeft !== null) say(whyLeft)
  return report.sound && whyLeft === null ? exitCodes.done : exitCodes.someoneMustLook
}

/** A missing journal counts as an empty one, which is sound only if the run never began. */
async function verdictOn(
  directory: string,
  run: RunFile,
  expected: ExpectedJournal,
): Promise<JournalVerdict> {
  const loss = await lossOfJournal(directory, run, expected.head)
  if (loss === null && (await hasJournal(directory)))
    return await checkJournal(journalPath(directory), expected)
  const { end, flaw } = new JournalCheck(expected)
  if (loss === null) return { end, flaw }
  const what = `is gone, and so is everything after it: the run had begun, and its journal is ${loss}`
  return { end, flaw: { kind: 'cut_short', line: 1, offset: 0, what } }
}
