import { beforeEach, describe, expect, it } from 'vitest'
import { type ProbeOutcome, RefusalGate } from '../../src/lookup/refusal-gate.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../src/messages/stop.ts'
import { deferred } from '../budget/pacing.ts'
import { refusalOf } from '../okta/answers.ts'

const answer = refusalOf(403, 'E0000006')

/** Lets all that can happen without anything more from the test happen. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

let stop: StopSwitch
let probes: {
  /** How many rows may be tried. */
  readonly most: number
  readonly resolve: (outcome: ProbeOutcome) => void
  readonly reject: (error: Error) => void
}[]
let gate: RefusalGate
/** How those that were refused were decided. */
let decided: ('the user’s' | 'stopped')[]

function gateOf(accept = false, isHeld: () => boolean = () => false, turn = 0): RefusalGate {
  const probe = (most: number) =>
    new Promise<ProbeOutcome>((resolve, reject) => probes.push({ most, resolve, reject }))
  return new RefusalGate({ what: 'the lifecycle calls', stop, accept, turn, probe, isHeld })
}

beforeEach(() => {
  stop = new StopSwitch()
  probes = []
  decided = []
  gate = gateOf()
})

/** So many refusals, one after the other; none of them waited for. */
async function refuse(count: number, row = 0, isKnown = false, isOld = false): Promise<void> {
  for (let i = 0; i < count; i++) {
    gate.refused(row, answer, { isKnown, isOld }).then(
      () => decided.push('the user’s'),
      (error: unknown) => {
        if (!(error instanceof RunStopped)) throw error
        decided.push('stopped')
      },
    )
  }
  await settled()
}

/** Each call is of a row of its own. */
let calls = 0

interface OwnCall {
  readonly row: number
  readonly state: () => 'waits' | 'begun' | 'ended' | 'stopped'
  /** Okta accepts it. */
  readonly accept: () => void
  readonly end: () => Promise<void>
}

/** A call that is under way until the test ends it. */
function call(): OwnCall {
  const row = ++calls
  let state: 'waits' | 'begun' | 'ended' | 'stopped' = 'waits'
  const { promise, resolve } = deferred<void>()
  gate
    .pass(row, async () => {
      state = 'begun'
      await promise
    })
    .then(
      () => {
        state = 'ended'
      },
      () => {
        state = 'stopped'
      },
    )
  return {
    row,
    state: () => state,
    accept: () => gate.allowed(row),
    end: async () => {
      resolve()
      await settled()
    },
  }
}

describe('while it is calm', () => {
  it('calls go side by side', () => {
    expect([call(), call(), call()].map(({ state }) => state())).toEqual(['begun', 'begun', 'begun'])
  })

  it('a refusal is held, and is its user’s own after a success', async () => {
    await refuse(1)
    expect([gate.held, decided]).toEqual([1, []])
    call().accept()
    await settled()
    expect([gate.held, decided]).toEqual([0, ['the user’s']])
  })
})

it('a success of a call that had left before the first refusal shows nothing', async () => {
  const [before, other] = [call(), call()]
  await refuse(1)
  before.accept()
  await before.end()
  await other.end()
  expect([gate.held, decided]).toEqual([1, []])
  call().accept()
  await settled()
  expect([gate.held, decided]).toEqual([0, ['the user’s']])
})

