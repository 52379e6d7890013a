import { mayBeNone } from '../../journal/journal-check.ts'
import { readJournal } from '../../journal/journal-reader.ts'
import { type ExitCode, exitCodes, KnownError } from '../../messages/known-error.ts'
import { readRecordedHead } from '../../report/summary.ts'
import { checkJournalKept } from '../../run/lost-journal.ts'
import type { OldRun } from '../../run/old-run.ts'
import { findRetriedRuns, type RetriedRuns } from '../../run/retried-runs.ts'
import { hasJournal, journalOf } from '../../run/run-directory.ts'
import { runsBefore, sandboxOrgUrl } from '../../run/run-file.ts'
import { findUndoable, type Undoable, writeUndoInput } from '../../undo/begin-undo.ts'
import { describeUndo, notUndone } from '../../undo/describe-undo.ts'
import { undoRunFile } from '../../undo/undo-run-file.ts'
import { type GoingOn, type GoingOnFlags, goOnFrom } from '../go-on-from.ts'
import { type GuardArguments, guardFlagsOf } from '../guard-flags.ts'
import { withMetrics } from '../metrics-file.ts'
import { describeSending } from '../terminal/confirm.ts'
import { programVersion } from '../version.ts'

interface Arguments extends Omit<GoingOnFlags, 'guards'>, GuardArguments {}

/** See `commands/undo.ts`. */
export async function undoRun(args: Arguments, name: string | undefined): Promise<ExitCode> {
  const flags = { ...args, guards: guardFlagsOf(args) }
  return await withMetrics(args['metrics-file'], async () => await goOnFrom(undoing(args.json), name, flags))
}

function undoing(json: boolean): GoingOn {
  return {
    command: 'undo',
    prepare: async (from, to) => {
      const { run: old } = from
      const retried = await withSoundJournals(await findRetriedRuns(from.directory, old))
      const found = await findUndoable(from, retried.runs, retried.missing === null)
      const said = describeUndo(old.run_id, retried, found)
      const stays = notUndone(retried, found)
      if (found.reversals.length === 0)
        return { said, end: async () => answerNothing(old.run_id, found, stays, json) }
      const input = await writeUndoInput(found.reversals, to)
      const run = undoRunFile(old, {
        runId: to.runId,
        input,
        notUndone: stays,
        version: programVersion,
        now: new Date(),
      })
      const org = old.org_url === sandboxOrgUrl ? 'a sandbox' : old.org_url
      return { run, said: [...said, describeSending(input.survey, run.job, org)] }
    },
  }
}

/** Retried runs whose journals can be read, each with how far its journal was at its last stop. */
interface ReadableRuns extends RetriedRuns {
  readonly runs: readonly OldRun[]
}

/**
 * Leaves out the latest run whose journal is damaged or gone, and all before it, as if that run were missing: what the
 * later ones did can still be taken back.
 */
async function withSoundJournals({ runs, missing }: RetriedRuns): Promise<ReadableRuns> {
  const sound: OldRun[] = []
  for (const one of runs.toReversed()) {
    const recorded = await readRecordedHead(one.directory)
    try {
      await checkJournalKept(one.directory, one.run, recorded)
      const file = journalOf(one.directory, one.run, recorded)
      if (!mayBeNone(file.recorded) || (await hasJournal(one.directory)))
        await readJournal(file.path, () => {}, { run: file.runId, head: file.recorded })
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      const before = runsBefore(one.run)
      return { runs: sound, missing: { run: one.run.run_id, before, why: error.message } }
    }
    sound.unshift({ ...one, recorded })
  }
  return { runs: sound, missing }
}

/** The answer when no run begins. Someone must look if the old run did something that can't be taken back. */
function answerNothing(
  runId: string,
  { lasting, alreadyBack }: Undoable,
  stays: readonly string[],
  json: boolean,
): ExitCode {
  const answer = {
    undo_of: runId,
    users: 0,
    already_back: alreadyBack,
    not_undone: Object.fromEntries(lasting),
  }
  if (json) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
  return stays.length === 0 ? exitCodes.done : exitCodes.someoneMustLook
}
