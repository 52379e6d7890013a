import { describe, expect, it } from 'vitest'
import {
  isResumable,
  moved,
  type RunState,
  type RunTransition,
  runStates,
  runTransitions,
} from '../../src/run/life.ts'
import { plainRun } from '../engine/plain-run.ts'

/** Where each transition leads from each state; a state that is missing has no such transition. */
const table: Readonly<Record<RunTransition, Partial<Record<RunState, RunState>>>> = {
  begin: { new: 'running', running: 'running', stopped: 'running', interrupted: 'running' },
  finish: { running: 'finished' },
  stop: { new: 'stopped', running: 'stopped', stopped: 'stopped', interrupted: 'stopped' },
  interrupt: {
    new: 'interrupted',
    running: 'interrupted',
    stopped: 'interrupted',
    interrupted: 'interrupted',
  },
  reopen: { finished: 'interrupted' },
  close: {
    new: 'closed',
    running: 'closed',
    finished: 'closed',
    stopped: 'closed',
    interrupted: 'closed',
    closed: 'closed',
  },
}

const all = (Object.keys(table) as RunTransition[]).flatMap((transition) =>
  runStates.map((state) => [state, transition, table[transition][state] ?? null] as const),
)

describe('the life of a run', () => {
  it('has the transitions of the table and no others', () => {
    expect(Object.keys(runTransitions).sort()).toEqual(Object.keys(table).sort())
  })

  it.each(all.filter(([, , to]) => to !== null))('%s, by %s, becomes %s', (state, transition, to) => {
    const run = { ...plainRun(), state, reason: 'before' }
    expect(moved(run, transition, 'because')).toEqual({ ...run, state: to, reason: 'because' })
    // Without a reason none is left from before.
    expect(moved(run, transition).reason).toBeNull()
    expect(run.state).toBe(state)
  })

  it.each(all.filter(([, , to]) => to === null))('%s can’t %s', (state, transition) => {
    const run = { ...plainRun(), state }
    expect(() => moved(run, transition)).toThrow(`A run that is ${state} can't ${transition}.`)
  })

  it('has no way out of closed (R4), and finished is not resumed as it is', () => {
    for (const [state, , to] of all) if (state === 'closed' && to !== null) expect(to).toBe('closed')
    expect(runStates.filter((state) => !isResumable(state))).toEqual(['finished', 'closed'])
  })
})
