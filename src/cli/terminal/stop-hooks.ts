import type { StopSwitch } from '../../messages/stop.ts'
import { stopOnClosedOutput } from './closed-output.ts'
import { stopOnSignals } from './signals.ts'

/** A line for a person, on standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Does the work. Meanwhile a signal, or an output that nobody reads any more, turns the switch. */
export async function withStopHooks<T>(stop: StopSwitch, work: () => Promise<T>): Promise<T> {
  const unhooks = [stopOnSignals(stop, say), stopOnClosedOutput(stop, say)]
  try {
    return await work()
  } finally {
    for (const unhook of unhooks) unhook()
  }
}
