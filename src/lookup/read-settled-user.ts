import { lifecycleBucket } from '../okta/bucket.ts'
import { transitionPatienceMs, transitionWaitMs } from './backoff.ts'
import type { LookupParts } from './paced-get.ts'
import { type FailedRead, type FoundUser, readUserById } from './read-user.ts'

/**
 * Whether a read is older than one window, or may be, because the clock has leapt. No call may be based on such a read. The
 * monotonic clock tells that of a read that was dated before Okta's time was known, and Okta's time of one before a sleep.
 * Without a `Date`, the latest that this time can be is a minute from the earliest, which would make every read old.
 */
export function isOld({ clock, pacer }: Pick<LookupParts, 'clock' | 'pacer'>, read: FoundUser): boolean {
  const now = clock.dated ? clock.nowAtMost() : clock.nowAtLeast()
  const age = Math.max(now - read.readAt, clock.mark() - read.readMark)
  return !clock.sure || age > pacer.windowMs(lifecycleBucket)
}

/** Whether a read needs no other: it is not old, and the user is in no transition. */
export function isSettled(parts: Pick<LookupParts, 'clock' | 'pacer'>, read: FoundUser): boolean {
  return !isOld(parts, read) && read.user.transitioningToStatus === null
}

function isThere(read: FoundUser | FailedRead): boolean {
  return read.kind === 'failed' || read.user.transitioningToStatus === null
}

/**
 * A read of a user that is not older than one window. Waits for a user in transition, up to a limit.
 *
 * @param known a read that exists already; used if it is not old
 * @param patienceMs how long to wait in all for a user in transition
 * @param onTransition told of each status that the user is on the way to
 * @throws RunStopped when the run stops first
 */
export async function readSettledUser(
  parts: LookupParts,
  id: string,
  known: FoundUser | null,
  patienceMs = transitionPatienceMs,
  onTransition: (to: string) => void = () => {},
): Promise<FoundUser | FailedRead> {
  let read: FoundUser | FailedRead =
    known !== null && !isOld(parts, known) ? known : await readUserById(parts, id)
  if (isThere(read) || patienceMs <= 0) return read
  const until = parts.clock.now() + patienceMs
  return await parts.waits.during({ why: 'in_transition', until }, async () => {
    let waited = 0
    for (let looks = 1; waited < patienceMs; looks++) {
      if (read.kind === 'failed' || read.user.transitioningToStatus === null) return read
      onTransition(read.user.transitioningToStatus)
      const wait = Math.min(transitionWaitMs(looks), patienceMs - waited)
      await parts.parked(() => parts.stop.wait(wait))
      waited += wait
      read = await readUserById(parts, id)
    }
    return read
  })
}
