import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { usedWithinMs } from '../../src/budget/ledger.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import { type Answer, withdrawn } from '../../src/okta/answer.ts'
import { leavesWithinMs } from '../../src/rules/doubt.ts'
import { nobodyProtected } from '../../src/rules/guards.ts'
import { ActivationLinks } from '../../src/run/activation-links.ts'
import type { Services } from '../../src/task/services.ts'
import { runTask } from '../../src/task/task.ts'
import { deferred } from '../budget/pacing.ts'
import { plainJob } from '../engine/plain-run.ts'
import { answerTo, doubtOf, intentOf, resultOf, withDirectory } from '../journal/support.ts'
import { answerOf, noAnswer, refusalOf } from '../okta/answers.ts'
import { ada, apply, type OnCall, type Stub, type StubOptions, taskOf, withStub } from './stub-org.ts'

const now = 1_772_445_600_000
const open = intentOf(1, 1, {
  user_id: ada.id,
  login: ada.login,
  okta_time: now,
  okta_time_at_least: now,
  status_changed: '2025-01-01T00:00:00.000Z',
})

/** What a look at the user has found of the attempt. */
const notApplied = {
  event: 'verdict',
  row: 1,
  step: 1,
  attempt: 1,
  verdict: 'not_applied',
  evidence: 'x',
} as const

/** The names of what the journal holds after its first line. */
async function namesIn(stub: Stub): Promise<readonly string[]> {
  return (await stub.events()).slice(1).map(({ event }) => event)
}

/** Gives what is listed to the calls in turn, and applies all that come later. */
function first(...calls: readonly OnCall[]): OnCall {
  let next = 0
  return (user, action) => (calls[next++] ?? apply)(user, action)
}

async function endOf(
  options: StubOptions,
  check: (stub: Stub, ended: Awaited<ReturnType<typeof runTask>>['result']) => Promise<void>,
  more: Parameters<typeof taskOf>[0] = {},
): Promise<void> {
  await withStub(options, async (stub) => {
    // Waits of this process go by the monotonic clock.
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
    try {
      await check(stub, (await runTask(stub.services, taskOf(more), null)).result)
    } finally {
      spy.mockRestore()
    }
  })
}

describe('a task that nothing stands against', () => {
  it.each([
    { named: 'its own second', date: now, atMost: now + 999 },
    { named: "the clock, without a Date of Okta's", date: undefined, atMost: now + 1_699 },
    { named: 'what the clock excludes, after a long way back', date: now - 5_000, atMost: now + 700 },
  ])("was applied at the latest by its answer's time: $named", async ({ date, atMost }) => {
    const stubs: Stub[] = []
    const onCall: OnCall = (user, action) => {
      for (const { time } of stubs) time.now = 700
      return { ...apply(user, action), date } as Answer
    }
    await withStub({ onCall }, async (stub) => {
      stubs.push(stub)
      // One answer shows Okta's time to the second.
      stub.parts.clock.observe(new Date(now).toUTCString(), 0, 0)
      await runTask(stub.services, taskOf(), null)
      const answer = (await stub.events()).find(({ event }) => event === 'answer')
      expect(answer).toMatchObject({ okta_time_at_most: atMost })
    })
  })

  it('is read, sent once and ended; its intent is on disk before the call, its answer before anything else (T1, T2)', async () => {
    const seen: (readonly string[])[] = []
    let stub: Stub | null = null
    const look = async (): Promise<void> => {
      if (stub !== null) seen.push(await namesIn(stub))
    }
    const onCall: OnCall = async (user, action) => {
      await look()
      return apply(user, action)
    }
    await withStub({ onCall }, async (lent) => {
      stub = lent
      const { result } = await runTask(lent.services, taskOf(), null)
      expect(result).toMatchObject({
        result: 'succeeded',
        message: 'user was ACTIVE, is now SUSPENDED',
        status_before: 'ACTIVE',
        status_after: 'SUSPENDED',
        attempts: 1,
        okta_user_id: ada.id,
      })
      expect(seen).toEqual([['intent']])
      expect(await namesIn(lent)).toEqual(['intent', 'answer'])
      expect(lent.requests).toEqual([`read ${ada.id}`, `suspend ${ada.id}`])
    })
  })

  it('has its answer on disk before the user is read again', async () => {
    let stub: Stub | null = null
    let atRead: Promise<readonly string[]> | null = null
    const onRead = (user: { status: string }): null => {
      if (stub !== null && user.status === 'PROVISIONED') atRead = namesIn(stub)
      return null
    }
    await withStub({ onRead }, async (lent) => {
      stub = lent
      for (const user of lent.users) user.status = 'STAGED'
      await runTask(lent.services, taskOf({ action: 'activate' }), null)
      expect(await atRead).toEqual(['intent', 'answer'])
    })
  })

  it('is not sent where the user is there already, or where the table says no', async () => {
    await endOf(
      { onRead: () => answerOf(200, JSON.stringify({ id: ada.id, status: 'SUSPENDED' })) },
      async (stub, result) => {
        expect(result).toMatchObject({ result: 'unchanged', attempts: 0 })
        expect(stub.requests).toEqual([`read ${ada.id}`])
      },
    )
    await endOf({}, async (_, result) => expect(result).toMatchObject({ result: 'failed', attempts: 0 }), {
      action: 'reactivate',
    })
  })

  it('is skipped where a guard objects, and no call leaves', async () => {
    const protect = { ids: new Map([[ada.id, ada.login]]), entries: [] }
    await endOf({ services: { protect } }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'skipped', reason: 'protected' })
      expect(stub.requests).toEqual([`read ${ada.id}`])
    })
    await endOf({ job: { read_first: false }, services: { owner: ada } }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'skipped', reason: 'token_owner' })
      expect(stub.requests).toEqual([])
    })
  })

  it('fails where there is no such user', async () => {
    await endOf({}, async (_, result) => expect(result?.message).toContain('was not found'), {
      target: 'nobody',
    })
  })

  it('waits for its answer to be on disk before it asks anything more (T2)', async () => {
    await withStub({}, async (stub) => {
      for (const user of stub.users) user.status = 'STAGED'
      const { recorder } = stub.services
      const answered = deferred<void>()
      const written = deferred<void>()
      const record = recorder.record.bind(recorder)
      vi.spyOn(recorder, 'record').mockImplementation(async (event) => {
        await record(event)
        if (event.event !== 'answer') return
        answered.resolve()
        await written.promise
      })
      const running = runTask(stub.services, taskOf({ action: 'activate' }), null)
      await answered.promise
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
      expect(stub.requests.at(-1)).toBe(`activate ${ada.id}`)
      written.resolve()
      expect((await running).result?.result).toBe('succeeded')
      expect(stub.requests.at(-1)).toBe(`read ${ada.id}`)
    })
  })

  it.each([
    ['before its intent is written', 0, []],
    ['while its intent is written', 1, ['intent']],
  ])('is not sent where the hold is lost %s', async (_, checksPassed, written) => {
    let checks = 0
    const hold = {
      valid: false,
      ensure: async (): Promise<void> => {
        if (checks++ >= checksPassed) throw new Error('lost')
      },
    }
    await withStub({ services: { hold } }, async (stub) => {
      await expect(runTask(stub.services, taskOf(), null)).rejects.toThrow('lost')
      expect(stub.requests).toEqual([`read ${ada.id}`])
      expect(await namesIn(stub)).toEqual(written)
    })
  })
})

