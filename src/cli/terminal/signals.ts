import { basename } from 'node:path'
import { exitCodes } from '../../messages/known-error.ts'
import type { StopSwitch } from '../../messages/stop.ts'

const signals = [
  ['SIGHUP', exitCodes.hungUp],
  ['SIGINT', exitCodes.interrupted],
  ['SIGTERM', exitCodes.terminated],
] as const

/**
 * Lets SIGHUP, SIGINT and SIGTERM end the run in good order: the first stops sending, a SIGINT or SIGTERM after it ends
 * the process at once, which the journal survives. A SIGHUP after it does not: who closes a terminal sends several, the
 * shell's and the system's, and nobody is there to be impatient.
 *
 * @returns what takes the handlers off again
 */
export function stopOnSignals(stop: StopSwitch, say: (line: string) => void): () => void {
  let seen = false
  const handlers = signals.map(([signal, exitCode]) => {
    const handler = (): void => {
      if (signal === 'SIGHUP' && (seen || ignoresHangUp(process.env))) return
      if (seen) process.exit(exitCode)
      seen = true
      stop.turn({
        state: 'interrupted',
        exitCode,
        message: `${signal} was received`,
        advice: { kind: 'go_on' },
      })
      say(
        `${signal}: nothing more is sent; waiting for what is under way. ${signal === 'SIGHUP' ? 'SIGTERM' : 'Once more'} ends at once.`,
      )
    }
    process.on(signal, handler)
    return [signal, handler] as const
  })
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}

/**
 * Whether the process was started under nohup. Node takes away what nohup has set, that SIGHUP is ignored, before any of
 * this program runs; but bash, zsh and ksh leave the path of the command that they started in `_`.
 */
function ignoresHangUp({ _: command }: NodeJS.ProcessEnv): boolean {
  return command !== undefined && basename(command) === 'nohup'
}
