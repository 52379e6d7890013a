import { commandFor, runNameOf } from '../messages/commands.ts'
import { describeNext, type StopReason } from '../messages/stop.ts'
import { placeOfReport } from '../messages/store-place.ts'
import { expectedSkips, skipReasons } from '../rules/result.ts'
import type { ResultTotals, WrittenTotals } from './totals.ts'

/** What the next step depends on. */
export interface NextStepFacts
  extends Pick<WrittenTotals, 'results' | 'excused' | 'skipped' | 'lostLinks' | 'rowsToFeed'> {
  readonly directory: string
  /** Null if all tasks have a result. */
  readonly stopped: StopReason | null
  /** The run that goes on from this one; null if there is none. */
  readonly closedBy?: string | null
  /** Whether it is an older copy of itself, which does not know whether a run has gone on from it since. */
  readonly isPutBack?: boolean
  /** Whether it is no undo, or one that has taken back all that there was. */
  readonly isAllUndone?: boolean
}

/** What {@link nextStep} says if nothing is left to do. */
export const nothingLeft = 'nothing, the run is complete'

/**
 * The command that makes new activation links for the users in a file, which a person writes. The job must not be that
 * of the run: it may have steps, or send mails.
 */
export const newLinksCommand =
  'okta-lifecycle run new-links.csv --job FILE --action reactivate --user-column id'

const newLinks = `put the okta_user_id of each user whose activation link is lost, and not in a file that the message says to look in first, from results.csv into new-links.csv, under the heading id; then, with a job that names a file for links: ${newLinksCommand}`

/** What to do after a run: one sentence with the command to type. */
export function nextStep(facts: NextStepFacts): string {
  const next = nextOfTasks(facts)
  const { results } = facts
  // First the run is brought to its end: more links may be lost by then.
  const hasEnded = facts.stopped === null && results.unsettled + results.not_run === 0
  if (facts.lostLinks === 0 || !hasEnded) return next
  return next === nothingLeft ? newLinks : `${next}; for new activation links ${newLinks}`
}

function nextOfTasks({
  directory,
  stopped,
  closedBy = null,
  isPutBack = false,
  isAllUndone = true,
  results,
  excused,
  skipped,
  rowsToFeed,
}: NextStepFacts): string {
  const name = runNameOf(directory)
  if (closedBy !== null)
    return `another run goes on from this one: ${commandFor('status', { ...name, runId: closedBy })}`
  if (stopped !== null) return describeNext(stopped.advice, commandFor('resume', name))
  // A stop that could not wait long enough leaves tasks behind without another reason.
  if (results.unsettled + results.not_run > 0) return commandFor('resume', name)
  if (hasTasksToRetry({ results, excused, skipped })) {
    if (isPutBack)
      return `see results.csv for the reasons, and Okta's System Log whether the run was retried or undone after the copy was made from which it was put back; if it was neither: ${commandFor('retry', name, '--take-copy')}`
    return `see results.csv for the reasons, fix what can be fixed, then: ${commandFor('retry', name)}`
  }
  if (skipped.invalid_row > 0 && rowsToFeed > 0)
    return `correct the rows in ${placeOfReport(directory, 'failed.csv')}, then run that file as an input`
  if (skipReasons.some((reason) => skipped[reason] > 0 && !expectedSkips.has(reason))) {
    return 'decide about the skipped users; there is nothing to resume'
  }
  return isAllUndone ? nothingLeft : 'look at what was not undone; there is nothing to resume'
}

/** Whether a retry would find something to do. */
export function hasTasksToRetry({
  results,
  excused,
  skipped,
}: Pick<ResultTotals, 'results' | 'excused' | 'skipped'>): boolean {
  return results.failed - excused + results.in_doubt + results.not_run + skipped.in_doubt > 0
}
