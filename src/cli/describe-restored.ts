import { counted } from '../messages/counted.ts'
import type { Database } from '../store/database.ts'

/** What is said when a store turns out to be a restored copy; null if it is none. */
export function describeRestored({ restored }: Database): string | null {
  if (restored === 0) return null
  return `The store was restored from an older copy. ${counted(restored, 'unfinished run')} may have sent calls since then that the copy knows nothing of. No worker takes them up; for each of them: okta-lifecycle resume RUN --take-sound-part`
}
