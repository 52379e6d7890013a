import { describe, expect, it, vi } from 'vitest'
import type { Job } from '../../src/job/job.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import { runTask } from '../../src/task/task.ts'
import { answerTo, intentOf } from '../journal/support.ts'
import { answerOf, refusalOf } from '../okta/answers.ts'
import { ada, apply, type OnCall, type Stub, type StubOptions, taskOf, withStub } from './stub-org.ts'

const all: Pick<Job, 'verify'> = { verify: { actions: 'all', for_seconds: 60 } }
const since = '2026-03-02T10:00:05.000Z'

async function endOf(
  options: StubOptions,
  task: Parameters<typeof taskOf>[0],
  check: (stub: Stub, ended: Awaited<ReturnType<typeof runTask>>['result']) => void | Promise<void>,
): Promise<void> {
  await withStub(options, async (stub) => {
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => stub.time.now)
    try {
      await check(stub, (await runTask(stub.services, taskOf(task), null)).result)
    } finally {
      spy.mockRestore()
    }
  })
}

/** Applies a call, after which somebody brings the user back at once. */
const notHeld: OnCall = (user, action) => {
  const answer = apply(user, action)
  user.status = 'ACTIVE'
  return answer
}

/** Begins a transition that `onRead` may end. */
const inBackground: OnCall = (user) => {
  user.transitioningToStatus = 'DEPROVISIONED'
  return answerOf(200, '')
}

describe('a deactivation', () => {
  it('is read once more before it has its result, and says that it was', async () => {
    await endOf({}, { action: 'deactivate' }, (stub, ended) => {
      expect(ended).toMatchObject({
        result: 'succeeded',
        message: 'user was ACTIVE, is now DEPROVISIONED (verified)',
        status_after: 'DEPROVISIONED',
      })
      expect(stub.requests).toEqual([`read ${ada.id}`, `deactivate ${ada.id}`, `read ${ada.id}`])
    })
  })

  it('that does not hold has failed with both facts, after a second look, and is not sent again', async () => {
    await endOf({ onCall: notHeld }, { action: 'deactivate' }, (stub, ended) => {
      expect(ended).toMatchObject({
        result: 'failed',
        message: `user was ACTIVE, Okta accepted deactivate, but it did not hold: user is ACTIVE since ${since}`,
        status_before: 'ACTIVE',
        status_after: 'ACTIVE',
        http_status: 200,
        attempts: 1,
      })
      expect(stub.requests.slice(1)).toEqual([`deactivate ${ada.id}`, `read ${ada.id}`, `read ${ada.id}`])
      expect(stub.time.waits.filter((wait) => wait > 0)).toEqual([2_000])
    })
  })

  it('that shows itself only at the second look has succeeded', async () => {
    let reads = 0
    const onRead = () => {
      const shown = ++reads === 2 ? 'ACTIVE' : null
      return shown === null
        ? null
        : answerOf(200, JSON.stringify({ id: ada.id, status: shown, profile: { login: ada.login } }))
    }
    await endOf({ onRead }, { action: 'deactivate' }, (_, ended) => {
      expect(ended).toMatchObject({ result: 'succeeded', status_after: 'DEPROVISIONED' })
    })
  })

  it('in the background is followed to its end', async () => {
    let reads = 0
    const onRead: NonNullable<StubOptions['onRead']> = (user) => {
      if (++reads < 5) return null
      delete user.transitioningToStatus
      user.status = 'DEPROVISIONED'
      return null
    }
    await endOf({ onCall: inBackground, onRead }, { action: 'deactivate' }, (_, ended) => {
      expect(ended).toMatchObject({
        result: 'succeeded',
        message: expect.stringMatching(/is now DEPROVISIONED \(verified\)/),
      })
    })
  })

  it('still in transition at the bound has succeeded, with the status as seen', async () => {
    const job = { verify: { actions: 'deactivate', for_seconds: 20 } } as const
    await endOf({ job, onCall: inBackground }, { action: 'deactivate' }, (stub, ended) => {
      expect(ended).toMatchObject({
        result: 'succeeded',
        message:
          'user was ACTIVE, Okta accepted deactivate; user is ACTIVE, still in transition to DEPROVISIONED',
        status_after: 'ACTIVE',
      })
      expect(stub.time.now).toBe(20_000)
    })
  })

  it('on its way to somewhere else at the bound has failed', async () => {
    const onCall: OnCall = (user) => {
      user.transitioningToStatus = 'PROVISIONED'
      return answerOf(200, '')
    }
    await endOf({ onCall }, { action: 'deactivate' }, (_, ended) => {
      expect(ended).toMatchObject({
        result: 'failed',
        message: expect.stringMatching(/did not hold.*in transition to PROVISIONED/),
      })
    })
  })

  it('that nobody can look at has succeeded and says that it was not verified', async () => {
    const onRead: StubOptions['onRead'] = ({ status }) =>
      status === 'DEPROVISIONED' ? refusalOf(403, 'E0000006') : null
    await endOf({ onRead }, { action: 'deactivate' }, (_, ended) => {
      expect(ended).toMatchObject({
        result: 'succeeded',
        message: expect.stringMatching(/not verified: user .* could not be read/),
      })
      expect(ended?.status_after).toBe(null)
    })
  })

  it('stopped before it was verified has no result, and its answer is on disk', async () => {
    let lent: Stub | null = null
    const onRead: StubOptions['onRead'] = ({ transitioningToStatus }) => {
      if (transitioningToStatus === undefined) return null
      lent?.time.turn({ state: 'interrupted', exitCode: 130, message: 'SIGINT', advice: { kind: 'go_on' } })
      return null
    }
    await withStub({ onCall: inBackground, onRead }, async (stub) => {
      lent = stub
      const ending = runTask(stub.services, taskOf({ action: 'deactivate' }), null)
      await expect(ending).rejects.toBeInstanceOf(RunStopped)
      expect((await stub.events()).slice(1).map(({ event }) => event)).toEqual(['intent', 'answer'])
    })
  })

  it('of an earlier execution is verified without being sent again', async () => {
    const before = [intentOf(1, 1, { user_id: ada.id, login: ada.login }), answerTo(1)]
    await endOf({ before }, { action: 'deactivate' }, (stub, ended) => {
      // The stub's Ada was never deactivated: the answer says so, the user does not.
      expect(ended).toMatchObject({
        result: 'failed',
        message: expect.stringMatching(/Okta accepted deactivate, but it did not hold/),
      })
      expect(stub.requests).toEqual([`read ${ada.id}`, `read ${ada.id}`])
    })
  })

  it('is not verified where the job says so, nor where a later step leads elsewhere', async () => {
    for (const [job, later] of [
      [{ verify: { actions: 'none', for_seconds: 60 } }, []],
      [{}, ['activate']],
    ] as const) {
      await endOf({ job, onCall: notHeld }, { action: 'deactivate', later }, (stub, ended) => {
        expect(ended?.result).toBe('succeeded')
        expect(stub.requests).toEqual([`read ${ada.id}`, `deactivate ${ada.id}`])
      })
    }
  })
})

