import { dirname } from 'node:path'
import * as z from 'zod'
import { type JournalHead, journalFlawKinds } from '../journal/journal-check.ts'
import { damagedAdvice, type JournalVerdict, ownAdvice } from '../journal/journal-reader.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { storeOf } from '../messages/store-place.ts'
import { journalPath } from '../run/run-directory.ts'

const count = z.int().min(0)
const recorded = z.strictObject({ lines: count, bytes: count, chain: z.string() })

const problem = z
  .strictObject({
    kind: z
      .enum(journalFlawKinds)
      .describe(
        'altered: a line is not as it was written; missing: a line before it is gone; moved: lines were swapped or inserted; cut_short: the last lines are gone; other_head: not the journal that summary.json records; other_run: belongs to another run; unknown_version: in a format that this program does not read.',
      ),
    line: z.int().min(1).describe('The first wrong line, from 1.'),
    offset: count.describe('The byte where it begins, from 0.'),
    message: z.string(),
  })
  .describe('The first damage.')

/** What `verify-journal --json` prints. */
export const journalReportSchema = z
  .strictObject({
    run_id: z.string(),
    journal: z.string().describe('The path of the journal; the address of its store if it is kept in one.'),
    sound: z.boolean().describe('Whether the journal has no damage. A torn tail is not damage.'),
    lines: count.describe('Sound lines from the beginning.'),
    bytes: count.describe('Length of these lines.'),
    chain: z.string().describe('The value of `chain` in the last of these lines; zeros if there is none.'),
    torn_bytes: count.describe(
      'Bytes after the sound lines: what a crash left of the last writes. The next resume cuts them off. 0 if there is damage.',
    ),
    recorded: recorded
      .nullable()
      .describe(
        'How far the journal was on disk: at the last stop, by summary.json, or later, by journal.head; null if neither says.',
      ),
    working: z.boolean().describe('Whether a process is at work on the run, so that the journal is growing.'),
    problem: problem.nullable(),
  })
  .meta({
    title: 'verify-journal --json of okta-lifecycle',
    description: "Whether a run's journal is undamaged.",
  })

/** The answer of `verify-journal`. */
export type JournalReport = z.infer<typeof journalReportSchema>

/** The parts of a report. */
interface JournalReportParts {
  readonly directory: string
  readonly runId: string
  readonly verdict: JournalVerdict
  readonly recorded: JournalHead | null
  readonly working: boolean
}

/** A head without what else is known of it. */
function placeOf({ lines, bytes, chain }: JournalHead): JournalHead {
  return { lines, bytes, chain }
}

/** Builds the answer. */
export function reportJournal(parts: JournalReportParts): JournalReport {
  const { directory, runId, verdict, recorded, working } = parts
  const { end, flaw } = verdict
  return {
    run_id: runId,
    journal: storeOf(dirname(directory)) ?? journalPath(directory),
    sound: flaw === null,
    lines: end.soundLines,
    bytes: end.soundBytes,
    chain: end.chain,
    torn_bytes: flaw === null ? end.tornBytes : 0,
    recorded: recorded === null || recorded.orFurther !== undefined ? null : placeOf(recorded),
    working,
    problem:
      flaw === null
        ? null
        : {
            kind: flaw.kind,
            line: flaw.line,
            offset: flaw.offset,
            message: `Line ${flaw.line} at byte ${flaw.offset} ${flaw.what}.`,
          },
  }
}

/**
 * The answer for a terminal: plain text, as lines that end with a line feed.
 *
 * @param directory the run's
 */
export function renderJournalReport(report: JournalReport, directory: string): string {
  const { run_id, journal, lines, bytes, problem } = report
  const name = runNameOf(directory)
  const again = commandFor('verify-journal', name)
  const extent = `${lines} ${lines === 1 ? 'line' : 'lines'}, ${bytes} bytes`
  if (problem === null) {
    return [
      `The journal of run ${run_id} is sound: ${extent} (${journal})`,
      ...remarks(report, storeOf(dirname(directory)) !== null),
      `Its head: ${report.chain}`,
      '',
    ].join('\n')
  }
  return [
    `The journal of run ${run_id} is damaged (${problem.kind}): ${journal}`,
    problem.message,
    `Undamaged before it: ${extent}`,
    `Next: ${damagedAdvice} Then: ${again}. ${ownAdvice(directory)}`,
    '',
  ].join('\n')
}

/** Remarks on a sound journal. */
function remarks(
  { lines, bytes, torn_bytes, recorded, working }: JournalReport,
  isInStore: boolean,
): string[] {
  const said: string[] = []
  if (torn_bytes > 0) {
    const whose = working
      ? 'the process at work is writing them'
      : 'a crash left them in the middle of a write; resume cuts them off'
    said.push(`There are ${torn_bytes} bytes after its last line: ${whose}.`)
  }
  if (recorded === null && isInStore && lines > 0) {
    said.push('It is at least as long as the row of the run in the store says.')
  } else if (recorded === null) {
    said.push(
      lines === 0
        ? 'Nothing was sent yet.'
        : 'Nothing says where the journal ended, so lines missing at its end would not be noticed.',
    )
  } else if (recorded.bytes < bytes) {
    said.push(
      `It has grown by ${lines - recorded.lines} lines since its end was recorded (line ${recorded.lines}).`,
    )
  } else {
    said.push('It ends where it was recorded to end.')
  }
  return said
}
