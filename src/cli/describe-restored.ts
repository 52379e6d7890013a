import { counted } from '../messages/counted.ts'
import type { Restored } from '../store/tables.ts'

/** What is said when a store turns out to be a restored copy; null if it is none. */
export function describeRestored({ runs, schedules }: Restored): string | null {
  if (runs + schedules === 0) return null
  const ofRuns = `${counted(runs, 'unfinished run')} may have sent calls since then that the copy knows nothing of. No worker takes them up; for each of them: okta-lifecycle resume RUN --take-sound-part`
  const ofSchedules = `What ${counted(schedules, 'schedule')} had due before now is not submitted, because it may have been; for a time that was missed: okta-lifecycle submit --job FILE`
  const told = [...(runs > 0 ? [ofRuns] : []), ...(schedules > 0 ? [ofSchedules] : [])]
  return `The store was restored from an older copy. ${told.join('. ')}`
}
