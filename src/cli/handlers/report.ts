import { basename, join, resolve } from 'node:path'
import { withNext } from '../../files/cannot-write.ts'
import { commandFor, runNameOf } from '../../messages/commands.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { shownUnlessSecret } from '../../messages/shown.ts'
import { reportAgain } from '../../report/report-again.ts'
import { type ReportFormat, reportFormats } from '../../report/write-reports.ts'
import { checkInputCopy } from '../../run/input-of-run.ts'
import { readRunFile } from '../../run/run-file.ts'
import { withRunLocks } from '../../run/run-locks.ts'
import { findBegunRun } from '../begun-run.ts'
import { checkOut, writeOut } from '../report-out.ts'
import { reportedRun, type StoreArguments } from '../store-arguments.ts'
import { openFile } from '../terminal/open-file.ts'
import { say } from '../terminal/stop-hooks.ts'

interface Arguments extends StoreArguments {
  readonly out?: string | undefined
  readonly latest: boolean
  readonly format: string
  readonly open: boolean
  readonly 'runs-dir': string
  readonly json: boolean
}

/** See `commands/report.ts`. */
export async function writeReportsAgain(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const formats = parseFormats(args.format)
  if (args.open && !formats.has('html'))
    throw new Refusal('--open opens report.html, which --format leaves out.', 'Add html to --format.')
  checkPlace(args)
  const { directory, run: begun } = await findBegunRun(args, name)
  if (args.out !== undefined) await checkOut(args.out, begun.run_id)
  // The run is held, so that no other process writes the same files meanwhile.
  const written = await withRunLocks(directory, null, { onWatch: say }, async (hold) => {
    const held = await readRunFile(directory)
    await args.runStore?.checkNotRestored(directory, held, false)
    const run = await reportedRun(args, directory, held)
    await checkInputCopy(directory, run)
    try {
      await reportAgain(directory, run, hold, formats)
    } catch (error) {
      throw withNext(error, `, then: ${commandFor('report', runNameOf(directory))}`, exitCodes.stoppedByGuard)
    }
    const reports = filesOf(directory, formats)
    if (args.out === undefined) return reports
    await writeOut(directory, args.out)
    return reports.map((path) => join(args.out ?? '', basename(path)))
  })
  process.stdout.write(
    args.json
      ? `${JSON.stringify({ run_id: begun.run_id, files: written }, null, 2)}\n`
      : `${written.join('\n')}\n`,
  )
  if (args.open) await openPage(join(args.out ?? directory, 'report.html'))
  return exitCodes.done
}

/** @throws Refusal when reports would be written where nobody finds them, or where they don't belong */
function checkPlace({ out, runStore }: Arguments): void {
  if (runStore !== undefined && out === undefined)
    throw new Refusal('A run of a store has no directory for its reports.', 'Add --out DIR')
  if (runStore === undefined && out !== undefined)
    throw new Refusal(
      '--out is for a run of a store. The reports of any other run are in its run directory.',
      'Leave out --out, or add --store',
    )
}

/** The page is written even if nothing here can open it. */
async function openPage(path: string): Promise<void> {
  const why = await openFile(resolve(path))
  if (why !== null) say(`The page can't be opened here: ${why}. Open it in a browser: ${resolve(path)}`)
}

/** @throws Refusal for a format that is not known, or if none is given */
function parseFormats(text: string): ReadonlySet<ReportFormat> {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !reportFormats.some((format) => format === name))
  if (unknown === undefined) return new Set(reportFormats.filter((format) => names.includes(format)))
  throw new Refusal(
    `--format: one or more of ${reportFormats.join(', ')} were expected, separated by commas; ${shownUnlessSecret(unknown)} was found.`,
    'okta-lifecycle report RUN --format html,csv',
  )
}

const fileNames: Readonly<Record<ReportFormat, readonly string[]>> = {
  html: ['report.html'],
  csv: ['results.csv', 'failed.csv'],
  jsonl: ['results.jsonl'],
  json: ['summary.json'],
}

function filesOf(directory: string, formats: ReadonlySet<ReportFormat>): readonly string[] {
  return [...formats].flatMap((format) => fileNames[format]).map((name) => join(directory, name))
}
