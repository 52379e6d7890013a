import { reportHold } from '../../files/hold/observe.ts'
import { type ExpectedJournal, JournalCheck } from '../../journal/journal-check.ts'
import { checkJournal, type JournalVerdict } from '../../journal/journal-reader.ts'
import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import { renderJournalReport, reportJournal } from '../../report/journal-report.ts'
import { readSummary } from '../../report/summary.ts'
import { findRun } from '../../run/find-run.ts'
import { hasJournal, journalPath } from '../../run/run-directory.ts'
import { readRunFile } from '../../run/run-file.ts'
import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const verifyJournalCommand = defineCommand({
  usage: 'verify-journal [run]',
  describe: "Check a run's journal from the first byte to the last; nothing is changed",
  positional: { name: 'run', describe: 'Run id or run directory; the latest run where none is named' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    ...runsDirectoryOption,
    ...jsonOption,
  },
  examples: [
    ['$0 verify-journal --latest', 'Whether the latest run’s journal is as it was written'],
    ['$0 verify-journal RUN --json', 'The same for a program; exit status 1 where it is not'],
  ],
  handler: async (args, name): Promise<ExitCode> => {
    const directory = await findRun(args['runs-dir'], name, args.latest || name === undefined)
    const { run_id: runId } = await readRunFile(directory)
    // Before the journal, which may go on meanwhile: it then reaches what is recorded here, and more.
    const recorded = (await readSummary(directory))?.journal ?? null
    const working = (await reportHold(directory)).kind === 'working'
    const verdict = await verdictOn(directory, { run: runId, head: recorded })
    const report = reportJournal({ directory, runId, verdict, recorded, working })
    process.stdout.write(args.json ? `${JSON.stringify(report, null, 2)}\n` : renderJournalReport(report))
    return report.sound ? exitCodes.done : exitCodes.someoneMustLook
  },
})

/** A journal that is not there is judged as an empty one: sound where none was ever begun. */
async function verdictOn(directory: string, expected: ExpectedJournal): Promise<JournalVerdict> {
  if (await hasJournal(directory)) return await checkJournal(journalPath(directory), expected)
  const { end, flaw } = new JournalCheck(expected)
  return { end, flaw }
}
