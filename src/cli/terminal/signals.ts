import { basename } from 'node:path'
import { exitCodes } from '../../messages/known-error.ts'
import type { StopSwitch } from '../../messages/stop.ts'

const signals = [
  ['SIGHUP', exitCodes.hungUp],
  ['SIGINT', exitCodes.interrupted],
  ['SIGTERM', exitCodes.terminated],
] as const

/**
 * Lets SIGHUP, SIGINT and SIGTERM stop the run cleanly. The first signal stops sending. A SIGINT or SIGTERM after
 * it ends the process at once; the journal survives that. A second SIGHUP does nothing: closing a terminal sends
 * several, from the shell and from the system, and not because anyone is impatient.
 *
 * @returns a function that removes the handlers
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
        `${signal}: nothing more is sent; waiting for calls under way. ${signal === 'SIGHUP' ? 'SIGTERM' : 'A second one'} ends the process at once.`,
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
 * Whether the process was started under nohup. nohup sets SIGHUP to be ignored, and Node undoes that before this
 * program runs. But bash, zsh and ksh leave the path of the command that they started in `_`.
 */
function ignoresHangUp({ _: command }: NodeJS.ProcessEnv): boolean {
  return command !== undefined && basename(command) === 'nohup'
}
