import { describe, expect, it } from 'vitest'
import { runRow } from '../../src/engine/row.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import type { TaskResult } from '../../src/rules/result.ts'
import { UserOrder } from '../../src/rules/user-order.ts'
import { answerTo, intentOf, resultOf } from '../journal/support.ts'
import { noAnswer, refusalOf } from '../okta/answers.ts'
import { rowOf } from '../retry/results.ts'
import { ada, apply, type OnCall, type Stub, type StubOptions, withStub } from '../task/stub-org.ts'

async function resultsIn(stub: Stub): Promise<readonly string[]> {
  return (await stub.events()).flatMap((event) =>
    event.event === 'result' ? [`${event.step} ${event.result} ${event.reason ?? ''}`.trim()] : [],
  )
}

/** Runs rows of Ada's, one after the other, and checks what the journal and the org have seen. */
async function afterRows(
  rows: readonly (readonly [key: string, ...actions: Parameters<typeof rowOf>[2][]])[],
  options: StubOptions,
  check: (stub: Stub) => Promise<void>,
  recorded: readonly TaskResult[] = [],
): Promise<void> {
  await withStub({ stepsPerRow: 3, ...options }, async (stub) => {
    const order = new UserOrder()
    for (const [index, [key, ...actions]] of rows.entries()) {
      await runRow(stub.services, rowOf(index + 1, key, ...actions), order.enter(key), recorded, 3)
    }
    await check(stub)
  })
}

const refuse: OnCall = (user, action) =>
  action === 'suspend' ? refusalOf(400, 'E0000003') : apply(user, action)
const lose: OnCall = (user, action) => {
  if (action !== 'suspend') return apply(user, action)
  user.status = 'LOCKED_OUT'
  return noAnswer(true)
}

