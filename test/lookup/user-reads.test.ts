import { describe, expect, it } from 'vitest'
import { oktaPatienceMs } from '../../src/lookup/patience.ts'
import { UserReads } from '../../src/lookup/user-reads.ts'
import { type OktaRequest, readUserRequest } from '../../src/okta/request.ts'

describe('reads of users without an answer', () => {
  let now = 0
  const readsOf = (count: number): readonly OktaRequest[] =>
    Array.from({ length: count }, (_, user) => readUserRequest(`user${user}`))
  const userReads = (): UserReads => new UserReads(() => now, oktaPatienceMs)

  it('are given up once several were tried for 45 s each, or often', () => {
    const [one, two] = [userReads(), userReads()]
    for (const read of readsOf(3)) {
      one.reads(read)
      // The same user again and again is still one.
      one.unread(read, false)
      one.unread(read, false)
      expect(two.severalUnread).toBe(false)
      two.unread(read, true)
    }
    expect(one).toMatchObject({ severalUnread: true, severalGivenUp: false })
    expect(two).toMatchObject({ severalUnread: true, severalGivenUp: true })
    now += oktaPatienceMs
    expect(one.severalGivenUp).toBe(true)
  })

  it('are not given up before a try of each has failed', () => {
    const long = userReads()
    for (const read of readsOf(3)) long.reads(read)
    now += 2 * oktaPatienceMs
    expect(long).toMatchObject({ severalUnread: true, severalGivenUp: false })
  })

  it('begin anew with each answer, and are a matter of single users after one that found its user', () => {
    const anew = userReads()
    for (const read of readsOf(3)) anew.unread(read, true)
    anew.readAnswered(null)
    expect(anew).toMatchObject({ severalUnread: false, severalGivenUp: false })
    for (const read of readsOf(3)) anew.unread(read, true)
    expect(anew.severalGivenUp).toBe(true)
    anew.readAnswered(readUserRequest('found'))
    for (const read of readsOf(3)) anew.unread(read, true)
    expect(anew).toMatchObject({ severalUnread: false, severalGivenUp: false })
  })

  it('have the time once more after the owner could be read, and must be of many users then', () => {
    const [few, many] = [userReads(), userReads()]
    for (const read of readsOf(9)) few.unread(read, true)
    for (const read of readsOf(10)) many.unread(read, true)
    for (const both of [few, many]) {
      expect(both.severalGivenUp).toBe(true)
      both.ownerRead()
      expect(both.severalGivenUp).toBe(false)
    }
    now += oktaPatienceMs - 1
    expect(many).toMatchObject({ severalUnread: true, severalGivenUp: false })
    now += 1
    many.ownerRead()
    expect(many.severalGivenUp).toBe(true)
    expect(few).toMatchObject({ severalUnread: false, severalGivenUp: false })
  })
})
