import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, actionNames } from '../../src/okta/actions.ts'
import { type UserStatus, userStatuses } from '../../src/okta/status.ts'
import {
  type DoubtfulAttempt,
  type Observation,
  settle,
  settlesAt,
  type Verdict,
} from '../../src/rules/doubt.ts'
import { actionTable } from '../okta/action-table.ts'

const oktaTime = Date.parse('2026-03-02T10:00:00.000Z')
const long = '2025-01-01T00:00:00.000Z'
const now = '2026-03-02T10:00:00.000Z'

/** Where an applied call leaves the user, as the documents say. */
const leadsTo: Readonly<Partial<Record<Action, readonly UserStatus[]>>> = {
  activate: ['PROVISIONED', 'ACTIVE'],
  deactivate: ['DEPROVISIONED'],
  suspend: ['SUSPENDED'],
  unlock: ['ACTIVE'],
  unsuspend: ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED', 'RECOVERY'],
}
const byStatus = Object.keys(leadsTo) as Action[]

function attempt(status: UserStatus | null, statusChanged: string | null = long): DoubtfulAttempt {
  return {
    oktaTime,
    oktaTimeAtMost: oktaTime,
    underWayUntil: oktaTime + 30_000,
    status,
    statusChanged: status === null ? null : statusChanged,
    lost: false,
    judgedNotApplied: 0,
  }
}

function verdict(
  action: Action,
  before: DoubtfulAttempt,
  status: UserStatus,
  statusChanged: string | null = long,
): Verdict['kind'] {
  return settle(action, before, { user: seen(status, statusChanged), factorTimes: null }).kind
}

/** A user as Okta shows it, in no transition unless a test says so. */
function seen(
  status: UserStatus,
  statusChanged: string | null,
  transitioningToStatus: string | null = null,
): Observation['user'] {
  return { status, statusChanged, transitioningToStatus }
}

it('goes by the time of the last change where no read came before the call', () => {
  expect(verdict('suspend', attempt(null), 'ACTIVE')).toBe('not_applied')
  expect(verdict('suspend', attempt(null), 'ACTIVE', null)).toBe('not_applied')
  // Suspended by us, and changed by somebody else since.
  expect(verdict('suspend', attempt(null), 'DEPROVISIONED', now)).toBe('unknown')
  expect(verdict('suspend', attempt(null), 'SUSPENDED', now)).toBe('applied')
  expect(verdict('suspend', attempt(null), 'SUSPENDED', long)).toBe('not_applied')
})

it('guesses nothing from a change of the last seconds before a call: it may be ours by another clock of the org', () => {
  const secondsBefore = (seconds: number): string => new Date(oktaTime - seconds * 1000).toISOString()
  expect(verdict('suspend', attempt(null), 'SUSPENDED', secondsBefore(1))).toBe('unknown')
  expect(verdict('suspend', attempt(null), 'SUSPENDED', secondsBefore(15))).toBe('unknown')
  expect(verdict('suspend', attempt(null), 'SUSPENDED', secondsBefore(16))).toBe('not_applied')
  expect(verdict('suspend', attempt(null), 'SUSPENDED', null)).toBe('applied')
})

/** Every status from which an action is sent, with every status in which the user may be found. */
const situations = byStatus.flatMap((action) =>
  userStatuses
    .filter((before) => actionTable[action][before] === 'S')
    .flatMap((before) => userStatuses.map((after) => [action, before, after] as const)),
)

