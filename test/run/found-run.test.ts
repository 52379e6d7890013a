import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/okta/answer.ts'
import { Journal, JournalFailed } from '../../src/run/journal.ts'
import { chainStart } from '../../src/run/journal-line.ts'
import { Recorder } from '../../src/run/recorder.ts'
import { RunState } from '../../src/run/run-state.ts'
import { answerOf, errorText, noAnswer } from '../okta/answers.ts'
import { partsOf, plentyHeaders, sittingOf, userAnswer } from './sitting-of.ts'
import { resultOf, withDirectory } from './support.ts'

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
  it('keeps nobody else waiting, however many of its rows follow', async () => {
    await withDirectory(async (directory) => {
      const users = [...Array.from({ length: 60 }, () => 'ada@example.com'), 'bob@example.com']
      const startedAt = performance.now()
      let bobAfter = Number.POSITIVE_INFINITY
      await sittingOf({
        directory,
        users,
        requestTimeoutMs: 3_000,
        send: async (request) => {
          const { key, action } = partsOf(request)
          if (action === null) return userAnswer(key, 'PROVISIONED')
          if (key.startsWith('ada')) return noAnswer(true)
          return answerOf(200, '{}', plentyHeaders())
        },
        job: { options: { send_email: null, respond_async: false, in_doubt: 'keep' }, action: 'reactivate' },
        onResult: ({ user }) => {
          if (user.startsWith('bob')) bobAfter = performance.now() - startedAt
        },
      })
      expect(bobAfter).toBeLessThan(2_500)
    })
  })
})

describe('a journal that fails', () => {
  it('leaves no result in the state that is not on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, { soundBytes: 0, chain: chainStart, tornBytes: 0 })
      const state = new RunState(1)
      const told: number[] = []
      const recorder = new Recorder(journal, state, ({ row }) => told.push(row))
      await expect(recorder.result(resultOf(1))).rejects.toBeInstanceOf(JournalFailed)
      await expect(recorder.result(resultOf(2))).rejects.toBeInstanceOf(JournalFailed)
      await journal.close()
      expect(told).toEqual([])
      expect(state.resultPosition(1, 1)).toBeNull()
      expect(state.done).toBe(0)
    })
  })
})
