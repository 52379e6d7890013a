import { join } from 'node:path'
import { destination, type Logger, pino } from 'pino'

/** The log of a run directory, and how to end it. */
export interface RunLog {
  readonly log: Logger
  close(): void
}

/**
 * Opens `run.log`: JSON lines that are appended, mode 0600. It holds what was asked and answered, never a header or a
 * body, so that no credential can reach it. A log that can't be written stops nothing: the journal is what counts.
 */
export function openRunLog(directory: string): RunLog {
  const target = openTarget(join(directory, 'run.log'))
  if (target === null) return { log: pino({ enabled: false }), close: () => {} }
  target.on('error', () => {})
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, target)
  return { log, close: () => target.end() }
}

function openTarget(path: string): ReturnType<typeof destination> | null {
  try {
    return destination({ dest: path, sync: true, mode: 0o600 })
  } catch {
    return null
  }
}
