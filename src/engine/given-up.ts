import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'

const givenUp: Answer = {
  kind: 'unanswered',
  mayHaveBeenSent: true,
  code: 'ABORT_ERR',
  why: 'the run stopped before the answer came',
}

/**
 * The answer to a read, or none if the run is stopped and it does not come within the drain after that. A read changes
 * nothing, so nothing is lost with it; a proxy that stays silent would hold up whoever wants the process to end.
 *
 * @param drainMs how long a stop waits for calls under way
 */
export async function unlessGivenUp(
  answer: Promise<Answer>,
  stop: StopSwitch,
  drainMs: number,
): Promise<Answer> {
  const { signal } = stop
  let timer: NodeJS.Timeout | undefined
  let stopped = (): void => {}
  const late = new Promise<Answer>((resolve) => {
    stopped = () => {
      timer = setTimeout(() => resolve(givenUp), drainMs)
    }
    if (signal.aborted) stopped()
    else signal.addEventListener('abort', stopped, { once: true })
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stopped)
  }
}
