import { describe, expect, it } from 'vitest'
import { OktaPatience, oktaPatienceMs } from '../../src/lookup/patience.ts'
import { type OktaRequest, readUserRequest } from '../../src/okta/request.ts'

it('counts the silence from when the first request left that nobody answered', () => {
  let now = 0
  const patience = new OktaPatience(() => now)
  patience.asked()
  now = 30_000
  patience.asked()
  // A request that hangs has been silent for as long as it was waited for.
  expect(patience.failed()).toBe(30_000)
  now = 46_000
  expect(patience.failed()).toBe(46_000)
  patience.heard()
  // Nothing was asked since: a run that waits for its budget is not met with silence.
  now = 200_000
  patience.asked()
  now = 201_000
  expect(patience.failed()).toBe(1_000)
})

describe('reads of users without an answer', () => {
  let now = 0
  const readsOf = (count: number): readonly OktaRequest[] =>
    Array.from({ length: count }, (_, user) => readUserRequest(`user${user}`))
  const patience = (): OktaPatience => new OktaPatience(() => now)

  it('are given up once several were tried for 45 s each, or often', () => {
    const [one, two] = [patience(), patience()]
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
    const long = patience()
    for (const read of readsOf(3)) long.reads(read)
    now += 2 * oktaPatienceMs
    expect(long).toMatchObject({ severalUnread: true, severalGivenUp: false })
  })

  it('begin anew with each answer, and are a matter of single users after one that found its user', () => {
    const anew = patience()
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
    const [few, many] = [patience(), patience()]
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

it('begins with the failure where no request is known of', () => {
  let now = 5_000
  const patience = new OktaPatience(() => now)
  expect(patience.failed()).toBe(0)
  now = 7_000
  expect(patience.failed()).toBe(2_000)
  expect(patience.fresh().failed()).toBe(0)
})
