import type { HoldReport } from '../files/hold/observe.ts'
import type { RunFile } from '../run/run-file.ts'

/**
 * The state of a run for people. `working`: this machine sees a process at work on the run. `died`: its process ended
 * without recording an end. `waiting`: a worker will take it. A run that is held elsewhere keeps the state of its `run.json`, because this machine can't see
 * whether it works.
 */
export type ShownState = RunFile['state'] | 'working' | 'died' | 'waiting'

export function shownState(
  { state }: Pick<RunFile, 'state'>,
  hold: Pick<HoldReport, 'kind'> & { readonly waits?: boolean },
): ShownState {
  // A process that holds such a run does not go on with it: it writes reports, asks before an undo, or removes it.
  if (state === 'closed' || state === 'finished') return state
  if (hold.kind === 'working') return 'working'
  if (hold.waits === true) return 'waiting'
  return state === 'running' && hold.kind === 'free' ? 'died' : state
}