describe('a call that is certainly not applied', () => {
  it('is sent again, after what its cause asks for', async () => {
    const onCall = first(
      () => refusalOf(503, 'E0000010'),
      () => noAnswer(false),
      () => refusalOf(403, 'E0000112'),
    )
    await endOf({ onCall }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'succeeded', attempts: 4 })
      expect(stub.time.waits).toEqual([250, 500, 500])
      expect(stub.services.lookup.tally.retries).toEqual({ server_error: 1, connection: 1, in_transition: 1 })
    })
  })

  it('stops the run where Okta turns calls away time after time, and leaves the task without a result (T4)', async () => {
    await withStub({ onCall: () => refusalOf(503, 'E0000010') }, async (stub) => {
      await expect(runTask(stub.services, taskOf(), null)).rejects.toBeInstanceOf(RunStopped)
      expect(stub.time.reason?.exitCode).toBe(exitCodes.stoppedByGuard)
    })
  })
})

describe('a call that Okta refuses', () => {
  it('because of the status is settled by one more read', async () => {
    const onCall: OnCall = (user) => {
      user.status = 'SUSPENDED'
      return refusalOf(400, 'E0000001')
    }
    await endOf({ onCall }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'unchanged', error_code: 'E0000001', attempts: 1 })
      expect(await namesIn(stub)).toEqual(['intent', 'answer'])
    })
  })

  it('as the token may be is held until that is decided, and its answer is on disk meanwhile', async () => {
    let stub: Stub | null = null
    let whileHeld: readonly string[] = []
    const sends: NonNullable<StubOptions['services']>['sends'] = {
      pass: async (_row, call) => await call(() => true),
      allowed: () => {},
      refused: async () => {
        if (stub !== null) whileHeld = await namesIn(stub)
      },
    }
    await withStub({ onCall: () => refusalOf(403, 'E0000006'), services: { sends } }, async (lent) => {
      stub = lent
      const { result } = await runTask(lent.services, taskOf(), null)
      expect(result).toMatchObject({ result: 'failed', error_code: 'E0000006' })
      expect(whileHeld).toEqual(['intent', 'answer'])
    })
  })

  it('because of the status is held where the token may be why the read after it is refused too', async () => {
    let reads = 0
    const onRead = () => (++reads > 1 ? refusalOf(403, 'E0000006') : null)
    const options = { onCall: () => refusalOf(400, 'E0000001'), onRead }
    await endOf(options, async (stub, result) => {
      expect(result).toMatchObject({
        result: 'failed',
        message: expect.stringContaining('could not be read'),
      })
      expect(stub.refusals).toHaveLength(1)
    })
    reads = 0
    const gate: NonNullable<StubOptions['services']>['reads'] = {
      pass: async (_row, call) => await call(() => true),
      allowed: () => {},
      refused: async () => {
        throw new RunStopped()
      },
    }
    await withStub({ ...options, services: { reads: gate } }, async (stub) => {
      await expect(runTask(stub.services, taskOf(), null)).rejects.toBeInstanceOf(RunStopped)
      expect(await namesIn(stub)).toEqual(['intent', 'answer'])
    })
  })

  it('with 401 stops the run and leaves the task without a result (T4)', async () => {
    await withStub({ onCall: () => refusalOf(401, 'E0000011') }, async (stub) => {
      await expect(runTask(stub.services, taskOf(), null)).rejects.toBeInstanceOf(RunStopped)
      expect(stub.time.reason?.exitCode).toBe(exitCodes.refusedByOkta)
    })
  })

  it('for any other reason has failed', async () => {
    await endOf({ onCall: () => refusalOf(400, 'E0000003') }, async (_, result) => {
      expect(result).toMatchObject({ result: 'failed', error_code: 'E0000003', status_after: 'ACTIVE' })
    })
  })
})