describe('a row', () => {
  it('carries its steps out in order, by the id, and reads once for the first', async () => {
    await afterRows([[ada.login, 'reset_factors', 'suspend', 'deactivate']], {}, async (stub) => {
      expect(await resultsIn(stub)).toEqual(['1 succeeded', '2 succeeded', '3 succeeded'])
      expect(stub.requests.filter((request) => !request.startsWith('read'))).toEqual([
        `reset_factors ${ada.id}`,
        `suspend ${ada.id}`,
        `deactivate ${ada.id}`,
      ])
      expect(stub.requests[0]).toBe(`read ${ada.login}`)
    })
  })

  it('that is due is done by Okta’s time alone: without it the run stops', async () => {
    await withStub({ timeIsTold: false }, async (stub) => {
      const order = new UserOrder()
      const { clock } = stub.services.lookup
      const due = { ...rowOf(1, ada.login, 'suspend'), due: clock.now() - 86_400_000 }
      const run = async (): Promise<void> =>
        void (await runRow(stub.services, due, order.enter(ada.login), [], 1))
      await expect(run()).rejects.toBeInstanceOf(RunStopped)
      expect(stub.time.reason?.message).toMatch(/told Okta's time .* which rows are due\.$/)
      expect(stub.requests).toEqual([])
    })
    await withStub({}, async (stub) => {
      const { clock } = stub.services.lookup
      clock.observe(new Date(clock.now()).toUTCString(), 0, 0)
      const due = { ...rowOf(1, ada.login, 'suspend'), due: clock.now() - 86_400_000 }
      await runRow(stub.services, due, new UserOrder().enter(ada.login), [], 1)
      expect(await resultsIn(stub)).toEqual(['1 succeeded'])
    })
  })

  it.each(['not_due', 'other_login'] as const)(
    'that has begun to end as %s ends so without a read, and no later row of the user repeats it',
    async (reason) => {
      await withStub({ stepsPerRow: 2 }, async (stub) => {
        const order = new UserOrder()
        const { recorder } = stub.services
        const first = { result: 'skipped', reason, message: 'left alone', okta_user_id: null } as const
        const recorded = resultOf(1, { ...first, user: ada.login, action: 'reset_factors' })
        await recorder.result(recorded)
        const rows = [
          rowOf(1, ada.login, 'reset_factors', 'suspend'),
          rowOf(2, ada.id, 'reset_factors', 'suspend'),
        ]
        for (const [index, row] of rows.entries())
          await runRow(stub.services, row, order.enter(row.user), index === 0 ? [recorded] : [], 2)
        const ends = ['1 skipped', '2 skipped'].map((end) => `${end} ${reason}`)
        expect(await resultsIn(stub)).toEqual([...ends, '1 succeeded', '2 succeeded'])
        expect(stub.requests[0]).toBe(`read ${ada.id}`)
      })
    },
  )

  it('skips what comes after a step that failed, and nothing of the user’s later rows', async () => {
    const rows = [
      [ada.login, 'reset_factors', 'suspend', 'deactivate'],
      [ada.id, 'deactivate'],
    ] as const
    await afterRows(rows, { onCall: refuse }, async (stub) => {
      expect(await resultsIn(stub)).toEqual([
        '1 succeeded',
        '2 failed',
        '3 skipped earlier_step',
        '1 succeeded',
      ])
    })
  })

  it('skips what comes after a step in doubt, the user’s later rows as well', async () => {
    const rows = [
      [ada.login, 'suspend', 'deactivate'],
      [ada.id, 'deactivate'],
    ] as const
    await afterRows(rows, { onCall: lose }, async (stub) => {
      expect(await resultsIn(stub)).toEqual(['1 in_doubt', '2 skipped in_doubt', '1 skipped in_doubt'])
      expect(stub.requests.filter((request) => request.startsWith('deactivate'))).toEqual([])
    })
  })

  it('that repeats the user’s preceding row is a duplicate, however it names the user', async () => {
    const rows = [
      [ada.login, 'suspend'],
      [ada.id, 'suspend'],
      [ada.login, 'deactivate'],
    ] as const
    await afterRows(rows, {}, async (stub) => {
      expect(await resultsIn(stub)).toEqual(['1 succeeded', '1 skipped duplicate', '1 succeeded'])
    })
  })

  it('goes on by the id that it was begun with, whoever has the login now', async () => {
    const verdict = {
      event: 'verdict',
      row: 1,
      step: 1,
      attempt: 1,
      verdict: 'not_applied',
      evidence: 'x',
    } as const
    const before = [intentOf(1, 1, { user_id: ada.id, login: ada.login }), verdict]
    await withStub({ before }, async (stub) => {
      const [begun] = stub.users
      if (begun === undefined) throw new Error('nobody')
      begun.login = 'renamed@example.com'
      stub.users.push({ ...begun, id: '00uNew00000000000009', login: ada.login })
      await runRow(stub.services, rowOf(1, ada.login, 'suspend'), new UserOrder().enter(ada.login), [], 1)
      expect(stub.requests).toEqual([`read ${ada.id}`, `suspend ${ada.id}`])
      expect(stub.users.map(({ status }) => status)).toEqual(['SUSPENDED', 'ACTIVE'])
    })
  })

  it('sends nothing for a step that has its result, and lets that decide about the later ones', async () => {
    const failed = resultOf(1, { result: 'failed', okta_user_id: ada.id, okta_login: ada.login })
    await afterRows(
      [[ada.login, 'suspend', 'deactivate']],
      {},
      async (stub) => {
        expect(await resultsIn(stub)).toEqual(['2 skipped earlier_step'])
        expect(stub.requests).toEqual([])
      },
      [failed],
    )
  })

  it('settles what is under way also where an earlier row is in doubt', async () => {
    const before = [intentOf(2, 1, { user_id: ada.id, login: ada.login, okta_time: 0 })]
    const rows = [
      [ada.login, 'suspend', 'deactivate'],
      [ada.id, 'deactivate'],
    ] as const
    await afterRows(rows, { onCall: lose, before }, async (stub) => {
      const results = await resultsIn(stub)
      expect(results.slice(0, 2)).toEqual(['1 in_doubt', '2 skipped in_doubt'])
      expect(results).toHaveLength(3)
      expect(results[2]).not.toContain('skipped')
    })
  })

  it('that repeats one in doubt is a duplicate, and the rows after it wait for the doubt all the same', async () => {
    const rows = [
      [ada.id, 'suspend'],
      [ada.login, 'suspend'],
      [ada.id, 'reset_factors'],
    ] as const
    await afterRows(rows, { onCall: lose, stepsPerRow: 1 }, async (stub) => {
      expect(await resultsIn(stub)).toEqual(['1 in_doubt', '1 skipped duplicate', '1 skipped in_doubt'])
      expect(stub.requests).not.toContain(`reset_factors ${ada.id}`)
    })
  })
})

describe('after a loss, with the user where the last row leads since that time', () => {
  const changed = '2026-03-02T10:00:02.000Z'
  const cut = { event: 'cut', okta_time: Date.parse(changed), lost_bytes: 10 } as const

  it.each([
    [
      'rows',
      [
        [ada.id, 'suspend'],
        [ada.id, 'unsuspend'],
      ],
      ['1 in_doubt', '1 in_doubt'],
    ],
    ['steps', [[ada.id, 'suspend', 'unsuspend']], ['1 in_doubt', '2 in_doubt']],
  ] as const)('what comes behind a doubt is not confirmed, as %s', async (_, rows, expected) => {
    await afterRows(rows, { before: [cut], user: { statusChanged: changed } }, async (stub) => {
      expect(await resultsIn(stub)).toEqual(expected)
      expect(stub.requests.filter((request) => !request.startsWith('read'))).toEqual([])
    })
  })

  it('the first look counts in later executions too, and what it shows proves one call alone', async () => {
    const look = {
      status: 'ACTIVE',
      status_changed: '2025-01-01T00:00:00.000Z',
      transitioning_to: null,
    } as const
    const lost = {
      user_id: ada.id,
      login: ada.login,
      status: null,
      okta_time: cut.okta_time,
      lost: true,
    } as const
    const place = { row: 1, step: 1 }
    const before = [
      cut,
      intentOf(1, 1, { ...lost, okta_time_at_least: cut.okta_time }),
      { event: 'verdict', ...place, attempt: 1, verdict: 'not_applied', evidence: 'it was not', look },
      intentOf(1, 2, { user_id: ada.id, login: ada.login }),
      answerTo(1, 2),
      { event: 'result', ...resultOf(1, { okta_user_id: ada.id, okta_login: ada.login }) },
    ] as const
    const user = { status: 'SUSPENDED', statusChanged: '2026-03-02T10:00:04.000Z' }
    await withStub({ before, user }, async (stub) => {
      const row = { ...rowOf(2, ada.id, 'unsuspend') }
      await runRow(stub.services, row, new UserOrder().enter(ada.id), [], 1)
      expect((await resultsIn(stub)).at(-1)).toBe('1 succeeded')
      expect(stub.requests).toContain(`unsuspend ${ada.id}`)
    })
    const rows = [
      [ada.id, 'unsuspend'],
      [ada.id, 'unlock'],
    ] as const
    await afterRows(
      rows,
      { before: [cut], user: { statusChanged: changed }, stepsPerRow: 1 },
      async (stub) => {
        expect(await resultsIn(stub)).toEqual(['1 succeeded', '1 in_doubt'])
      },
    )
  })
})
