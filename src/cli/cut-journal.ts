import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { withNext } from '../files/cannot-write.ts'
import type { Holding } from '../files/hold/joint-hold.ts'
import { checkJournal } from '../journal/journal-reader.ts'
import { type SoundPart, takeSoundPart } from '../journal/take-sound-part.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { exitCodes, Refusal } from '../messages/known-error.ts'
import { placeOfReport } from '../messages/store-place.ts'
import { forgetSummary, readRecordedHead } from '../report/summary.ts'
import { moved } from '../run/life.ts'
import { hasJournal, headOf, journalOf, journalPath } from '../run/run-directory.ts'
import { type RunFile, writeRunFile } from '../run/run-file.ts'
import type { StoreArguments } from './store-arguments.ts'
import { say } from './terminal/stop-hooks.ts'

/** Whether a run's journal is damaged, or shorter than it was. A run without a journal must not have lost it. */
export async function isDamaged(directory: string, run: RunFile): Promise<boolean> {
  if (!(await hasJournal(directory))) return false
  const expected = { run: run.run_id, head: headOf(run, await readRecordedHead(directory)) }
  return (await checkJournal(journalPath(directory), expected)).flaw !== null
}

/** A finished run whose journal is damaged is not finished any more: what its lost part showed has to be found out. */
export async function reopened(directory: string, run: RunFile): Promise<RunFile> {
  if (run.state !== 'finished') return run
  const open = moved(run, 'reopen', 'its journal was damaged after the run had finished')
  await writeRunFile(directory, open)
  return open
}

/**
 * Takes up the sound part of a damaged journal and explains what that means. The run must be held.
 *
 * @param command the one that asks for it
 */
export async function cutJournal(
  directory: string,
  run: RunFile,
  hold: Holding,
  { runStore, command }: Pick<StoreArguments, 'runStore'> & { readonly command: 'resume' | 'undo' },
): Promise<RunFile> {
  const isPutBack = ((await runStore?.goneOnFrom(directory, run)) ?? 'no') !== 'no'
  const recorded = await readRecordedHead(directory)
  // A copy of a store may be from before the run began. An empty journal says that all of it is lost.
  if (hold.elsewhere !== undefined && !(await hasJournal(directory)))
    await writeFile(journalPath(directory), '', { mode: 0o600 })
  await checkCarriedOver(directory, run)
  const again = commandFor(command, runNameOf(directory), '--take-sound-part')
  const taken = await takeSoundPart(
    journalOf(directory, run, recorded),
    new Date(),
    Date.parse(run.created_at),
  ).catch((error: unknown) => {
    throw withNext(error, `, then: ${again}`, exitCodes.stoppedByGuard)
  })
  if (taken === null) {
    say('The journal has no undamaged part of this run. Nothing was changed.')
    return run
  }
  // What was recorded about the journal's end does not hold for a part of it.
  await forgetSummary(directory)
  const { journal_begun: _, journal_end: __, ...others } = run
  const known = { ...others, ...(isPutBack ? { put_back: true } : {}) }
  await writeRunFile(directory, known)
  await hold.elsewhere?.journalReplaced()
  say(describeCut(directory, taken, command))
  return known
}

/** What it means that the sound part of a journal was taken up. */
function describeCut(
  directory: string,
  { flaw, lines, lostBytes, keptAs }: SoundPart,
  command: 'resume' | 'undo',
): string {
  const found =
    flaw === null
      ? 'The journal shows no damage, so it is treated as an older copy.'
      : `The journal was damaged: line ${flaw.line} ${flaw.what}.`
  const goesOn = command === 'resume' ? 'The run goes on from' : 'What counts are'
  const rest = lostBytes === 0 ? '' : `, with the ${lostBytes} bytes after these lines,`
  const lost = flaw === null ? 'since' : 'in the lost part'
  const before = command === 'resume' ? 'anything is sent for it' : 'anything is taken back'
  return `${found} ${goesOn} the ${lines} undamaged lines of the journal. The whole file${rest} is kept as ${placeOfReport(directory, basename(keptAs))}. What was sent ${lost} is not known, so each task without a result is looked up in Okta before ${before}.`
}

/**
 * Makes sure that the damage spares what a retry took over from the run before it. Without that, the retry
 * would not know which rows are done or in doubt, and whom they mean.
 *
 * @throws Refusal if it does not
 */
async function checkCarriedOver(directory: string, run: RunFile): Promise<void> {
  const { carried_over: carried, retry_of: of } = run
  if (carried === undefined) return
  const expected = { run: run.run_id, head: carried }
  const { end, flaw } = await checkJournal(journalPath(directory), expected)
  if (flaw === null || end.soundBytes >= carried.bytes) return
  throw new Refusal(
    `The journal is damaged in its first ${carried.lines} lines (line ${flaw.line} ${flaw.what}). They hold what this retry took over from run ${of}; without them it would repeat what is already done. Nothing was changed.`,
    'Restore journal.ndjson from the newest copy of the run directory. If there is none, find out in Okta who is not done yet, and run those users as a new input.',
  )
}
