import type { RunFile } from './run-file.ts'

/**
 * The life of a run, as `run.json` keeps it.
 *
 * - `new`: laid down; nothing was sent.
 * - `running`: an execution is at work. One that died leaves this state behind; whether it did is seen by its hold alone.
 * - `finished`: every task has a result.
 * - `stopped`: a guard, too many failures, a disk, a network or a refusal ended the last execution.
 * - `interrupted`: a signal did, or nobody read its output any more.
 * - `closed`: another run goes on from it. It never comes back.
 *
 * - **R1** Only who holds the run changes its state.
 * - **R2** A run may send only while it is `running`, and becomes `running` only by a holder that knows the token's owner.
 * - **R3** Between two runs of which one goes on from the other there is no moment in which both may send (closing.ts).
 * - **R4** `closed` is final.
 */
export const runStates = ['new', 'running', 'finished', 'stopped', 'interrupted', 'closed'] as const
export type RunState = (typeof runStates)[number]

/** A transition: from which states it is made, where it leads, and who makes it. */
interface Transition {
  readonly from: readonly RunState[]
  readonly to: RunState
  readonly by: string
}

/** Every transition of a run's life. */
export const runTransitions = {
  begin: {
    from: ['new', 'running', 'stopped', 'interrupted'],
    to: 'running',
    by: 'an execution, once Okta has shown the owner of the token; from `running` after a death',
  },
  finish: { from: ['running'], to: 'finished', by: 'the execution whose last task has its result' },
  stop: {
    from: ['new', 'running', 'stopped', 'interrupted'],
    to: 'stopped',
    by: 'an execution; before `begin` when it could not begin',
  },
  interrupt: {
    from: ['new', 'running', 'stopped', 'interrupted'],
    to: 'interrupted',
    by: 'an execution; before `begin` when it could not begin',
  },
  close: {
    from: ['new', 'running', 'finished', 'stopped', 'interrupted', 'closed'],
    to: 'closed',
    by: 'a run that goes on from it, once its own run.json is on disk',
  },
} as const satisfies Readonly<Record<string, Transition>>

export type RunTransition = keyof typeof runTransitions

/**
 * A run after a transition.
 *
 * @param reason why, for a person; null for a transition that needs no reason
 * @throws Error for a transition that the table does not have: a fault of the program
 */
export function moved(run: RunFile, transition: RunTransition, reason: string | null = null): RunFile {
  const { from, to }: Transition = runTransitions[transition]
  if (!from.includes(run.state)) throw new Error(`A run that is ${run.state} can't ${transition}.`)
  return { ...run, state: to, reason }
}

/** Whether a run can be gone on with, as far as its state tells. */
export function isResumable(state: RunState): boolean {
  return state !== 'finished' && state !== 'closed'
}
