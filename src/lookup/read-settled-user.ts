import type { Services } from '../engine/services.ts'
import type { TaskPlace } from '../rules/refusal-streak.ts'
import { transitionPatienceMs, transitionWaitMs } from './backoff.ts'
import { type FailedRead, type FoundUser, readUser } from './read-user.ts'

/** A read older than one window must not be acted on. */
export function isOld(services: Services, read: FoundUser): boolean {
  return services.clock.now() - read.readAt > services.pacer.windowMs('/api/v1/users')
}

/**
 * The user as of this window, and no longer in transition if waiting could bring that about.
 *
 * @param known a read that is at hand; used if it is not old
 * @throws RunStopped where the run stops first
 */
export async function readSettledUser(
  services: Services,
  task: TaskPlace,
  target: string,
  known: FoundUser | null,
): Promise<FoundUser | FailedRead> {
  let read: FoundUser | FailedRead =
    known !== null && !isOld(services, known) ? known : await readUser(services, task, target)
  let waited = 0
  for (let looks = 1; waited < transitionPatienceMs; looks++) {
    if (read.kind === 'failed' || read.user.transitioningToStatus === null) return read
    await services.parked(() => services.stop.wait(transitionWaitMs(looks)))
    waited += transitionWaitMs(looks)
    read = await readUser(services, task, target)
  }
  return read
}
