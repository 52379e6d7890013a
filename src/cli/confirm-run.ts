import { readRows } from '../input/read-rows.ts'
import { rowSettings } from '../job/input-settings.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { replayJournal } from '../journal/open-journal.ts'
import { openPlanOfRun } from '../plan/plan-of-run.ts'
import { guardedInput } from '../run/guarded-input.ts'
import { columnMapping, inputFile } from '../run/input-of-run.ts'
import { hasJournal, journalOf } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import { confirmByPlan, confirmSavedPlan } from './confirm-by-plan.ts'
import type { MakePlanOptions } from './make-plan.ts'
import { orgToAsk } from './org.ts'
import type { StoreArguments } from './store-arguments.ts'

/** A run that is ready except for the consent to send. */
export interface UnconfirmedRun {
  readonly directory: string
  readonly run: RunFile
  /** Where a simulated org is kept: the directory of the run before this one, or the run's own. */
  readonly orgDirectory: string
  /** What to type to be asked again. */
  readonly again: string
}

/** Shows what the rest of a run would do, and asks whether to send it. Throws as {@link confirmByPlan} does. */
export async function confirmRun(
  { directory, run, orgDirectory, again }: UnconfirmedRun,
  options: Pick<MakePlanOptions, 'stop' | 'quiet' | 'say' | 'sent'> & StoreArguments,
): Promise<void> {
  const org = await orgToAsk(orgDirectory, run, options)
  const plan = await openPlanOfRun(directory, run)
  try {
    const asking = { ...options, org, acceptRefusals: run.accept_refusals === true }
    if (plan !== null) return await confirmSavedPlan(plan.end, asking, again)
    const state = await stateOf(directory, run)
    const settings = { ...rowSettings(run.job), format: run.input.format }
    await confirmByPlan(
      {
        ...asking,
        job: run.job,
        rows: () => readRows(inputFile(directory, run), columnMapping(run), settings),
        count: run.input.rows,
        guarded: guardedInput(run),
        doneSteps: (row) => (state === null ? [] : stepsWithResult(state, row, run.job.steps?.length ?? 1)),
        meantBy: (row) => state?.meantBy(row) ?? null,
      },
      again,
    )
  } finally {
    await plan?.close()
    await org.close()
  }
}

async function stateOf(directory: string, run: RunFile): Promise<JournalState | null> {
  if (!(await hasJournal(directory))) return null
  return (await replayJournal(journalOf(directory, run, null))).state
}

function stepsWithResult(state: JournalState, row: number, steps: number): readonly number[] {
  return Array.from({ length: steps }, (_, index) => index + 1).filter((step) =>
    state.hasResult({ row, step }),
  )
}
