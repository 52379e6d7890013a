import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { destination, type Logger, pino } from 'pino'
import type { Answer } from '../okta/answer.ts'
import type { OktaClient } from '../okta/client.ts'
import { maskSecrets } from '../okta/mask-secrets.ts'

/** The log of a run directory. */
export interface RunLog {
  readonly log: Logger
  close(): void
}

/**
 * Opens `run.log` for appending JSON lines, mode 0600. It shows requests and answers without headers and bodies, so
 * that no credential can reach it; what still looks like one is masked in each line. A log that can't be written does
 * not stop the run, because only the journal counts.
 */
export function openRunLog(directory: string): RunLog {
  const target = openTarget(join(directory, 'run.log'))
  if (target === null) return { log: pino({ enabled: false }), close: () => {} }
  target.on('error', () => {})
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: maskSecrets } },
    target,
  )
  return { log, close: () => target.end() }
}

function openTarget(path: string): ReturnType<typeof destination> | null {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false })
    // A pipe in its place would hold up the whole process, and what a link names is not ours.
    if (there !== undefined && !there.isFile()) return null
    return destination({ dest: path, sync: true, mode: 0o600 })
  } catch {
    return null
  }
}

/**
 * Wraps a sender so that every answer is logged, except plain successes.
 *
 * @param send sends one request
 */
export function loggedSend(log: Logger, send: OktaClient['send']): OktaClient['send'] {
  return async (request, mayLeave) => {
    const answer = await send(request, mayLeave)
    const { method, path } = request
    if (!isPlainSuccess(answer)) log.warn({ method, path, ...shown(answer) }, 'Answer')
    return answer
  }
}

function isPlainSuccess(answer: Answer): boolean {
  return answer.kind === 'answered' && answer.httpStatus < 300 && answer.body.kind !== 'unreadable'
}

/** The parts of an answer that may be logged. Never a body. */
function shown(answer: Answer): Readonly<Record<string, unknown>> {
  if (answer.kind === 'unanswered') return { code: answer.code, may_have_been_sent: answer.mayHaveBeenSent }
  const { httpStatus, error, requestId, rateLimit } = answer
  return {
    http_status: httpStatus,
    error_code: error?.errorCode,
    request_id: requestId,
    rate_limit: rateLimit,
  }
}