describe('settle, where the status tells', () => {
  it.each(situations)('%s on a user who was %s and is %s', (action, before, after) => {
    const atTarget = leadsTo[action]?.includes(after) === true
    const changed = verdict(action, attempt(before), after, now)
    const same = verdict(action, attempt(before), after, long)
    if (before === after && action === 'unlock' && after === 'ACTIVE') {
      // Sent again: it does no harm.
      expect([changed, same]).toEqual(['not_applied', 'not_applied'])
    } else if (atTarget) {
      expect([changed, same]).toEqual(['applied', 'applied'])
    } else if (before === after) {
      expect(same).toBe('not_applied')
      // Left and came back: someone else acted too.
      expect(changed).toBe('someone_else')
    } else {
      expect([changed, same]).toEqual(['someone_else', 'someone_else'])
    }
  })

  it('takes a status that never changed for the same', () => {
    expect(verdict('suspend', attempt('ACTIVE', null), 'ACTIVE', null)).toBe('not_applied')
    expect(verdict('suspend', attempt('ACTIVE', null), 'ACTIVE', now)).toBe('someone_else')
    expect(verdict('suspend', attempt('ACTIVE', long), 'ACTIVE', null)).toBe('someone_else')
  })

  it('goes by the status and the time of its change where none was read before', () => {
    for (const action of byStatus) {
      for (const after of userStatuses) {
        const isTarget = leadsTo[action]?.includes(after) === true
        const since = (changed: string): string =>
          settle(action, attempt(null), { user: seen(after, changed), factorTimes: null }).kind
        if (isTarget) expect(since(now)).toBe('applied')
        // Who was there before the call was not brought there by it. An unlock may lift what no status shows, and is
        // sent again.
        expect(since(long)).toBe('not_applied')
      }
    }
  })
})

describe('settle, while a change is under way', () => {
  it('takes a transition to our own target for applied, whatever the status is still', () => {
    for (const action of byStatus) {
      for (const target of leadsTo[action] ?? []) {
        for (const status of userStatuses) {
          const user = seen(status, now, target)
          const { kind, evidence } = settle(action, attempt(status), { user, factorTimes: null })
          expect(kind).toBe('applied')
          expect(evidence).toBe(`user is ${status}, still in transition to ${target}`)
        }
      }
    }
  })

  it('takes one that leads elsewhere for no evidence', () => {
    const user = seen('ACTIVE', long, 'DEPROVISIONED')
    expect(settle('suspend', attempt('ACTIVE'), { user, factorTimes: null }).kind).toBe('not_applied')
  })
})

it('goes by the time of the last change alone where the attempt may be lost, a user at the target being uncertain near it', () => {
  const lost: DoubtfulAttempt = { ...attempt(null), lost: true }
  const before = (ms: number): string => new Date(oktaTime - ms).toISOString()
  for (const [status, changed, expected] of [
    ['SUSPENDED', before(16_000), 'not_applied'],
    ['SUSPENDED', before(14_000), 'unknown'],
    ['SUSPENDED', before(1_001), 'unknown'],
    ['SUSPENDED', before(0), 'applied'],
    ['SUSPENDED', null, 'not_applied'],
    ['ACTIVE', before(1_001), 'not_applied'],
    ['ACTIVE', before(0), 'unknown'],
    ['ACTIVE', 'the day before', 'unknown'],
  ] as const)
    expect([status, changed, verdict('suspend', lost, status, changed)]).toEqual([status, changed, expected])
})

describe('settle, of a status that changed in the second of the attempt', () => {
  const changedAt = (statusChanged: string): DoubtfulAttempt => ({
    oktaTime: oktaTime + 400,
    oktaTimeAtMost: oktaTime + 400,
    underWayUntil: oktaTime + 30_000,
    status: 'ACTIVE',
    statusChanged,
    lost: false,
    judgedNotApplied: 0,
  })

  it.each([
    ['2026-03-02T09:59:59.000Z', 'not_applied'],
    ['2026-03-02T09:59:59.999Z', 'not_applied'],
    // A change and its undoing in this second leave the same time behind.
    ['2026-03-02T10:00:00.000Z', 'unknown'],
    // By Okta's clock the change may have come after the earliest moment of the attempt.
    ['2026-03-02T10:00:01.000Z', 'unknown'],
    ['the day before', 'unknown'],
  ])('which Okta shows as %s: equality means %s', (changed, expected) => {
    expect(verdict('suspend', changedAt(changed), 'ACTIVE', changed)).toBe(expected)
  })

  it('is somebody else’s where it is not the same any more, and ours where it is at the target', () => {
    expect(verdict('suspend', changedAt(now), 'ACTIVE', '2026-03-02T10:00:01.000Z')).toBe('someone_else')
    expect(verdict('suspend', changedAt(now), 'SUSPENDED', now)).toBe('applied')
  })
})

