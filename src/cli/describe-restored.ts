import { counted } from '../messages/counted.ts'
import type { Tables } from '../store/tables.ts'

/** What is said when a store turns out to be a restored copy; null if it is none. */
export function describeRestored({ restored }: Pick<Tables, 'restored'>): string | null {
  if (restored === 0) return null
  return `The store was restored from an older copy. ${counted(restored, 'unfinished run')} may have sent calls since then that the copy knows nothing of. No worker takes them up; for each of them: okta-lifecycle resume RUN --take-sound-part`
}
