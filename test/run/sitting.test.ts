import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/okta/answer.ts'
import { answerOf, errorText, noAnswer } from '../okta/answers.ts'
import { partsOf, plentyHeaders, sittingOf, userAnswer } from './sitting-of.ts'
import { withDirectory } from './support.ts'

describe('ten refusals in a row', () => {
  it('leave no task failed, also where they come in the same moment', async () => {
    await withDirectory(async (directory) => {
      const users = Array.from({ length: 30 }, (_, i) => `user${i + 1}@example.com`)
      let sends = 0
      const held: ((answer: Answer) => void)[] = []
      const refuse = (): Answer => answerOf(403, errorText('E0000006'), plentyHeaders())
      const end = await sittingOf({
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

describe('a user in doubt', () => {
  it('keeps nobody else waiting, however many of its rows come first', async () => {
    await withDirectory(async (directory) => {
      const ended: string[] = []
      await sittingOf({
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
