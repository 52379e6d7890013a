import { dirname } from 'node:path'
import { z } from 'zod'
import { type JournalHead, journalFlawKinds } from '../journal/journal-check.ts'
import { damagedAdvice, type JournalVerdict } from '../journal/journal-reader.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { journalPath } from '../run/run-directory.ts'

const count = z.int().min(0)
const recorded = z.strictObject({ lines: count, bytes: count, chain: z.string() })

const problem = z
  .strictObject({
    kind: z
      .enum(journalFlawKinds)
      .describe(
        'altered: a line is not as it was written; missing: a line before it is gone; moved: lines were swapped or put in between; cut_short: the last lines are gone; other_head: not the journal that summary.json records; other_run: of another run; unknown_version: of a format that this program does not read.',
      ),
    line: z.int().min(1).describe('The first line that is wrong, from 1.'),
    offset: count.describe('The byte where it begins, from 0.'),
    message: z.string(),
  })
  .describe('The first thing that is wrong.')

/** What `verify-journal --json` prints. */
export const journalReportSchema = z
  .strictObject({
    run_id: z.string(),
    journal: z.string().describe('The path of the journal.'),
    sound: z.boolean().describe('Whether nothing is wrong with it. A torn tail is nothing wrong.'),
    lines: count.describe('Sound lines, from the first on.'),
    bytes: count.describe('Their length.'),
    chain: z.string().describe('The value of `chain` in the last of them; zeros where there is none.'),
    torn_bytes: count.describe(
      'What a crash left of a last write, after the sound lines; resume cuts it off. 0 where something is wrong.',
    ),
    recorded: recorded
      .nullable()
      .describe('How far the journal was at the last stop, from summary.json; null where that does not say.'),
    working: z.boolean().describe('Whether a process is at work on the run: its journal is then written on.'),
    problem: problem.nullable(),
  })
  .meta({
    title: 'verify-journal --json of okta-lifecycle',
    description: "Whether a run's journal is as it was written.",
  })

/** The answer of `verify-journal`. */
export type JournalReport = z.infer<typeof journalReportSchema>

/** What a report is made of. */
interface JournalReportParts {
  readonly directory: string
  readonly runId: string
  readonly verdict: JournalVerdict
  readonly recorded: JournalHead | null
  readonly working: boolean
}

/** Puts the answer together. */
export function reportJournal(parts: JournalReportParts): JournalReport {
  const { directory, runId, verdict, recorded, working } = parts
  const { end, flaw } = verdict
  return {
    run_id: runId,
    journal: journalPath(directory),
    sound: flaw === null,
    lines: end.soundLines,
    bytes: end.soundBytes,
    chain: end.chain,
    torn_bytes: flaw === null ? end.tornBytes : 0,
    recorded,
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

/** The answer for a terminal: plain text, lines that end in a line feed. */
export function renderJournalReport(report: JournalReport): string {
  const { run_id, journal, lines, bytes, problem } = report
  const name = runNameOf(dirname(journal))
  const again = commandFor('verify-journal', name)
  const resume = commandFor('resume', name, '--take-sound-part')
  const extent = `${lines} ${lines === 1 ? 'line' : 'lines'}, ${bytes} bytes`
  if (problem === null) {
    return [
      `The journal of run ${run_id} is sound: ${extent} (${journal})`,
      ...remarks(report),
      `Its head: ${report.chain}`,
      '',
    ].join('\n')
  }
  return [
    `The journal of run ${run_id} is damaged (${problem.kind}): ${journal}`,
    problem.message,
    `Sound before it: ${extent}`,
    `Next: ${damagedAdvice} Then: ${again}. To take up its sound part: ${resume}`,
    '',
  ].join('\n')
}

/** What is to be known of a sound journal. */
function remarks({ lines, bytes, torn_bytes, recorded, working }: JournalReport): string[] {
  const said: string[] = []
  if (torn_bytes > 0) {
    const whose = working
      ? 'the process that is at work is writing them'
      : 'what a crash left of a last write; resume cuts it off'
    said.push(`After its last line stand ${torn_bytes} bytes more: ${whose}.`)
  }
  if (recorded === null) {
    said.push(
      lines === 0
        ? 'Nothing was sent yet.'
        : 'summary.json records no end of it: whether whole lines were cut off at the end can’t be told.',
    )
  } else if (recorded.bytes < bytes) {
    said.push(
      `Since the stop that summary.json records (line ${recorded.lines}), the run has gone on for ${lines - recorded.lines} lines.`,
    )
  } else {
    said.push('It ends where summary.json records its end.')
  }
  return said
}
