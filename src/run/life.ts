/**
 * The life of a run, as recorded in `run.json`.
 *
 * - `new`: prepared; nothing was sent.
 * - `running`: an execution is at work. An execution that died leaves this state behind, and only its hold shows that
 *   it died.
 * - `finished`: every task has a result.
 * - `stopped`: a guard, too many failures, a disk, a network or a refusal ended the last execution.
 * - `interrupted`: a signal ended the last execution, or nobody read its output any more.
 * - `closed`: another run goes on from it. This state is final.
 *
 * - **R1** Only the holder of the run changes its state.
 * - **R2** A run may send only while it is `running`. Only a holder that knows the token's owner makes it `running`.
 * - **R3** When one run goes on from another, there is no moment at which both may send (closing.ts).
 * - **R4** `closed` is final.
 */
export const runStates = ['new', 'running', 'finished', 'stopped', 'interrupted', 'closed'] as const
export type RunState = (typeof runStates)[number]

/** A transition: the states that it starts from, the state that it leads to, and who makes it. */
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
    by: 'an execution, once Okta has shown the owner of the token; from `running` if the process before it died',
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
  reopen: {
    from: ['finished'],
    to: 'interrupted',
    by: 'resume --take-sound-part, when the journal no longer shows that every task has its result',
  },
  close: {
    from: ['new', 'running', 'finished', 'stopped', 'interrupted', 'closed'],
    to: 'closed',
    by: 'a run that goes on from it, once its own run.json is on disk',
  },
} as const satisfies Readonly<Record<string, Transition>>

export type RunTransition = keyof typeof runTransitions

/**
 * The run after a transition.
 *
 * @param reason why, for a person; null for a transition that needs no reason
 * @throws Error for a transition that is not in the table, which is a bug
 */
export function moved<Run extends { readonly state: RunState; readonly reason: string | null }>(
  run: Run,
  transition: RunTransition,
  reason: string | null = null,
): Run {
  const { from, to }: Transition = runTransitions[transition]
  if (!from.includes(run.state)) throw new Error(`A run that is ${run.state} can't ${transition}.`)
  return { ...run, state: to, reason }
}

/** Whether a run can be resumed, judging by its state alone. */
export function isResumable(state: RunState): boolean {
  // R4: what is closed stays closed.
  return !isOver(state)
}

/** Whether nothing of a run in a state is left to do by the run itself. `state` may be any that is shown for a run. */
export function isOver(state: string): boolean {
  return state === 'finished' || state === 'closed'
}
