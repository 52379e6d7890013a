import { describe, expect, it } from 'vitest'
import { type ProbeOutcome, RefusalGate } from '../../src/lookup/refusal-gate.ts'
import { settleGates } from '../../src/lookup/settle-gates.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import { refusalOf } from '../okta/answers.ts'

const answer = refusalOf(403, 'E0000006')

function setUp(probe: (most: number) => Promise<ProbeOutcome> = async () => ({ allowed: 0, refused: 0 })): {
  reads: RefusalGate
  sends: RefusalGate
  stop: StopSwitch
  decided: string[]
  refuse: Refuse
} {
  const stop = new StopSwitch()
  const decided: string[] = []
  const gateOf = (what: string): RefusalGate => new RefusalGate({ what, stop, accept: false, turn: 0, probe })
  const refuse: Refuse = async (gate, count) => {
    for (let i = 0; i < count; i++)
      gate.refused(0, answer, { isKnown: false, isOld: false }).then(
        () => decided.push('the user’s'),
        () => decided.push('stopped'),
      )
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { reads: gateOf('reading users'), sends: gateOf('the lifecycle calls'), stop, decided, refuse }
}

type Refuse = (gate: RefusalGate, count: number) => Promise<void>

describe('refusals of reads and of calls', () => {
  it.each([
    { reads: 6, sends: 5, code: 4 },
    { reads: 1, sends: 10, code: 4 },
    { reads: 9, sends: 1, code: null },
    { reads: 11, sends: 0, code: 4 },
    { reads: 0, sends: 11, code: 4 },
    { reads: 10, sends: 0, code: null },
  ])(
    '$reads and $sends at the end count together: $code',
    async ({ reads: ofReads, sends: ofSends, code }) => {
      const { reads, sends, stop, decided, refuse } = setUp()
      await refuse(reads, ofReads)
      await refuse(sends, ofSends)
      for (let again = 0; again < 3; again++) {
        settleGates(reads, sends, true)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(stop.reason?.exitCode ?? null).toBe(code)
      expect(decided).toEqual(Array(ofReads + ofSends).fill(code === null ? 'the user’s' : 'stopped'))
    },
  )

  it('are not decided as long as a request waits at either gate', async () => {
    const { reads, sends, decided, refuse } = setUp()
    await refuse(reads, 3)
    await refuse(sends, 1)
    let end = (): void => {}
    const first = sends.pass(1, () => new Promise<void>((resolve) => (end = resolve)))
    const second = sends.pass(2, async () => {})
    settleGates(reads, sends, true)
    await new Promise((resolve) => setImmediate(resolve))
    expect([sends.waiting, decided]).toEqual([1, []])
    end()
    await Promise.all([first, second])
    // A probe of each comes first.
    for (let again = 0; again < 3; again++) {
      settleGates(reads, sends, true)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(decided).toEqual(Array(4).fill('the user’s'))
  })

  it.each([
    { held: 3, outcome: { allowed: 1, refused: 0 }, code: null },
    { held: 3, outcome: { allowed: 0, refused: 7 }, code: null },
    { held: 3, outcome: { allowed: 0, refused: 8 }, code: 4 },
    { held: 3, outcome: { allowed: 0, refused: 12 }, code: 4 },
  ])(
    '$held at the end of a step are decided by rows of the next one: $outcome, exit $code',
    async ({ held, outcome, code }) => {
      const asked: number[] = []
      const { reads, sends, stop, decided, refuse } = setUp(async (most) => {
        asked.push(most)
        return outcome
      })
      await refuse(sends, held)
      for (let again = 0; again < 3; again++) {
        settleGates(reads, sends, true)
        await new Promise((resolve) => setImmediate(resolve))
      }
      // Seven make ten of the three, and five more are tried.
      expect(asked).toEqual([12])
      expect(stop.reason?.exitCode ?? null).toBe(code)
      expect(decided).toEqual(Array(held).fill(code === null ? 'the user’s' : 'stopped'))
    },
  )

  it.each([
    { allowed: 1, refused: 0 },
    { allowed: 0, refused: 2 },
  ])(
    'of one read on which all calls wait are decided whatever else waits: $allowed, $refused',
    async (outcome) => {
      const { reads, stop, decided, refuse } = setUp(async () => outcome)
      const what = 'the lifecycle calls'
      const sends = new RefusalGate({
        ...{ what, stop, accept: false, turn: 0, isHeld: () => decided.length === 0 },
        probe: () => new Promise(() => {}),
      })
      const waiting = sends.pass(1, async () => {})
      await refuse(reads, 1)
      for (let again = 0; again < 3; again++) {
        settleGates(reads, sends, false)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(decided).toEqual(['the user’s'])
      sends.wake()
      await waiting
    },
  )

  it('are not decided while a probe is under way', async () => {
    const { reads, sends, stop, decided, refuse } = setUp(() => new Promise<ProbeOutcome>(() => {}))
    await refuse(reads, 10)
    await refuse(sends, 4)
    settleGates(reads, sends, true)
    await new Promise((resolve) => setImmediate(resolve))
    expect([reads.isProbing, stop.reason, decided]).toEqual([true, null, []])
  })
})