describe('settle, where the status does not tell', () => {
  it('knows nothing of a reactivate, whatever is seen', () => {
    for (const before of [...userStatuses, null])
      for (const after of userStatuses)
        expect(verdict('reactivate', attempt(before), after, now)).toBe('unknown')
  })

  it.each<[readonly number[], Verdict['kind']]>([
    [[], 'applied'],
    [[oktaTime + 1_000], 'applied'],
    [[oktaTime + 60_000, oktaTime + 5_000], 'applied'],
    [[oktaTime - 2_000], 'not_applied'],
    [[oktaTime + 1], 'applied'],
    // Okta cuts off what is less than a second: one of the same second may be older or newer.
    [[oktaTime], 'unknown'],
    [[oktaTime - 1, oktaTime - 60_000], 'not_applied'],
    // Another reset would remove what was enrolled since.
    [[oktaTime - 1, oktaTime + 60_000], 'unknown'],
    [[oktaTime, oktaTime - 60_000], 'unknown'],
    [[oktaTime + 60_000, oktaTime - 60_000], 'unknown'],
    [[Number.NaN], 'unknown'],
    [[oktaTime + 60_000, Number.NaN], 'unknown'],
    [[oktaTime - 60_000, Number.NaN], 'unknown'],
  ])('judges a reset of factors by when those left were created: %j is %s', (factorTimes, expected) => {
    for (const status of userStatuses) {
      const observation = { user: seen(status, now), factorTimes }
      expect(settle('reset_factors', attempt('ACTIVE'), observation).kind).toBe(expected)
    }
  })
})

describe('settle, of a reset of factors that was sent again', () => {
  const again = (judgedNotApplied: number, factorTimes: readonly number[]): Verdict =>
    settle(
      'reset_factors',
      { ...attempt('ACTIVE'), judgedNotApplied },
      { user: seen('ACTIVE', now), factorTimes },
    )
  const old = oktaTime - 60_000
  const newer = oktaTime + 60_000

  it('is not sent a sixth time because of a factor that outlives it', () => {
    for (const earlier of [1, 2, 3]) expect(again(earlier, [old]).kind).toBe('not_applied')
    expect(again(4, [old])).toEqual({
      kind: 'unknown',
      evidence:
        '1 factor from before the attempt is still enrolled after 5 attempts: Okta may not be able to remove it',
    })
  })

  it('wipes no factor that somebody has enrolled since', () => {
    for (const since of [newer, oktaTime, Number.NaN]) expect(again(1, [old, since]).kind).toBe('unknown')
    expect(again(1, [newer]).kind).toBe('applied')
  })
})

describe('settle, of a user who got to the target much later', () => {
  const changedAfter = (ms: number): Verdict =>
    settle('suspend', attempt('ACTIVE'), {
      user: seen('SUSPENDED', new Date(oktaTime + 30_000 + ms).toISOString()),
      factorTimes: null,
    })

  it('says that someone else may have done it, once the clocks of one org no longer explain the time', () => {
    expect(changedAfter(15_000).evidence).toBe('user is SUSPENDED since 2026-03-02T10:00:45.000Z')
    expect(changedAfter(16_000)).toEqual({
      kind: 'applied',
      evidence:
        'user is SUSPENDED since 2026-03-02T10:00:46.000Z, long after the call could still have been under way, so someone else may have done it',
    })
  })
})

