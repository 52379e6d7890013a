import { counted } from '../messages/counted.ts'
import type { Restored } from '../store/tables.ts'

/** What is said when a store, or a part of it, turns out to be a restored copy; null if it is none. */
export function describeRestored({ isWhole, runs, finished, schedules }: Restored): string | null {
  if (!isWhole && runs + schedules === 0) return null
  const ofRuns = `${counted(runs, 'unfinished run')} may have sent calls since then, or been retried or undone, and the copy knows nothing of that. No worker takes them up; each of them that was not retried or undone: okta-lifecycle resume RUN --take-sound-part`
  const ofSchedules = `What ${counted(schedules, 'schedule')} had due before now is not submitted, because it may have been; for a time that was missed: okta-lifecycle submit --job FILE`
  const ofFinished = `${counted(finished, 'finished run')} may have been retried or undone since then, so retry and undo of ${finished === 1 ? 'it' : 'them'} want --take-copy`
  const told = [
    ...(runs > 0 ? [ofRuns] : []),
    ...(finished > 0 ? [ofFinished] : []),
    ...(schedules > 0 ? [ofSchedules] : []),
    ...(isWhole ? ['Runs that were begun after that copy are not in it'] : []),
  ]
  return `${isWhole ? 'The store' : 'A part of the store'} was restored from an older copy. ${told.join('. ')}.`
}