describe('with verify: true', () => {
  it('a suspension is verified as well; without it, it is not', async () => {
    await endOf({ job: all, onCall: notHeld }, { action: 'suspend' }, (_, ended) => {
      expect(ended).toMatchObject({ result: 'failed', message: expect.stringMatching(/did not hold/) })
    })
    await endOf({ onCall: notHeld }, { action: 'suspend' }, (_, ended) => {
      expect(ended?.result).toBe('succeeded')
    })
  })

  it('a factor reset is verified by the factors that are left', async () => {
    await endOf({ job: all }, { action: 'reset_factors' }, (stub, ended) => {
      expect(ended?.message).toBe('the factors were reset: no factor is enrolled (verified)')
      expect(stub.requests.at(-1)).toBe(`factors ${ada.id}`)
    })
    const onCall: OnCall = (user) => {
      user.factors = ['2025-01-01T00:00:00.000Z']
      return answerOf(200)
    }
    await endOf({ job: all, onCall }, { action: 'reset_factors' }, (_, ended) => {
      expect(ended).toMatchObject({
        result: 'failed',
        message:
          'Okta accepted reset_factors, but it did not hold: 1 factor from before the call is still enrolled',
      })
    })
  })

  it('factors are not looked at where the budget of lifecycle calls is short', async () => {
    await withStub({ job: all }, async (stub) => {
      vi.spyOn(stub.parts.pacer, 'hasSpare').mockReturnValue(false)
      const { result } = await runTask(stub.services, taskOf({ action: 'reset_factors' }), null)
      expect(result).toMatchObject({
        result: 'succeeded',
        message: expect.stringMatching(/the factors were reset; not verified/),
      })
      expect(stub.requests).not.toContain(`factors ${ada.id}`)
    })
  })

  it('a reactivate has nothing to look at', async () => {
    const onCall: OnCall = () => answerOf(200)
    await withStub({ job: { ...all, read_first: false }, onCall }, async (stub) => {
      const { result } = await runTask(stub.services, taskOf({ action: 'reactivate' }), null)
      expect(result?.result).toBe('succeeded')
      expect(stub.requests).toEqual([`reactivate ${ada.id}`])
    })
  })
})
