import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HoldLost } from '../../src/files/hold/hold.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import type { Answer } from '../../src/okta/answer.ts'
import { runFileName } from '../../src/run/run-file.ts'
import { withDirectory } from '../journal/support.ts'
import { answerOf, errorText, noAnswer, strangersAnswer } from '../okta/answers.ts'
import {
  executionOf,
  hurry,
  ImpatientSwitch,
  partsOf,
  plentyHeaders,
  serviceAppAnswer,
  userAnswer,
} from './execution-of.ts'
import { plainJob } from './plain-run.ts'

function usersOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${index + 1}@example.com`)
}

function numberOf(key: string): number {
  return Number(/\d+/.exec(key)?.[0])
}

function refusal(): Answer {
  return answerOf(403, errorText('E0000006'), plentyHeaders())
}

describe('ten refusals in a row', () => {
  /** One call is accepted, the next ten are refused in the same moment, and all others after them. */
  async function refuseAfterOne(users: readonly string[]): ReturnType<typeof executionOf> {
    return await withDirectory(async (directory) => {
      let sends = 0
      const held: ((answer: Answer) => void)[] = []
      return await executionOf({
        directory,
        users,
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) return userAnswer(key, 'ACTIVE')
          sends++
          // The first alone opens the bucket; the next ten arrive together and are refused together.
          if (sends === 1) return answerOf(200, '{}', plentyHeaders())
          if (sends > 11) return refusal()
          return await new Promise<Answer>((resolve) => {
            held.push(resolve)
            if (held.length === 10) for (const end of held) end(refusal())
          })
        },
      })
    })
  }

  it('leave no task failed, also where they come in the same moment', async () => {
    const end = await refuseAfterOne(usersOf(150))
    expect(end.stopped?.exitCode).toBe(4)
    // The refusals that trip the stop end the attempts and not the tasks: all are taken up again on resume.
    expect(Object.fromEntries(end.state.counts)).toEqual({ succeeded: 1 })
    // Ten, those that were being sent in that moment, and the five of the probe.
    const { refused, ...others } = end.state.underWay
    expect(refused).toBeGreaterThanOrEqual(15)
    expect(refused).toBeLessThanOrEqual(15 + plainJob.pace.concurrency)
    expect(others).toEqual({ open: 0, applied: 0, not_applied: 0 })
  })

  it('stop a short input as well', async () => {
    const end = await refuseAfterOne(usersOf(30))
    expect(end.stopped?.exitCode).toBe(4)
    expect(end.state.counts.get('failed')).toBeUndefined()
  })

  it.each([12, 40])('are their users’ own where the first %i users alone are refused', async (forbidden) => {
    await withDirectory(async (directory) => {
      const applied: number[] = []
      const end = await executionOf({
        directory,
        users: usersOf(150),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) return userAnswer(key, 'ACTIVE')
          if (numberOf(key) <= forbidden) return refusal()
          applied.push(numberOf(key))
          return answerOf(200, '{}', plentyHeaders())
        },
      })
      expect(end.stopped).toBeNull()
      expect(Object.fromEntries(end.state.counts)).toEqual({ succeeded: 150 - forbidden, failed: forbidden })
      // Nobody twice, also those that the probe took before their turn.
      expect(applied.toSorted((a, b) => a - b)).toEqual(usersOf(150).map(numberOf).slice(forbidden))
    })
  })

  it('at the end of a step do not keep a probe waiting whose own read is refused', async () => {
    await withDirectory(async (directory) => {
      const steps = (['suspend', 'unsuspend'] as const).map((action) => ({
        action,
        if_failed: 'stop' as const,
      }))
      let reads = 0
      const suspended = new Set<string>()
      const end = await executionOf({
        directory,
        users: usersOf(4),
        job: { action: null, steps, order: 'step' },
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) {
            // The probe reads the one who was done, and then carries out that row's next step.
            if (suspended.has(key) && ++reads === 2) return refusal()
            return userAnswer(key, suspended.has(key) ? 'SUSPENDED' : 'ACTIVE')
          }
          if (numberOf(key) > 1) return refusal()
          suspended.add(key)
          return answerOf(200, '{}', plentyHeaders())
        },
      })
      expect(reads).toBe(2)
      expect(end.stopped).toBeNull()
      expect(Object.fromEntries(end.state.counts)).toMatchObject({ succeeded: 1, failed: 4, skipped: 3 })
    })
  })

  it('at the end of a step are the users’ own also where everybody else is named twice', async () => {
    await withDirectory(async (directory) => {
      const steps = (['suspend', 'deactivate'] as const).map((action) => ({
        action,
        if_failed: 'stop' as const,
      }))
      const within = usersOf(12)
      const outside = Array.from({ length: 11 }, (_, index) => `far${index}@example.com`)
      const applied: string[] = []
      const end = await executionOf({
        directory,
        users: [...within, ...within, ...outside],
        job: { action: null, steps, order: 'step' },
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null)
            return userAnswer(key, applied.includes(`${key} suspend`) ? 'SUSPENDED' : 'ACTIVE')
          if (outside.includes(key)) return refusal()
          applied.push(`${key} ${action}`)
          return answerOf(200, '{}', plentyHeaders())
        },
      })
      expect(end.stopped).toBeNull()
      expect(applied.toSorted()).toEqual(
        within.flatMap((key) => [`${key} deactivate`, `${key} suspend`]).toSorted(),
      )
    })
  })

  it('have failed once a probe of a later step is accepted, also where the run is stopped meanwhile', async () => {
    await withDirectory(async (directory) => {
      const steps = (['suspend', 'unsuspend'] as const).map((action) => ({
        action,
        if_failed: 'stop' as const,
      }))
      const stop = new StopSwitch()
      const sent: string[] = []
      const suspended = new Set<string>()
      const execution = async (options: { stop: StopSwitch; mayAll: boolean }) =>
        await executionOf({
          directory,
          users: usersOf(6),
          job: { action: null, steps, order: 'step' },
          stop: options.stop,
          send: async (request) => {
            const { key, action } = partsOf(request)
            if (action === null) return userAnswer(key, suspended.has(key) ? 'SUSPENDED' : 'ACTIVE')
            sent.push(`${action} ${numberOf(key)}`)
            if (numberOf(key) > 3 && !options.mayAll) return refusal()
            if (action === 'suspend') suspended.add(key)
            else suspended.delete(key)
            if (action === 'unsuspend')
              stop.turn({
                state: 'interrupted',
                exitCode: 130,
                message: 'stopped',
                advice: { kind: 'go_on' },
              })
            return answerOf(200, '{}', plentyHeaders())
          },
        })
      const first = await execution({ stop, mayAll: false })
      expect(first.stopped?.exitCode).toBe(130)
      expect(sent.filter((call) => call.startsWith('unsuspend'))).toHaveLength(1)
      const before = sent.length
      const { state } = await execution({ stop: new StopSwitch(), mayAll: true })
      // Nobody's first step comes after somebody's second one.
      expect(sent.slice(before).filter((call) => call.startsWith('suspend'))).toEqual([])
      expect(Object.fromEntries(state.counts)).toMatchObject({ succeeded: 6, failed: 3, skipped: 3 })
    })
  })

  it.each([
    { kept: 'answer', refused: 'calls' },
    { kept: 'intent', refused: 'calls' },
    { kept: 'answer', refused: 'reads' },
  ] as const)(
    'of $refused have failed where the process is killed at the $kept of a probe of a later step',
    async ({ kept, refused }) => {
      await withDirectory(async (directory) => {
        const steps = (['suspend', 'unsuspend'] as const).map((action) => ({
          action,
          if_failed: 'stop' as const,
        }))
        const sent: string[] = []
        const suspended = new Set<string>()
        const execution = async (mayAll: boolean) =>
          await executionOf({
            directory,
            users: usersOf(6),
            requestTimeoutMs: 500,
            job: { action: null, steps, order: 'step' },
            send: async (request) => {
              const { key, action } = partsOf(request)
              const isRefused = numberOf(key) > 3 && !mayAll
              if (action === null)
                return isRefused && refused === 'reads'
                  ? refusal()
                  : userAnswer(key, suspended.has(key) ? 'SUSPENDED' : 'ACTIVE')
              sent.push(`${action} ${numberOf(key)}`)
              if (isRefused) return refusal()
              if (action === 'suspend') suspended.add(key)
              else suspended.delete(key)
              return answerOf(200, '{}', plentyHeaders())
            },
          })
        await execution(false)
        // What follows the event never came to disk.
        const journal = join(directory, 'journal.ndjson')
        const lines = (await readFile(journal, 'utf8')).split('\n')
        const last = lines.findIndex(
          (line) => line.includes(`"event":"${kept}"`) && line.includes('"step":2'),
        )
        expect(last).toBeGreaterThan(0)
        await writeFile(journal, `${lines.slice(0, last + 1).join('\n')}\n`)
        const before = sent.length
        const { state, stopped } = await execution(true)
        expect(stopped).toBeNull()
        // Nobody's first step comes after somebody's second one.
        expect(sent.slice(before).filter((call) => call.startsWith('suspend'))).toEqual([])
        expect(Object.fromEntries(state.counts)).toMatchObject({ failed: 3, skipped: 3 })
      })
    },
  )

  it('of a look at a user whose call was refused keep others from leaving, if that may be one failure too many', async () => {
    await withDirectory(async (directory) => {
      const sent: number[] = []
      const end = await executionOf({
        directory,
        users: [1, 2, 3, 4].map((number) => `00u0000000000000000${number}`),
        job: {
          read_first: false,
          pace: { share: 1, concurrency: 1 },
          guards: { ...plainJob.guards, max_failures: 1 },
        },
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) return key.endsWith('2') ? refusal() : userAnswer(key, 'STAGED')
          sent.push(Number(key.at(-1)))
          return answerOf(400, errorText('E0000001'), plentyHeaders())
        },
      })
      expect(sent).toEqual([1, 2])
      expect(end.stopped?.message).toContain('2 tasks failed, and max_failures tolerates 1')
      expect(Object.fromEntries(end.state.counts)).toEqual({ failed: 2 })
    })
  })

  it('keep no probe waiting whose user turns out to be one for whom a held row waits', async () => {
    await withDirectory(async (directory) => {
      const outside = Array.from({ length: 10 }, (_, index) => `far${index}@example.com`)
      let login = 'old@example.com'
      const sent: string[] = []
      const end = await executionOf({
        directory,
        users: [...outside, 'old@example.com', ...usersOf(10), '00u0000000000000known'],
        send: async (request) => {
          const { key, action } = partsOf(request)
          const isKnown = [login, '00u0000000000000known'].includes(key)
          if (action === null && isKnown)
            return answerOf(
              200,
              JSON.stringify({ id: '00u0000000000000known', status: 'ACTIVE', profile: { login } }),
              plentyHeaders(),
            )
          if (action === null) return userAnswer(key, 'ACTIVE')
          sent.push(key)
          // The login changes once the row with the old one has been read.
          if (sent.length === 9) login = 'new@example.com'
          return outside.includes(key) ? refusal() : answerOf(200, '{}', plentyHeaders())
        },
      })
      expect(end.stopped).toBeNull()
      expect(end.state.done).toBe(22)
    })
  })

  it('are failed and no question asked where a person has said that they are the users’ own', async () => {
    await withDirectory(async (directory) => {
      const end = await executionOf({
        directory,
        users: usersOf(20),
        acceptRefusals: true,
        send: async (request) => {
          const { key, action } = partsOf(request)
          return action === null ? userAnswer(key, 'ACTIVE') : refusal()
        },
      })
      expect(end.stopped).toBeNull()
      expect(Object.fromEntries(end.state.counts)).toEqual({ failed: 20 })
    })
  })

  it('of reads end the run as well, and leave nobody failed', async () => {
    await withDirectory(async (directory) => {
      let calls = 0
      const end = await executionOf({
        directory,
        users: usersOf(150),
        send: async (request) => {
          if (partsOf(request).action !== null) calls++
          return refusal()
        },
      })
      expect(end.stopped).toMatchObject({
        exitCode: 4,
        message: expect.stringContaining('Okta refuses reading users'),
      })
      expect(end.state.done).toBe(0)
      expect(calls).toBe(0)
    })
  })
})

describe('somebody who answers in Okta’s place', () => {
  const users = usersOf(40)
  const portalPage = (): Answer => strangersAnswer(200, '<html>Please sign in</html>')

  it('ends the run once nothing of Okta’s has come for a while, and leaves nobody failed', async () => {
    hurry()
    await withDirectory(async (directory) => {
      let asked = 0
      const isSpoiled = (key: string): boolean => numberOf(key) > 5
      const end = await executionOf({
        directory,
        users,
        stop: new ImpatientSwitch(),
        owner: () => (++asked === 1 ? serviceAppAnswer() : portalPage()),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (isSpoiled(key)) return portalPage()
          return action === null ? userAnswer(key, 'ACTIVE') : answerOf(200, '{}', plentyHeaders())
        },
      })
      expect(end.stopped).toMatchObject({
        exitCode: 3,
        message: expect.stringMatching(
          /^Something else answers in Okta's place at https:\/\/org\.example\.com: the answer was 200 with HTML.*45 s/,
        ),
        advice: { kind: 'fix', fix: expect.stringContaining('proxy') },
      })
      expect(Object.fromEntries(end.state.counts)).toEqual({ succeeded: 5 })
    })
  })

  it('is a matter of the user where it is so for some', async () => {
    hurry()
    await withDirectory(async (directory) => {
      const end = await executionOf({
        directory,
        users,
        stop: new ImpatientSwitch(),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (key.includes('3')) return portalPage()
          return action === null ? userAnswer(key, 'ACTIVE') : answerOf(200, '{}', plentyHeaders())
        },
      })
      expect(end.stopped).toBeNull()
      expect(Object.fromEntries(end.state.counts)).toEqual({ succeeded: 27, failed: 13 })
    })
  })

  it('ends the run where each read of a user is answered so, though other calls reach Okta', async () => {
    hurry()
    await withDirectory(async (directory) => {
      let read = 0
      const end = await executionOf({
        directory,
        users,
        stop: new ImpatientSwitch(),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action !== null) return answerOf(200, '{}', plentyHeaders())
          return ++read > 5 ? portalPage() : userAnswer(key, 'ACTIVE')
        },
      })
      expect(end.stopped).toMatchObject({
        exitCode: 3,
        message: expect.stringMatching(
          /^Something else answers in Okta's place at .* when users are read, .*HTML/,
        ),
      })
      expect(Object.fromEntries(end.state.counts).failed ?? 0).toBe(0)
    })
  })

  it('leaves a doubt open, to be settled on resume', async () => {
    hurry()
    await withDirectory(async (directory) => {
      let portal = false
      const end = await executionOf({
        directory,
        users,
        stop: new ImpatientSwitch(),
        owner: () => (portal ? portalPage() : serviceAppAnswer()),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action !== null) portal = true
          return portal ? portalPage() : userAnswer(key, 'ACTIVE')
        },
      })
      expect(end.stopped?.exitCode).toBe(3)
      expect(Object.fromEntries(end.state.counts)).toEqual({})
      expect(end.state.underWay.open).toBeGreaterThan(0)
    })
  })
})

describe('a hold that is lost while Okta is asked', () => {
  it.each([
    ['who the owner is', '/api/v1/users/me'],
    ['whom the guards protect', '/api/v1/iam/assignees/users'],
  ])('%s: run.json stays as the successor has written it', async (_, asked) => {
    await withDirectory(async (directory) => {
      const path = join(directory, runFileName)
      let isLost = false
      const overtake = (requested: string): void => {
        if (!requested.startsWith(asked)) return
        isLost = true
        writeFileSync(path, 'the successor’s')
      }
      const ended = executionOf({
        directory,
        users: usersOf(3),
        job: { guards: { ...plainJob.guards, protect_admins: true } },
        hold: {
          get valid() {
            return !isLost
          },
          former: 'ended',
          ensure: async () => {
            if (isLost) throw new HoldLost('the run')
          },
        },
        owner: () => {
          overtake('/api/v1/users/me')
          return serviceAppAnswer()
        },
        send: async ({ path: requested }) => {
          overtake(requested)
          return answerOf(200, '{"value":[]}', plentyHeaders())
        },
      })
      await expect(ended).rejects.toThrow(HoldLost)
      expect(await readFile(path, 'utf8')).toBe('the successor’s')
    })
  })
})

describe('a user in doubt', () => {
  it('keeps nobody else waiting, however many of its rows come first', async () => {
    await withDirectory(async (directory) => {
      const ended: string[] = []
      await executionOf({
        directory,
        users: [...Array.from({ length: 60 }, () => 'ada@example.com'), 'bob@example.com'],
        // How long the doubt takes to settle: time enough for all of Bob's to be done.
        requestTimeoutMs: 700,
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) return userAnswer(key, 'PROVISIONED')
          if (key.startsWith('ada')) return noAnswer(true)
          return answerOf(200, '{}', plentyHeaders())
        },
        job: { options: { send_email: null, respond_async: false, in_doubt: 'keep' }, action: 'reactivate' },
        onResult: ({ user, result }) => ended.push(`${user} ${result}`),
      })
      expect(ended).toHaveLength(61)
      expect(ended.slice(0, 3)).toEqual([
        'bob@example.com succeeded',
        'ada@example.com in_doubt',
        'ada@example.com skipped',
      ])
    })
  })
})