describe('while it asks', () => {
  beforeEach(() => refuse(1))

  it('calls go one at a time', async () => {
    const calls = [call(), call(), call()]
    await settled()
    for (const each of calls) {
      expect(calls.map(({ state }) => state()).filter((state) => state === 'begun')).toHaveLength(1)
      expect(each.state()).toBe('begun')
      await each.end()
      expect(each.state()).toBe('ended')
    }
  })

  it('a call that passed before must not leave any more', async () => {
    const other = gateOf()
    const asked = deferred<boolean>()
    const go = deferred<void>()
    void other.pass(1, async (mayLeave) => {
      expect(mayLeave()).toBe(true)
      await go.promise
      asked.resolve(mayLeave())
    })
    void other.refused(1, answer, { isKnown: false, isOld: false })
    go.resolve()
    expect(await asked.promise).toBe(false)
  })

  it('all go side by side again after a success', async () => {
    const [first, ...others] = [call(), call(), call()]
    first?.accept()
    await first?.end()
    expect(others.map(({ state }) => state())).toEqual(['begun', 'begun'])
  })

  it('nine are held without a probe, the tenth begins one', async () => {
    await refuse(8)
    expect([gate.held, probes.length, decided]).toEqual([9, 0, []])
    await refuse(1)
    expect([gate.held, probes.length, decided]).toEqual([10, 1, []])
  })

  it('the count begins anew after a success', async () => {
    await refuse(8)
    const accepted = call()
    accepted.accept()
    await accepted.end()
    await refuse(9)
    expect([gate.held, probes.length]).toEqual([9, 0])
  })

  it('users who were the cause before are held like others, and do not count', async () => {
    await refuse(20, 0, true)
    expect([gate.held, probes.length, decided]).toEqual([21, 0, []])
    await refuse(8)
    expect([gate.held, probes.length]).toEqual([29, 0])
    await refuse(1)
    expect(probes.map(({ most }) => most)).toEqual([5])
  })

  it('a few refusals are their users’ own where nothing more comes', async () => {
    await refuse(2)
    gate.settle(true)
    await settled()
    expect(decided).toEqual(Array(3).fill('the user’s'))
  })

  it('a stop leaves them without a decision in their favour', async () => {
    const waiting = [call(), call()]
    stop.turn({ state: 'interrupted', exitCode: 130, message: 'SIGINT', advice: { kind: 'go_on' } })
    await settled()
    expect(decided).toEqual(['stopped'])
    expect(waiting[1]?.state()).toBe('stopped')
    await refuse(1)
    expect(decided).toEqual(['stopped', 'stopped'])
  })
})

