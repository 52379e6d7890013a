import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/okta/answer.ts'
import { withDirectory } from '../journal/support.ts'
import { answerOf, errorText, noAnswer, strangersAnswer } from '../okta/answers.ts'
import { executionOf, ImpatientSwitch, partsOf, plentyHeaders, userAnswer } from './execution-of.ts'

describe('ten refusals in a row', () => {
  it('leave no task failed, also where they come in the same moment', async () => {
    await withDirectory(async (directory) => {
      const users = Array.from({ length: 30 }, (_, i) => `user${i + 1}@example.com`)
      let sends = 0
      const held: ((answer: Answer) => void)[] = []
      const refuse = (): Answer => answerOf(403, errorText('E0000006'), plentyHeaders())
      const end = await executionOf({
        directory,
        users,
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) return userAnswer(key, 'ACTIVE')
          sends++
          // The first alone opens the bucket; the next ten arrive together and are refused together.
          if (sends === 1) return answerOf(200, '{}', plentyHeaders())
          if (sends > 11) return refuse()
          return await new Promise<Answer>((resolve) => {
            held.push(resolve)
            if (held.length === 10) for (const end of held) end(refuse())
          })
        },
      })
      expect(end.stopped?.exitCode).toBe(4)
      // The refusals that trip the stop end the attempts and not the tasks: all are taken up again on resume.
      expect(Object.fromEntries([...end.state.counts].filter(([, count]) => count > 0))).toEqual({
        succeeded: 1,
      })
    })
  })
})

describe('somebody who answers in Okta’s place', () => {
  const users = Array.from({ length: 40 }, (_, i) => `user${i + 1}@example.com`)

  async function executionWith(isSpoiled: (key: string) => boolean): ReturnType<typeof executionOf> {
    return await withDirectory(async (directory) => {
      return await executionOf({
        directory,
        users,
        stop: new ImpatientSwitch(),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (isSpoiled(key)) return strangersAnswer(200, '<html>Please sign in</html>')
          return action === null ? userAnswer(key, 'ACTIVE') : answerOf(200, '{}', plentyHeaders())
        },
      })
    })
  }

  function counted(counts: ReadonlyMap<string, number>): Record<string, number> {
    return Object.fromEntries([...counts].filter(([, count]) => count > 0))
  }

  it('ends the run once it is so for many users in a row, and leaves none of them failed', async () => {
    const end = await executionWith((key) => Number(/\d+/.exec(key)?.[0]) > 5)
    expect(end.stopped).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/not Okta: the answer was 200 with HTML.*resume/),
    })
    expect(counted(end.state.counts)).toEqual({ succeeded: 5 })
  })

  it('is a matter of the user where it is so for some', async () => {
    const end = await executionWith((key) => key.includes('3'))
    expect(end.stopped).toBeNull()
    expect(counted(end.state.counts)).toEqual({ succeeded: 27, failed: 13 })
  })

  it('leaves a doubt open, to be settled on resume', async () => {
    await withDirectory(async (directory) => {
      let portal = false
      const end = await executionOf({
        directory,
        users,
        stop: new ImpatientSwitch(),
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action !== null) portal = true
          if (portal) return strangersAnswer(200, '<html>Please sign in</html>')
          return userAnswer(key, 'ACTIVE')
        },
      })
      expect(end.stopped?.exitCode).toBe(3)
      expect(counted(end.state.counts)).toEqual({})
      const open = users.filter((_, at) => (end.state.progressOf(at + 1, 1)?.open ?? null) !== null)
      expect(open.length).toBeGreaterThan(0)
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
