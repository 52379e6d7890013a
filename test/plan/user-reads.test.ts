import { describe, expect, it } from 'vitest'
import type { ValidRow } from '../../src/input/row.ts'
import type { FailedRead, FoundUser } from '../../src/lookup/read-user.ts'
import { UserReads } from '../../src/plan/user-reads.ts'
import { noAnswer, refusalOf } from '../okta/answers.ts'
import { ada, rowOf } from './support.ts'

function row(user: string): ValidRow {
  const made = rowOf(1, [user, 'suspend'])
  if (made.kind !== 'valid') throw new Error('A valid row was expected.')
  return made
}

function foundUser(user = ada): FoundUser {
  const status = {
    status: 'ACTIVE',
    statusChanged: null,
    transitioningToStatus: null,
    offered: [],
    directory: null,
  } as const
  return {
    kind: 'found',
    user: { ...user, ...status },
    readAt: 0,
    readMark: 0,
    httpStatus: 200,
    requestId: null,
  }
}

function failedRead(more: Partial<FailedRead>): FailedRead {
  const nothing = { httpStatus: null, errorCode: null, requestId: null, answer: noAnswer(true) }
  return { kind: 'failed', cause: 'unreadable', message: 'could not be read', ...nothing, ...more }
}

describe('a user', () => {
  it('is read once, whether its rows come together or later, by id, login or in another spelling', async () => {
    const asked: string[] = []
    const reads = new UserReads(async ({ user }) => {
      asked.push(user)
      return foundUser()
    })
    const [first, second] = await Promise.all([
      reads.of(row('ada@example.com')),
      reads.of(row('ADA@example.com')),
    ])
    expect(second).toBe(first)
    expect(await reads.of(row(ada.id))).toBe(first)
    expect(await reads.of(row('Ada@Example.com'))).toBe(first)
    expect(asked).toEqual(['ada@example.com'])
    // The short name may be another user's as well: Okta must say.
    await reads.of(row('ada'))
    expect(asked).toEqual(['ada@example.com', 'ada'])
  })

  it('is told from another whose id differs in letter case alone', async () => {
    const reads = new UserReads(async ({ user }) => foundUser({ id: user, login: `${user}@example.com` }))
    const users = [
      '00uaaaaaaaaaaaaaaaaa',
      '00uAaaaaaaaaaaaaaaaa',
      '0ouaaaaaaaaaaaaaaaaa',
      '0ouAaaaaaaaaaaaaaaaa',
    ]
    const found = await Promise.all(users.map((user) => reads.of(row(user))))
    expect(found.map((read) => (read.kind === 'found' ? read.user.id : null))).toEqual(users)
  })
})

describe('a read that failed', () => {
  it.each<[string, Partial<FailedRead>, boolean]>([
    ['there is no such user', { cause: 'not_found', httpStatus: 404, errorCode: 'E0000007' }, false],
    ['Okta refuses', { cause: 'no_permission', httpStatus: 403, errorCode: 'E0000006' }, false],
    ['a server has failed', { httpStatus: 500, errorCode: 'E0000009' }, true],
    ['something in between answered', { httpStatus: 403 }, true],
    ['a time limit has passed', { httpStatus: 408, errorCode: 'E0000009' }, true],
    ['nothing answered', {}, true],
  ])('is passing or not: %s', async (_, failure, passing) => {
    const reads = new UserReads(async () => failedRead(failure))
    expect(await reads.of(row('ada'))).toEqual({ kind: 'failed', message: 'could not be read', passing })
  })

  it('is thrown to all who wait where the plan stops', async () => {
    const reads = new UserReads(async () => {
      throw new Error('stopped')
    })
    const both = await Promise.allSettled([reads.of(row('ada')), reads.of(row('ada'))])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})

describe('reads that are all refused', () => {
  const refused = failedRead({ cause: 'no_permission', answer: refusalOf(403, 'E0000006') })
  const users = Array.from({ length: 12 }, (_, index) => `user${index}@example.com`)

  async function readAll(reads: UserReads, count: number): Promise<void> {
    for (const user of users.slice(0, count)) await reads.of(row(user))
  }

  it('are the token’s matter from ten on, with both causes named', async () => {
    const reads = new UserReads(async () => refused)
    await readAll(reads, 9)
    expect(reads.refusedAlone()).toBeNull()
    await readAll(reads, 12)
    expect(reads.refusedAlone()).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(
        /2 more.*E0000006.*no permission for this.*no permission for any of these users/,
      ),
    })
  })

  it('are their users’ own once one user was shown, also before or after them', async () => {
    for (const shown of [users[0], users[11]]) {
      const reads = new UserReads(async ({ user }) => (user === shown ? foundUser() : refused))
      await readAll(reads, 12)
      expect(reads.refusedAlone()).toBeNull()
    }
  })
})