describe('while it probes', () => {
  beforeEach(() => refuse(10))

  it('nothing goes, nothing more is asked, and a success from before decides nothing', async () => {
    const waiting = call()
    waiting.accept()
    gate.settle(true)
    await refuse(3)
    expect([waiting.state(), gate.held, probes.length, decided]).toEqual(['waits', 13, 1, []])
  })

  it.each([
    { allowed: 1, refused: 0 },
    { allowed: 1, refused: 4 },
  ])('%j means that the refusals are their users’ own', async (outcome) => {
    const waiting = call()
    probes[0]?.resolve(outcome)
    await settled()
    expect(decided).toEqual(Array(10).fill('the user’s'))
    expect([waiting.state(), stop.reason]).toEqual(['begun', null])
  })

  it('nothing to try at all means that the refusals are their users’ own', async () => {
    probes[0]?.resolve({ allowed: 0, refused: 0 })
    await settled()
    expect(decided).toEqual([])
    gate.settle(true)
    await settled()
    expect([decided, stop.reason]).toEqual([Array(10).fill('the user’s'), null])
  })

  it('nothing left to try, but more than ten refused already, means the token', async () => {
    await refuse(2)
    probes[0]?.resolve({ allowed: 0, refused: 0 })
    await settled()
    gate.settle(true)
    await settled()
    expect([decided, stop.reason?.exitCode]).toEqual([Array(12).fill('stopped'), 4])
    expect(stop.reason?.message).toContain('for 10 users in a row and for 2 more')
  })

  it.each([
    { what: 'all of whom two executions before had stopped for', fresh: 0, code: null },
    { what: 'one of whom is refused for the first time', fresh: 1, code: 4 },
  ])('more than ten refused, $what, and nobody left to try: exit $code', async ({ fresh, code }) => {
    gate = gateOf()
    await refuse(12 - fresh, 0, false, true)
    await refuse(fresh)
    probes.at(-1)?.resolve({ allowed: 0, refused: 0 })
    await settled()
    gate.settle(true)
    await settled()
    expect(stop.reason?.exitCode ?? null).toBe(code)
    expect(decided.slice(-12)).toEqual(Array(12).fill(code === null ? 'the user’s' : 'stopped'))
  })

  it('too few to try means that some of those who wait are tried, the last one first, one at a time', async () => {
    const waiting = Array.from({ length: 20 }, call)
    probes[0]?.resolve({ allowed: 0, refused: 1 })
    await settled()
    gate.settle(false)
    await settled()
    const begun = (): number[] => waiting.flatMap((one, index) => (one.state() === 'begun' ? [index] : []))
    expect(begun()).toHaveLength(1)
    const tried: number[] = []
    for (let round = 1; round <= 4; round++) {
      const [now = -1] = begun()
      tried.push(now)
      // One that left before anything was asked says nothing about them, however late it is answered.
      await refuse(1)
      await refuse(1, waiting[now]?.row)
      expect(stop.reason?.exitCode ?? null).toBe(round === 4 ? 4 : null)
      await waiting[now]?.end()
      gate.settle(false)
      await settled()
    }
    // Spread over all that wait, and the last one among them.
    expect(tried).toContain(19)
    expect(Math.min(...tried)).toBeLessThan(5)
    expect(decided).not.toContain('the user’s')
  })

  it('other executions try others of those who wait', async () => {
    const firstTried = new Set<number>()
    for (let turn = 0; turn < 12; turn++) {
      gate = gateOf(false, () => false, turn)
      await refuse(10)
      const waiting = Array.from({ length: 40 }, call)
      probes.at(-1)?.resolve({ allowed: 0, refused: 3 })
      await settled()
      gate.settle(false)
      await settled()
      firstTried.add(waiting.findIndex((one) => one.state() === 'begun'))
    }
    expect(firstTried.size).toBeGreaterThan(5)
  })

  it('every other execution tries mostly those who wait, although more could be tried of the rest of the input', async () => {
    for (const [turn, tried] of [
      [0, 0],
      [1, 4],
      [2, 0],
      [3, 4],
    ] as const) {
      stop = new StopSwitch()
      gate = gateOf(false, () => false, turn)
      await refuse(9)
      // The first of them goes alone, and is the tenth that is refused.
      const [first, ...waiting] = Array.from({ length: 40 }, call)
      await refuse(1)
      await first?.end()
      const probe = probes.at(-1)
      expect(probe?.most).toBe(5 - tried)
      probe?.resolve({ allowed: 0, refused: 5 - tried })
      await settled()
      gate.settle(false)
      await settled()
      expect(stop.reason?.exitCode ?? null).toBe(tried === 0 ? 4 : null)
      expect(waiting.filter((one) => one.state() === 'begun')).toHaveLength(tried === 0 ? 0 : 1)
    }
  })

  it('one of those who wait that is accepted frees all', async () => {
    const waiting = [call(), call()]
    probes[0]?.resolve({ allowed: 0, refused: 0 })
    await settled()
    gate.settle(false)
    await settled()
    waiting.find((one) => one.state() === 'begun')?.accept()
    await settled()
    expect(decided).toEqual(Array(10).fill('the user’s'))
    expect(waiting.map((one) => one.state())).toEqual(['begun', 'begun'])
  })

  it('others refused as well mean the token: the run stops, both causes are named, and nobody has failed', async () => {
    const waiting = call()
    probes[0]?.resolve({ allowed: 0, refused: 5 })
    await settled()
    expect(decided).toEqual(Array(10).fill('stopped'))
    expect(waiting.state()).toBe('stopped')
    expect(stop.reason).toMatchObject({
      state: 'stopped',
      exitCode: exitCodes.refusedByOkta,
      message: expect.stringMatching(
        /10 users in a row and for 5 more.*no permission for this.*no permission for any of these users/,
      ),
      advice: { kind: 'fix', fix: expect.stringContaining('--accept-refusals') },
    })
  })

  it('a stop meanwhile decides nothing, whatever the probe came to', async () => {
    stop.turn({ state: 'interrupted', exitCode: 130, message: 'SIGINT', advice: { kind: 'go_on' } })
    probes[0]?.reject(new RunStopped())
    await settled()
    expect(decided).toEqual(Array(10).fill('stopped'))
    expect(stop.reason?.exitCode).toBe(130)
  })

  it('asks again after the next ten', async () => {
    probes[0]?.resolve({ allowed: 1, refused: 0 })
    await settled()
    await refuse(10)
    expect(probes).toHaveLength(2)
  })
})

