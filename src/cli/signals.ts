import { exitCodes } from '../known-error.ts'
import type { StopSwitch } from '../run/stop.ts'

const signals = [
  ['SIGINT', exitCodes.interrupted],
  ['SIGTERM', exitCodes.terminated],
] as const

/**
 * Lets SIGINT and SIGTERM end the run in good order: the first stops sending, the second ends the process at once, which
 * the journal survives.
 *
 * @returns what takes the handlers off again
 */
export function stopOnSignals(stop: StopSwitch, say: (line: string) => void): () => void {
  let seen = false
  const handlers = signals.map(([signal, exitCode]) => {
    const handler = (): void => {
      if (seen) process.exit(exitCode)
      seen = true
      stop.turn({ state: 'interrupted', exitCode, message: `${signal} was received` })
      say(`${signal}: nothing more is sent; waiting for what is under way. Once more ends at once.`)
    }
    process.on(signal, handler)
    return [signal, handler] as const
  })
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}