describe('a call of which nobody knows', () => {
  const lost: OnCall = () => noAnswer(true)
  const lostAfter: OnCall = (user, action) => {
    apply(user, action)
    return noAnswer(true)
  }

  it.each([true, false])(
    'of an unlock is sent again where the user was ACTIVE, and a refusal is no proof that it was not applied (read first: %s)',
    async (read_first) => {
      const calls = first(lost, () => refusalOf(403, 'E0000032'))
      await endOf(
        { onCall: calls, job: { read_first }, user: { status: 'ACTIVE' } },
        async (stub, result) => {
          expect(result).toMatchObject({ result: 'succeeded', attempts: 2 })
          expect(result?.message).toMatch(
            /^confirmed, because user is ACTIVE already; .*E0000032.*; an earlier call, whose answer was lost, may have done it$/,
          )
          expect(stub.requests.filter((request) => request.startsWith('unlock'))).toHaveLength(2)
        },
        { action: 'unlock' },
      )
    },
  )

  it('of an unlock that never left does not make one of an ACTIVE user who is refused', async () => {
    const calls = first(
      () => noAnswer(false),
      () => refusalOf(403, 'E0000032'),
    )
    await endOf(
      { onCall: calls, user: { status: 'ACTIVE' } },
      async (_, result) => expect(result).toMatchObject({ result: 'unchanged' }),
      { action: 'unlock' },
    )
  })

  it('is not confirmed by what an earlier call of ours has done to a user whom nobody read', async () => {
    const place = { row: 2, step: 1 }
    const before = [
      intentOf(2, 1, { user_id: ada.id, okta_time: now, okta_time_at_least: now }),
      { ...answerTo(2), okta_time: now, okta_time_at_most: now },
      { event: 'result', ...resultOf(2, { action: 'unsuspend', okta_user_id: ada.id }) } as const,
    ]
    const user = { status: 'ACTIVE', statusChanged: new Date(now).toISOString() } as const
    await endOf(
      { before, onCall: first(lost), job: { read_first: false }, user },
      async (stub, result) => {
        expect(result).toMatchObject({ result: 'in_doubt', ...place, row: 1 })
        expect(stub.requests.filter((request) => request.startsWith('unsuspend'))).toHaveLength(1)
      },
      { action: 'unsuspend' },
    )
  })

  it('is not confirmed by what Okta may have done in the background for an earlier call', async () => {
    const ended = (row: number, action: string) =>
      [
        intentOf(row, 1, { user_id: ada.id, okta_time: now, okta_time_at_least: now }),
        { ...answerTo(row), okta_time: now, okta_time_at_most: now },
        { event: 'result', ...resultOf(row, { action, okta_user_id: ada.id }) } as const,
      ] as const
    const user = { status: 'PROVISIONED', statusChanged: new Date(now).toISOString() } as const
    for (const [earlier, expected] of [
      ['activate', 'in_doubt'],
      ['suspend', 'succeeded'],
    ] as const) {
      const before = [...ended(2, earlier), ...ended(3, 'deactivate')]
      await endOf(
        { before, onCall: first(lost), job: { read_first: false }, user },
        async (_, result) => expect(result?.result).toBe(expected),
        { action: 'unsuspend' },
      )
    }
  })

  it.each([
    { status: 'ACTIVE', result: 'unchanged', message: 'ACTIVE' },
    { status: 'RECOVERY', result: 'failed', message: 'user is RECOVERY; unsuspend needs SUSPENDED' },
    { status: 'PASSWORD_EXPIRED', result: 'failed', message: 'PASSWORD_EXPIRED; unsuspend needs SUSPENDED' },
  ] as const)(
    'for a user whom nobody read, and who was $status all along, is $result as without it',
    async ({ status, result: expected, message }) => {
      await endOf(
        { onCall: first(lost), job: { read_first: false }, user: { status } },
        async (stub, result) => {
          expect(result).toMatchObject({ result: expected, message: expect.stringContaining(message) })
          expect(stub.requests.filter((request) => request.startsWith('unsuspend'))).toHaveLength(1)
        },
        { action: 'unsuspend' },
      )
    },
  )

  it('is confirmed where the user is at the target', async () => {
    await endOf({ onCall: first(lostAfter) }, async (stub, result) => {
      expect(result).toMatchObject({
        result: 'succeeded',
        attempts: 1,
        message: expect.stringMatching(/^confirmed/),
      })
      expect(await namesIn(stub)).toEqual(['intent', 'in_doubt', 'verdict'])
      expect(stub.time.now).toBe(30_000)
    })
  })

  it('is sent again where nothing changed, and not before it can no longer be under way (T1)', async () => {
    await endOf({ onCall: first(lost) }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2 })
      // And the first wait after a failure, so that many who failed together don't come back together.
      expect(stub.time.now).toBe(30_250)
    })
  })

  it('of an earlier process is waited for as long where no answer has shown Okta’s time, whatever this machine’s clock says', async () => {
    // An hour ago by it.
    const hourAgo = now - 3_600_000
    const before = [intentOf(1, 1, { user_id: ada.id, okta_time: hourAgo, okta_time_at_least: hourAgo })]
    await endOf({ before, timeIsTold: false }, async (stub) => {
      expect(stub.time.now).toBeGreaterThanOrEqual(30_000)
    })
  })

  it.each([
    ['long ago', -3_600_000],
    ['long ahead', 3_600_000],
  ])(
    'of an earlier process that did not know Okta’s time, and says %s, may be under way for its time limit',
    async (_, off) => {
      const day = 86_400_000
      const before = [
        intentOf(1, 1, { user_id: ada.id, okta_time: now + off, okta_time_at_least: now + off - day }),
      ]
      await endOf({ before }, async (stub) => expect(stub.time.now).toBe(30_000))
    },
  )

  it('of an earlier process that knew Okta’s time to a minute is waited for from the latest it can have been', async () => {
    // A minute is between the earliest and the latest, which is when this process begins.
    const before = [
      intentOf(1, 1, { user_id: ada.id, okta_time: now - 30_000, okta_time_at_least: now - 60_000 }),
    ]
    await endOf({ before }, async (stub) => expect(stub.time.now).toBeGreaterThanOrEqual(30_000))
  })

  it('of an earlier process had left before this one began, also if it names a later time', async () => {
    const ahead = now + 3_600_000
    const before = [intentOf(1, 1, { user_id: ada.id, okta_time: ahead, okta_time_at_least: ahead })]
    await endOf({ before }, async (stub) => {
      expect(stub.time.now).toBeGreaterThanOrEqual(30_000)
      expect(stub.time.now).toBeLessThan(32_000)
    })
  })

  it('is not settled by times in Okta where no answer has shown Okta’s time', async () => {
    const untold = (): StubOptions => ({ onCall: first(lost), timeIsTold: false })
    const recently = new Date(now - 60_000).toISOString()
    const factors = { user: { factors: [recently] } }
    await endOf(
      { ...untold(), ...factors },
      async (_, result) => {
        expect(result).toMatchObject({
          result: 'in_doubt',
          attempts: 1,
          message: expect.stringContaining('not known'),
        })
      },
      { action: 'reset_factors' },
    )
    const suspended = { user: { status: 'SUSPENDED', statusChanged: recently }, job: { read_first: false } }
    await endOf({ ...untold(), ...suspended }, async (_, result) => {
      expect(result).toMatchObject({
        result: 'in_doubt',
        attempts: 1,
        message: expect.stringContaining('not known'),
      })
    })
    // A status that was read before the call needs no times.
    await endOf(untold(), async (_, result) =>
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2 }),
    )
  })

  it('is waited for twice as long after a time-out', async () => {
    const timedOut: OnCall = () => ({ ...noAnswer(true), code: 'TIMEOUT' })
    await endOf({ onCall: first(timedOut) }, async (stub) => expect(stub.time.now).toBe(60_250))
  })

  it('is looked into at once where Okta itself answered', async () => {
    await endOf({ onCall: first(() => refusalOf(500, 'E0000009')) }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2 })
      expect(stub.time.now).toBe(250)
    })
  })

  describe('of many tasks in a row', () => {
    const failing: OnCall = () => refusalOf(500, 'E0000009')
    const others = (unheard: Services['unheard'], count: number): void => {
      for (let row = 2; row < 2 + count; row++) unheard.failed({ row, step: 1 })
    }

    it('stops the run instead of failing one after the other (T4)', async () => {
      await withStub({ onCall: failing }, async (stub) => {
        others(stub.services.unheard, 9)
        await expect(runTask(stub.services, taskOf(), null)).rejects.toBeInstanceOf(RunStopped)
        expect(stub.time.reason).toMatchObject({
          exitCode: exitCodes.stoppedByGuard,
          message: expect.stringMatching(
            /^No lifecycle call was carried out any more: those of 10 tasks in a row/,
          ),
        })
      })
    })

    it('fails its own task where it was tried as often before: a run that can end ends', async () => {
      const before = Array.from({ length: 10 }, (_, index) => [
        intentOf(1, index + 1, { user_id: ada.id }),
        { event: 'not_applied', row: 1, step: 1, attempt: index + 1, why: '500' } as const,
      ]).flat()
      await withStub({ onCall: failing, before }, async (stub) => {
        others(stub.services.unheard, 9)
        const { result } = await runTask(stub.services, taskOf(), null)
        expect(result).toMatchObject({ result: 'failed', attempts: 20 })
      })
    })

    it('leaves those in doubt of which nothing tells what became of them', async () => {
      await withStub({ onCall: failing, user: { status: 'PROVISIONED' } }, async (stub) => {
        others(stub.services.unheard, 9)
        const { result } = await runTask(stub.services, taskOf({ action: 'reactivate' }), null)
        expect(result?.result).toBe('in_doubt')
      })
    })

    it('fails its own task where they are few', async () => {
      await endOf({ onCall: failing }, async (stub, result) => {
        expect(result).toMatchObject({ result: 'failed', attempts: 10 })
        expect(stub.services.unheard.count).toBe(1)
      })
      await withStub({ onCall: failing }, async (stub) => {
        others(stub.services.unheard, 8)
        const { result } = await runTask(stub.services, taskOf(), null)
        expect(result).toMatchObject({ result: 'failed', attempts: 10 })
      })
    })

    it.each<[string, OnCall]>([
      ['carries out', apply],
      ['refuses', () => refusalOf(403, 'E0000001')],
      ['carries out without an answer', lostAfter],
    ])('is no matter of all of them where Okta %s one in between', async (_, onCall) => {
      await withStub({ onCall }, async (stub) => {
        others(stub.services.unheard, 9)
        await runTask(stub.services, taskOf(), null)
        expect(stub.services.unheard.count).toBe(0)
      })
    })
  })

  it('stays in doubt where somebody else acted, and is not sent again', async () => {
    const foreign: OnCall = (user) => {
      user.status = 'LOCKED_OUT'
      return noAnswer(true)
    }
    await endOf({ onCall: first(foreign) }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'in_doubt', attempts: 1, status_after: 'LOCKED_OUT' })
      expect(stub.requests.filter((request) => request.startsWith('suspend'))).toHaveLength(1)
    })
  })

  it('stays in doubt where the user can’t be looked at', async () => {
    let reads = 0
    const onRead = () => (++reads > 1 ? refusalOf(403, 'E0000006') : null)
    await endOf({ onCall: first(lost), onRead }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'in_doubt', okta_user_id: ada.id })
      // It is held like others, but no part of a streak of refusals.
      expect(stub.refusals).toEqual([])
    })
  })

  it('says that its link is lost also where the look at its user is refused', async () => {
    await withDirectory(async (directory) => {
      const links = await ActivationLinks.open(join(directory, 'links.csv'), named('r@'))
      const before = [open, doubtOf(1, 1)]
      const check = async (_: Stub, result: object | null): Promise<void> =>
        expect(result).toMatchObject({
          result: 'in_doubt',
          message: expect.stringContaining('if there was one, is lost'),
        })
      const onRead = () => refusalOf(403, 'E0000006')
      await endOf({ before, onRead, services: { links } }, check, { action: 'activate', sendEmail: false })
      await links.close()
    })
  })

  it('is not confirmed late where two losses hide it and the user was at the target before them', async () => {
    const lost = { ...open, status: null, status_changed: null, lost: true } as const
    const cut = { event: 'cut', okta_time: now, lost_bytes: 0 } as const
    const before = [cut, lost, notApplied, cut]
    await endOf({ before, user: { status: 'SUSPENDED' } }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'unchanged', attempts: 2 })
      expect(stub.requests).not.toContain(`suspend ${ada.id}`)
    })
  })

  it('is not confirmed late where an earlier row has led the user to the target since it was looked up', async () => {
    const lost = { ...open, row: 2, status: null, status_changed: null, lost: true } as const
    const before = [
      { event: 'cut', okta_time: now, lost_bytes: 0 },
      lost,
      { ...notApplied, row: 2 },
      open,
      answerTo(1),
      { event: 'result', ...resultOf(1, { okta_user_id: ada.id, okta_login: ada.login }) },
    ] as const
    const user = { status: 'SUSPENDED', statusChanged: '2026-03-02T10:00:00.000Z' }
    await endOf({ before, user }, async (_, result) => expect(result?.result).toBe('unchanged'), { row: 2 })
  })

  it('is not sent again in a lost part where the row could not be read, though the user can be by now', async () => {
    const known = {
      kind: 'failed',
      cause: 'no_permission',
      message: 'could not be read',
      answer: refusalOf(403, 'E0000006'),
      httpStatus: 403,
      errorCode: 'E0000006',
      requestId: null,
    } as const
    const before = [{ event: 'cut', okta_time: now, lost_bytes: 0 }] as const
    await withStub({ before }, async (stub) => {
      const { result } = await runTask(stub.services, taskOf({ target: ada.login, known: null }), known)
      expect(result).toMatchObject({ result: 'failed', message: 'could not be read' })
      expect(stub.refusals).toHaveLength(1)
      expect(stub.requests).not.toContain(`suspend ${ada.login}`)
    })
  })

  it('stays in doubt where a later call is refused and the user can’t be read after it', async () => {
    let refused = false
    const late: OnCall = (user, action) => {
      apply(user, action)
      refused = true
      return refusalOf(400, 'E0000001')
    }
    const onRead = () => (refused ? refusalOf(403, 'E0000006') : null)
    await endOf({ onCall: first(lost, late), onRead }, async (_, result) => {
      expect(result).toMatchObject({ result: 'in_doubt', attempts: 2 })
    })
  })

  it('was applied late where a later call is refused and the user is at the target: never unchanged', async () => {
    const late: OnCall = (user, action) => {
      apply(user, action)
      return refusalOf(400, 'E0000001')
    }
    await endOf({ onCall: first(lost, late) }, async (_, result) => {
      expect(result).toMatchObject({
        result: 'succeeded',
        attempts: 2,
        message: expect.stringMatching(/confirmed late/),
      })
    })
  })

  it('is settled by the factors where it resets them, and those enrolled since are not wiped', async () => {
    const enrolled = '2026-03-02T10:00:20.000Z'
    const onCall: OnCall = (user) => {
      user.factors = [enrolled]
      return noAnswer(true)
    }
    await endOf(
      { onCall: first(onCall) },
      async (stub, result) => {
        expect(result).toMatchObject({ result: 'succeeded', attempts: 1 })
        expect(stub.users[0]?.factors).toEqual([enrolled])
        expect(stub.requests.at(-1)).toBe(`factors ${ada.id}`)
      },
      { action: 'reset_factors' },
    )
  })

  it.each([
    ['certainly not applied', { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' }],
    ['refused', answerTo(1, 1, { outcome: 'refused', http_status: 403 })],
    ['not applied, by a look', notApplied],
  ] as const)(
    'that may follow one that was %s, in a lost part of the journal, is not sent again unseen',
    async (_, known) => {
      const cut = { event: 'cut', okta_time: now + 1_000, lost_bytes: 10 } as const
      const before = [{ ...open, status: null, status_changed: null }, known, cut]
      await endOf(
        { before },
        async (stub, result) => {
          expect(result).toMatchObject({ result: 'in_doubt', attempts: 2 })
          expect(stub.requests).not.toContain(`reactivate ${ada.id}`)
        },
        { action: 'reactivate' },
      )
    },
  )

  it('that may have been repeated in a lost part of the journal is not repeated, though the job allows it', async () => {
    const cut = { event: 'cut', okta_time: now + 1_000, lost_bytes: 10 } as const
    const options = { ...plainJob.options, in_doubt: 'retry' } as const
    const user = { status: 'PROVISIONED' }
    await endOf(
      { before: [cut], job: { options }, user },
      async (stub, result) => {
        expect(result).toMatchObject({ result: 'in_doubt', attempts: 1 })
        expect(stub.requests).not.toContain(`reactivate ${ada.id}`)
      },
      { action: 'reactivate' },
    )
  })

  it('does not leave once its intent is so old that others may settle it, and is begun anew', async () => {
    await withStub({}, async (stub) => {
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
      const { recorder } = stub.services
      const record = recorder.record.bind(recorder)
      vi.spyOn(recorder, 'record').mockImplementationOnce(async (event) => {
        await record(event)
        stub.time.now += leavesWithinMs
      })
      const { result } = await runTask(stub.services, taskOf(), null)
      spy.mockRestore()
      expect(result).toMatchObject({ result: 'succeeded', attempts: 1 })
      expect(stub.requests.filter((request) => request.startsWith('suspend'))).toHaveLength(1)
      expect(await namesIn(stub)).toEqual(['intent', 'not_applied', 'intent', 'answer'])
    })
  })

  it('is not even begun once its permit is too old, because the hold had to be waited for', async () => {
    await withStub({}, async (stub) => {
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
      let isValid = false
      const hold = {
        ...stub.services.hold,
        get valid() {
          return isValid
        },
        ensure: async () => {
          stub.time.now += usedWithinMs
          isValid = true
        },
      }
      const { result } = await runTask({ ...stub.services, hold }, taskOf(), null)
      spy.mockRestore()
      expect(result).toMatchObject({ result: 'succeeded', attempts: 1 })
      expect(await namesIn(stub)).toEqual(['intent', 'answer'])
    })
  })

  it('does not leave once its permit is too old, however new its intent is', async () => {
    await withStub({}, async (stub) => {
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
      let isValid = false
      const hold = {
        ...stub.services.hold,
        get valid() {
          return isValid
        },
        ensure: async () => {
          stub.time.now += usedWithinMs - leavesWithinMs + 1
          isValid = true
        },
      }
      const { recorder } = stub.services
      const record = recorder.record.bind(recorder)
      vi.spyOn(recorder, 'record').mockImplementationOnce(async (event) => {
        await record(event)
        stub.time.now += leavesWithinMs - 1
      })
      const { result } = await runTask({ ...stub.services, hold }, taskOf(), null)
      spy.mockRestore()
      expect(result).toMatchObject({ result: 'succeeded', attempts: 1 })
      expect(stub.requests.filter((request) => request.startsWith('suspend'))).toHaveLength(1)
      expect(await namesIn(stub)).toEqual(['intent', 'not_applied', 'intent', 'answer'])
    })
  })

  it('that never leaves in time stops the run, and says why', async () => {
    await withStub({}, async (stub) => {
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
      const { recorder } = stub.services
      const record = recorder.record.bind(recorder)
      vi.spyOn(recorder, 'record').mockImplementation(async (event) => {
        await record(event)
        stub.time.now += leavesWithinMs
      })
      await expect(runTask(stub.services, taskOf(), null)).rejects.toBeInstanceOf(RunStopped)
      spy.mockRestore()
      expect(stub.time.reason).toMatchObject({
        exitCode: exitCodes.stoppedByGuard,
        message: expect.stringMatching(/^Nothing can be sent\. 10 times in a row/),
      })
      expect(stub.requests.filter((request) => request.startsWith('suspend'))).toEqual([])
    })
  })

  it('whose connection took too long is sent again after a wait, as after other failures of the network', async () => {
    await withStub({ onCall: first(() => ({ ...noAnswer(false), code: withdrawn })) }, async (stub) => {
      const { result } = await runTask(stub.services, taskOf(), null)
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2 })
      expect(stub.time.waits.length).toBeGreaterThan(0)
    })
  })

  it('that is held back while its connection opens waits for nothing but its turn, and is no retry', async () => {
    // Asked before its intent, after it, and once the connection is open.
    let asked = 0
    const sends: NonNullable<StubOptions['services']>['sends'] = {
      pass: async (_row, call) => await call(() => ++asked !== 3),
      allowed: () => {},
      refused: async () => {},
    }
    await withStub({ services: { sends } }, async (stub) => {
      const { lookup } = stub.services
      const send: typeof lookup.send = async (request, mayLeave) =>
        mayLeave?.() === false ? { ...noAnswer(false), code: withdrawn } : await lookup.send(request)
      const services = { ...stub.services, lookup: { ...lookup, send } }
      const { result } = await runTask(services, taskOf(), null)
      // What was held back is no HTTP request.
      expect(result).toMatchObject({ result: 'succeeded', attempts: 1 })
      expect(stub.time.waits).toEqual([])
      expect(await namesIn(stub)).toEqual(['intent', 'not_applied', 'intent', 'answer'])
      expect(lookup.tally.retries).toEqual({})
    })
  })

  it('does not leave once the run has stopped while its connection opened', async () => {
    await withStub({}, async (stub) => {
      const { lookup } = stub.services
      const reason = {
        state: 'interrupted',
        exitCode: 130,
        message: 'Stopped.',
        advice: { kind: 'go_on' },
      } as const
      const send: typeof lookup.send = async (request, mayLeave) => {
        if (request.path.includes('/lifecycle/')) lookup.stop.turn(reason)
        return mayLeave?.() === false ? { ...noAnswer(false), code: withdrawn } : await lookup.send(request)
      }
      const services = { ...stub.services, lookup: { ...lookup, send } }
      await expect(runTask(services, taskOf(), null)).rejects.toThrow(RunStopped)
      expect(stub.requests.filter((request) => request.startsWith('suspend'))).toEqual([])
    })
  })

  it('that would send a mail is not sent again within five minutes of its intent', async () => {
    await withStub({ onCall: first(lost) }, async (stub) => {
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
      for (const user of stub.users) user.status = 'STAGED'
      const { clock } = stub.services.lookup
      clock.observe(new Date(clock.now()).toUTCString(), 0, 0)
      const { result } = await runTask(stub.services, taskOf({ action: 'activate' }), null)
      spy.mockRestore()
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2 })
      expect(stub.time.now).toBeGreaterThanOrEqual(300_250)
      expect(stub.time.now).toBeLessThan(302_000)
      // It is looked at once more after the pause.
      expect(stub.requests).toEqual([
        `read ${ada.id}`,
        `activate ${ada.id}`,
        `read ${ada.id}`,
        `read ${ada.id}`,
        `activate ${ada.id}`,
        `read ${ada.id}`,
      ])
    })
  })

  it('that would send a mail is not sent again where no answer tells how long ago that was', async () => {
    await withStub({ onCall: first(lost), timeIsTold: false }, async (stub) => {
      for (const user of stub.users) user.status = 'STAGED'
      await expect(runTask(stub.services, taskOf({ action: 'activate' }), null)).rejects.toBeInstanceOf(
        RunStopped,
      )
      expect(stub.time.reason?.message).toContain('a Date header that can be read')
      expect(stub.requests.filter((request) => request.startsWith('activate'))).toHaveLength(1)
    })
  })

  it.each([
    ['keep', 1],
    ['retry', 3],
  ] as const)(
    'and that nothing can settle is in doubt in the end: in_doubt: %s sends it %i times',
    async (in_doubt, sent) => {
      const options = { send_email: null, respond_async: false, in_doubt }
      await withStub({ onCall: lost, job: { options } }, async (stub) => {
        const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
        for (const user of stub.users) user.status = 'PROVISIONED'
        const { result } = await runTask(stub.services, taskOf({ action: 'reactivate' }), null)
        spy.mockRestore()
        expect(result).toMatchObject({ result: 'in_doubt', attempts: sent })
        expect(stub.requests.filter((request) => request.startsWith('reactivate'))).toHaveLength(sent)
      })
    },
  )
})