it('takes every refusal for its user’s own where a person has said so', async () => {
  gate = gateOf(true)
  await refuse(25)
  expect(decided).toEqual(Array(25).fill('the user’s'))
  expect([probes.length, gate.held, call().state()]).toEqual([0, 0, 'begun'])
})

describe('while calls are held for another reason', () => {
  let isHeld: boolean

  beforeEach(() => {
    isHeld = true
    gate = gateOf(false, () => isHeld)
  })

  it('no call leaves, until that has ended', async () => {
    const waiting = call()
    gate.wake()
    await settled()
    expect(waiting.state()).toBe('waits')
    isHeld = false
    gate.wake()
    await settled()
    expect(waiting.state()).toBe('begun')
  })

  it('the probe waits too, and goes once that has ended', async () => {
    await refuse(10)
    gate.wake()
    await settled()
    expect(probes).toHaveLength(0)
    isHeld = false
    gate.wake()
    await settled()
    expect(probes).toHaveLength(1)
    probes[0]?.resolve({ allowed: 1, refused: 0 })
    await settled()
    expect(decided).toEqual(Array(10).fill('the user’s'))
  })

  it('rows that are tried after the probe wait as well, do not spin, and are tried then', async () => {
    let ask = (): void => {}
    const probe = (most: number) =>
      new Promise<ProbeOutcome>((resolve, reject) => probes.push({ most, resolve, reject }))
    gate = new RefusalGate({
      what: 'the lifecycle calls',
      stop,
      accept: false,
      turn: 0,
      probe,
      onWaiting: () => ask(),
      isHeld: () => isHeld,
    })
    // As an execution does: whenever nothing but waiting is left, it is decided what can be.
    ask = () => gate.settle(true)
    isHeld = false
    await refuse(10)
    const waiting = call()
    isHeld = true
    probes[0]?.resolve({ allowed: 0, refused: 2 })
    // With a spin of microtasks, this would never come back.
    await settled()
    expect([waiting.state(), stop.reason]).toEqual(['waits', null])
    isHeld = false
    gate.wake()
    await settled()
    expect(waiting.state()).toBe('begun')
  })

  it('a row that was held back right before it left is tried later', async () => {
    isHeld = false
    await refuse(10)
    const tries: boolean[] = []
    const prepared = deferred<void>()
    const held = gate.pass(++calls, async (mayLeave) => {
      await prepared.promise
      tries.push(mayLeave())
    })
    probes[0]?.resolve({ allowed: 0, refused: 2 })
    await settled()
    gate.settle(true)
    await settled()
    isHeld = true
    prepared.resolve()
    await held
    expect(tries).toEqual([false])
    isHeld = false
    const again = gate.pass(calls, async (mayLeave) => tries.push(mayLeave()))
    await again
    expect(tries).toEqual([false, true])
    expect(stop.reason).toBeNull()
  })

  it('a stop ends the wait of the probe, and nothing is probed', async () => {
    await refuse(10)
    stop.turn({ state: 'interrupted', exitCode: 130, message: 'SIGINT', advice: { kind: 'go_on' } })
    await settled()
    expect(probes).toHaveLength(0)
    expect(decided).toEqual(Array(10).fill('stopped'))
  })
})