describe('settlesAt', () => {
  const timeLimit = 30_000
  const lost = { atOnce: false, timedOut: 'no' } as const
  const oktaAnswered = { atOnce: true, timedOut: 'no' } as const

  it('waits for the time limit of the request, counted from when it was sent', () => {
    const times = { intended: oktaTime, sent: oktaTime + 7_000, senderGone: oktaTime }
    expect(settlesAt(times, lost, timeLimit)).toBe(oktaTime + 7_000 + timeLimit)
  })

  it('counts from the end of the process where nobody knows when it was sent: it may have waited for a disk', () => {
    const times = { intended: oktaTime, sent: null, senderGone: oktaTime + 9_000 }
    expect(settlesAt(times, lost, timeLimit)).toBe(oktaTime + 9_000 + timeLimit)
  })

  it('never counts from before the intent', () => {
    const times = { intended: oktaTime, sent: null, senderGone: oktaTime - 5_000 }
    expect(settlesAt(times, lost, timeLimit)).toBe(oktaTime + timeLimit)
  })

  it('waits somewhat longer than the time limit from the intent where the process may have ended long after', () => {
    const times = { intended: oktaTime, sent: null, senderGone: oktaTime + 3_600_000 }
    const at = settlesAt(times, lost, timeLimit)
    // To make a connection alone may take ten seconds.
    expect(at).toBeGreaterThan(oktaTime + timeLimit + 10_000)
    expect(at).toBeLessThanOrEqual(oktaTime + timeLimit + 20_000)
  })

  it('waits once more as long after a time-out: our patience is not Okta’s', () => {
    const timedOut = { atOnce: false, timedOut: 'yes' } as const
    const times = { intended: oktaTime, sent: oktaTime + 7_000, senderGone: oktaTime }
    expect(settlesAt(times, timedOut, timeLimit)).toBe(oktaTime + 7_000 + 2 * timeLimit)
  })

  it('waits no longer after a time-out that may not be written down than if it came as its process ended', () => {
    const perhaps = { atOnce: false, timedOut: 'perhaps' } as const
    const at = (livedMs: number): number =>
      settlesAt({ intended: oktaTime, sent: null, senderGone: oktaTime + livedMs }, perhaps, timeLimit)
    expect(at(timeLimit)).toBe(oktaTime + 2 * timeLimit)
    expect(at(timeLimit + 8_000)).toBe(oktaTime + 8_000 + 2 * timeLimit)
    const longGone = at(3_600_000)
    expect(longGone).toBeGreaterThan(oktaTime + 2 * timeLimit + 10_000)
    expect(longGone).toBeLessThanOrEqual(oktaTime + 2 * timeLimit + 20_000)
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(15_000), (livedMs, leavesAfterMs) => {
        const left = Math.min(leavesAfterMs, livedMs)
        const hasTimedOut = livedMs >= left + timeLimit
        expect(at(livedMs)).toBeGreaterThanOrEqual(oktaTime + left + timeLimit * (hasTimedOut ? 2 : 1))
      }),
    )
  })

  it('does not wait where Okta itself answered', () => {
    for (const sent of [null, oktaTime + 7_000])
      expect(
        settlesAt({ intended: oktaTime, sent, senderGone: oktaTime + 9_000 }, oktaAnswered, timeLimit),
      ).toBeLessThanOrEqual(oktaTime)
  })
})

describe('settle', () => {
  it('always says what its verdict rests on, and never sends a reactivate again by itself', () => {
    const when = fc.constantFrom(null, long, now)
    fc.assert(
      fc.property(
        fc.constantFrom(...actionNames),
        fc.option(fc.constantFrom(...userStatuses)),
        when,
        fc.constantFrom(...userStatuses),
        when,
        fc.array(fc.integer({ min: oktaTime - 5, max: oktaTime + 5 })),
        (action, before, changedBefore, after, changedAfter, factorTimes) => {
          const observation = { user: seen(after, changedAfter), factorTimes }
          const found = settle(action, attempt(before, changedBefore), observation)
          expect(found.evidence.length).toBeGreaterThan(10)
          if (action === 'reactivate') expect(found.kind).toBe('unknown')
          else if (found.kind === 'unknown')
            expect(found.evidence).toMatch(
              /the second of the attempt|enrolled at the time of the attempt|and a newer one/,
            )
        },
      ),
    )
  })
})