describe('a task that an earlier execution began', () => {
  it('is never sent again where Okta had accepted it (T3)', async () => {
    await endOf({ before: [open, answerTo(1)] }, async (stub, result) => {
      expect(result).toMatchObject({
        result: 'succeeded',
        attempts: 1,
        http_status: 200,
        okta_request_id: 'req-1',
      })
      expect(stub.requests).toEqual([])
    })
  })

  it('is settled first where its call has no known end, by the id and after its time', async () => {
    const doubt = doubtOf(1, 1, { timed_out: true, sent_okta_time: now })
    await endOf({ before: [open, doubt] }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2, started_at: open.started_at })
      expect(stub.requests).toEqual([`read ${ada.id}`, `suspend ${ada.id}`])
      expect(stub.time.now).toBe(60_000)
    })
  })

  it('is waited for twice as long where the process that sent it may live on', async () => {
    const services = { senderMayLive: true }
    // A second more, because that is how exactly one answer tells the time.
    await endOf({ before: [open], services }, async (stub) => expect(stub.time.now).toBe(60_999))
  })

  it.each([
    ['its time limit where its process did not live as long', 20_000, 15_000 + 30_000],
    [
      'the time limit more where its process may have waited in vain, unable to write it down',
      31_000,
      61_000,
    ],
  ])('is waited for %s', async (_, livedMs, waitedMs) => {
    const services = { begunAt: () => open.okta_time + livedMs }
    await endOf({ before: [open], services }, async (stub) => {
      expect(stub.time.now).toBeGreaterThanOrEqual(waitedMs)
      expect(stub.time.now).toBeLessThan(waitedMs + 1_000)
    })
  })

  it('is read again where Okta had refused it', async () => {
    await endOf({ before: [open, answerTo(1, 1, { outcome: 'refused' })] }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'succeeded', attempts: 2 })
      expect(stub.requests[0]).toBe(`read ${ada.id}`)
    })
  })

  it('keeps what it knew of doubts and repetitions', async () => {
    const onRead = () => answerOf(200, JSON.stringify({ id: ada.id, status: 'SUSPENDED' }))
    await endOf({ before: [open, notApplied], onRead }, async (_, result) => {
      expect(result).toMatchObject({ result: 'succeeded', message: expect.stringMatching(/confirmed late/) })
    })
  })

  it('was not applied late where this run has led the user there since it took over the attempt', async () => {
    const statusChanged = new Date(now + 5_000).toISOString()
    const onRead = () => answerOf(200, JSON.stringify({ id: ada.id, status: 'SUSPENDED', statusChanged }))
    const carried = { ...open, origin: { run: 'r@before', row: 4, step: 1 } }
    const accepted = { ...answerTo(2), okta_time: now + 5_000 }
    const ended = { finished_at: statusChanged, action: 'suspend', okta_user_id: ada.id }
    const ofOther = [
      intentOf(2, 1, { user_id: ada.id }),
      accepted,
      { event: 'result', ...resultOf(2, ended) },
    ] as const
    const endedAs = async (intent: typeof open, result: string): Promise<void> =>
      await endOf({ before: [intent, notApplied, ...ofOther], onRead }, async (_, found) =>
        expect(found).toMatchObject({ result, message: expect.stringContaining('SUSPENDED') }),
      )
    await endedAs(carried, 'unchanged')
    // A call of this run itself may have been under way when the other one was done.
    await endedAs(open, 'succeeded')
  })

  it.each([
    [60_000, /^confirmed late: an earlier attempt was applied after all, user is SUSPENDED$/],
    [
      600_000,
      /^confirmed late: user is SUSPENDED since .*, long after the call could still have been under way/,
    ],
  ])('was applied late, and tells an undo since when: %i ms later', async (ms, message) => {
    const statusChanged = new Date(now + ms).toISOString()
    const doubt = doubtOf(1, 1, { timed_out: true, sent_okta_time: now })
    const onRead = () => answerOf(200, JSON.stringify({ id: ada.id, status: 'SUSPENDED', statusChanged }))
    await endOf({ before: [open, doubt, notApplied], onRead }, async (stub, result) => {
      expect(result).toMatchObject({ result: 'succeeded', message: expect.stringMatching(message) })
      const last = (await stub.events()).at(-1)
      expect(last).toMatchObject({ event: 'verdict', verdict: 'applied', status_changed: statusChanged })
    })
  })

  it.each([
    ['has only other statuses', { only_status: ['ACTIVE'] as const }],
    ['protects the user', {}],
  ])('was done whatever the job allows now: it %s', async (what, more) => {
    const onRead = () => answerOf(200, JSON.stringify({ id: ada.id, status: 'SUSPENDED' }))
    const guards = { ...plainJob.guards, ...more }
    const ids = new Map([[ada.id, ada.login]])
    const services = what.startsWith('protects') ? { protect: { ...nobodyProtected, ids } } : {}
    await endOf({ before: [open, notApplied], onRead, job: { guards }, services }, async (_, result) => {
      expect(result).toMatchObject({ result: 'succeeded', message: expect.stringMatching(/confirmed late/) })
    })
  })

  it('that was on the way to its target and fell back did not hold, and is not sent again', async () => {
    let reads = 0
    const onRead = () => {
      const transitioningToStatus = ++reads === 1 ? 'SUSPENDED' : null
      return answerOf(200, JSON.stringify({ id: ada.id, status: 'ACTIVE', transitioningToStatus }))
    }
    await endOf({ before: [open], onRead }, async (stub, result) => {
      expect(result).toMatchObject({
        result: 'failed',
        verified: 'not_held',
        message: 'confirmed, because user was on the way to SUSPENDED, but it did not hold: user is ACTIVE',
      })
      expect(stub.requests.filter((request) => request.startsWith('suspend'))).toEqual([])
    })
  })

  const linkOwner = { user: ada.login, action: 'reactivate', okta_user_id: ada.id, okta_login: ada.login }

  it.each([
    ['this run', undefined],
    ['another run, which a retry took it over from', { run: 'older@then', row: 9, step: 1 }],
  ])('is confirmed by a link of %s that reached its file, and nothing is asked', async (_, origin) => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'links.csv')
      const earlier = await ActivationLinks.open(path, named(origin?.run ?? 'r@'))
      await earlier.save({ row: origin?.row ?? 1, step: 1, ...linkOwner }, { url: null, token: 't' })
      await earlier.close()
      const links = await ActivationLinks.open(path, named('r@'))
      const intent = origin === undefined ? open : { ...open, origin }
      await endOf(
        { before: [intent], services: { links } },
        async (stub, result) => {
          expect(result).toMatchObject({
            result: 'succeeded',
            message: expect.stringContaining('activation link reached'),
          })
          expect(result).not.toHaveProperty('activation_link')
          expect(stub.requests).toEqual([])
          expect(stub.time.now).toBe(0)
        },
        { action: 'reactivate' },
      )
      await links.close()
    })
  })

  const isLost = /its activation link is lost: reactivate makes a new one$/
  const mayBeElsewhere =
    /is not in .*links\.csv: if that file was moved or replaced since the run began, look for it there first/

  it.each<[number, string[], RegExp]>([
    [1, [], isLost],
    [2, ['links.csv'], isLost],
    [2, [], mayBeElsewhere],
    // A file beside is begun only where the file itself is moved or replaced.
    [2, ['links.r.csv'], mayBeElsewhere],
    [2, ['links.csv', 'links.r.csv'], mayBeElsewhere],
  ])(
    'of execution %i whose link is not in the file, with others in %j',
    async (executions, others, words) => {
      await withDirectory(async (directory) => {
        for (const [index, name] of others.entries()) {
          const file = await ActivationLinks.open(join(directory, name), named('r@'))
          await file.save({ row: 8 + index, step: 1, ...linkOwner }, { url: null, token: 't' })
          await file.close()
        }
        const links = await ActivationLinks.open(join(directory, 'links.csv'), named('r@'))
        const execution = { event: 'execution', at: '2026-03-02T10:00:00.000Z' } as const
        const before = [...Array.from({ length: executions }, () => execution), open, answerTo(1, 1)]
        const check = async (_: Stub, result: { message: string } | null): Promise<void> => {
          expect(result).toMatchObject({
            result: 'succeeded',
            activation_link: 'lost',
            message: expect.stringMatching(words),
          })
        }
        await endOf({ before, services: { links } }, check, { action: 'reactivate' })
        await links.close()
      })
    },
  )

  it('is settled and not sent where only that is asked', async () => {
    const services = { settleOnly: true }
    await endOf({ before: [open], services }, async (stub, result) => {
      expect(result).toBeNull()
      expect(stub.requests).toEqual([`read ${ada.id}`])
      expect((await namesIn(stub)).at(-1)).toBe('verdict')
    })
    await endOf({ services }, async (stub, result) => {
      expect([result, stub.requests]).toEqual([null, []])
    })
  })
})

/** The run that an identity names. */
function named(identity: string): { run_id: string; created_at: string } {
  const [id = '', at = ''] = identity.split('@')
  return { run_id: id, created_at: at }
}
