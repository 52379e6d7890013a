import { transitionPatienceMs, transitionWaitMs } from './backoff.ts'
import type { LookupParts } from './paced-get.ts'
import { type FailedRead, type FoundUser, readUser } from './read-user.ts'

/** A read older than one window must not be acted on. */
export function isOld({ clock, pacer }: Pick<LookupParts, 'clock' | 'pacer'>, read: FoundUser): boolean {
  return clock.now() - read.readAt > pacer.windowMs('/api/v1/users')
}

/**
 * The user as of this window, and no longer in transition if waiting could bring that about.
 *
 * @param known a read that is at hand; used if it is not old
 * @throws RunStopped when the run stops first
 */
export async function readSettledUser(
  parts: LookupParts,
  target: string,
  known: FoundUser | null,
): Promise<FoundUser | FailedRead> {
  let read: FoundUser | FailedRead =
    known !== null && !isOld(parts, known) ? known : await readUser(parts, target)
  let waited = 0
  for (let looks = 1; waited < transitionPatienceMs; looks++) {
    if (read.kind === 'failed' || read.user.transitioningToStatus === null) return read
    const wait = Math.min(transitionWaitMs(looks), transitionPatienceMs - waited)
    await parts.parked(() => parts.stop.wait(wait))
    waited += wait
    read = await readUser(parts, target)
  }
  return read
}
