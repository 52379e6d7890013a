import { describe, expect, it, vi } from 'vitest'
import { maxSetbacks } from '../../src/lookup/backoff.ts'
import { OktaPatience } from '../../src/lookup/patience.ts'
import { readTokenOwner } from '../../src/lookup/read-owner.ts'
import { readSettledUser } from '../../src/lookup/read-settled-user.ts'
import { readFactorTimes, readUser, readUserById } from '../../src/lookup/read-user.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { RunStopped, type StopReason } from '../../src/messages/stop.ts'
import type { Answer, Answered } from '../../src/okta/answer.ts'
import { readUserRequest } from '../../src/okta/request.ts'
import { answerOf, noAnswer, refusalOf, strangersAnswer } from '../okta/answers.ts'
import { type LookupOf, lookupOf } from './lookup-of.ts'

const id = '00uAda00000000000001'
const me = '/api/v1/users/me'

function userAnswer(more: object = {}): Answered {
  const profile = { login: 'ada@example.com' }
  return answerOf(200, JSON.stringify({ id, status: 'ACTIVE', statusChanged: null, profile, ...more }))
}

/** Gives the answers in turn, the last one again and again. */
function inTurn(...answers: readonly Answer[]): () => Answer {
  let next = 0
  return () => answers[Math.min(next++, answers.length - 1)] ?? noAnswer(false)
}

/** Why something stopped the run. */
async function reasonOf({ time }: LookupOf, work: Promise<unknown>): Promise<StopReason> {
  await expect(work).rejects.toBeInstanceOf(RunStopped)
  if (time.reason === null) throw new Error('The switch is not turned.')
  return time.reason
}

describe('the patience with Okta', () => {
  it('counts silence from the first failure after Okta was last heard, not from the last answer', () => {
    let now = 0
    const patience = new OktaPatience(() => now)
    now = 60_000
    expect(patience.failed()).toBe(0)
    now = 70_000
    expect(patience.failed()).toBe(10_000)
    patience.heard()
    now = 100_000
    expect(patience.failed()).toBe(0)
    expect(patience.answers).toBe(1)
  })
})

describe('a read', () => {
  it('is tried again after passing failures, and marked as a repetition', async () => {
    const headers: unknown[] = []
    const answers = inTurn(refusalOf(500, 'E0000009'), noAnswer(true), userAnswer())
    const lookup = lookupOf((request) => {
      headers.push(request.headers)
      return answers()
    })
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'found', user: { id, status: 'ACTIVE' } })
    expect(lookup.time.waits).toEqual([250, 500])
    expect(lookup.parts.tally.retries).toEqual({ server_error: 1, connection: 1 })
    expect(headers[0]).toEqual({})
    expect(headers[2]).toMatchObject({ 'x-okta-retry-for': 'req-1' })
  })

  it.each<[Answer, string]>([
    [refusalOf(404, 'E0000007'), 'not_found'],
    [refusalOf(403, 'E0000006'), 'no_permission'],
    [refusalOf(400, 'E0000001'), 'refused'],
  ])('that Okta refuses is not tried again: %#', async (answer, cause) => {
    const lookup = lookupOf(() => answer)
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'failed', cause, answer })
    expect(lookup.asked).toHaveLength(1)
  })

  it('is given up where Okta itself fails it again and again', async () => {
    const lookup = lookupOf(() => refusalOf(500, 'E0000009'))
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'failed', cause: 'unreadable' })
    expect(lookup.asked).toHaveLength(maxSetbacks)
    expect(lookup.time.reason).toBeNull()
  })

  it('by an id takes no answer about another user, or about none', async () => {
    const other = userAnswer({ id: '00uBob00000000000002' })
    const some = lookupOf(inTurn(other, answerOf(200, '[]'), userAnswer()))
    expect(await readUser(some.parts, id)).toMatchObject({ kind: 'found', user: { id } })
    expect(some.asked).toHaveLength(3)
    const always = lookupOf(() => other)
    expect(await readUserById(always.parts, id)).toMatchObject({
      kind: 'failed',
      cause: 'unreadable',
      message: `user ${id} could not be read: the answer was about another user ("00uBob00000000000002")`,
    })
    expect(always.asked).toHaveLength(maxSetbacks)
    // Whose login it is, only Okta knows.
    const byLogin = lookupOf(() => other)
    expect(await readUser(byLogin.parts, 'bob@example.com')).toMatchObject({ kind: 'found' })
    // Without reads, a call went to the login itself.
    expect(await readUserById(byLogin.parts, 'bob@example.com')).toMatchObject({ kind: 'found' })
  })

  it('stops the run at once where Okta refuses the credentials', async () => {
    const lookup = lookupOf(() => refusalOf(401, 'E0000011'))
    const reason = await reasonOf(lookup, readUser(lookup.parts, id))
    expect(reason.exitCode).toBe(exitCodes.refusedByOkta)
  })

  it.each<[Answer, RegExp]>([
    [noAnswer(false), /^Okta can't be reached at https:\/\/example\.okta\.com: .*45 s/],
    [
      strangersAnswer(502, '<html>'),
      /^Something else answers in Okta's place at https:\/\/example\.okta\.com: .*45 s/,
    ],
  ])('stops the run after 45 s without any answer of Okta’s, and not before: %#', async (answer, message) => {
    const lookup = lookupOf(() => answer)
    const reason = await reasonOf(lookup, readUser(lookup.parts, id))
    expect(reason).toMatchObject({
      exitCode: exitCodes.stoppedByGuard,
      message: expect.stringMatching(message),
    })
    expect(lookup.time.now).toBeGreaterThanOrEqual(45_000)
    expect(lookup.time.now).toBeLessThan(60_000)
    // Before it does, it asks whether Okta is there at all.
    expect(lookup.asked.at(-1)).toBe(me)
  })

  it('does not take a filter that takes offence at one login for an outage', async () => {
    const lookup = lookupOf(({ path }) => (path === me ? userAnswer() : strangersAnswer(403, '<html>')))
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'failed', cause: 'unreadable' })
    expect(lookup.time.reason).toBeNull()
  })

  it('stops the run after 45 s where no user can be read any more, though other calls are answered', async () => {
    let isAway = false
    const lookup = lookupOf(({ path }) => (path === me || !isAway ? userAnswer() : noAnswer(true)))
    await readUser(lookup.parts, '00uBefore0000000001')
    isAway = true
    const reason = await reasonOf(lookup, readUser(lookup.parts, id))
    expect(reason).toMatchObject({
      exitCode: exitCodes.stoppedByGuard,
      message: expect.stringMatching(
        /does not answer any more when users are read, also for one who could be/,
      ),
    })
    expect(lookup.time.now).toBeGreaterThanOrEqual(45_000)
  })

  it('stops the run where Okta fails all reads of users, also of one who could be read before', async () => {
    let isAway = false
    const failure = refusalOf(503, 'E0000009')
    const lookup = lookupOf(({ path }) => (path === me || !isAway ? userAnswer() : failure))
    // An execution before could read the user.
    lookup.parts.patience.users.couldRead(readUserRequest('00uBefore0000000001'))
    isAway = true
    const reason = await reasonOf(lookup, readUser(lookup.parts, id))
    expect(reason).toMatchObject({
      exitCode: exitCodes.stoppedByGuard,
      message: expect.stringMatching(
        /^Okta answers with an error of its own when users are read, also for one/,
      ),
    })
  })

  it('does not take one user whose read always fails for an outage', async () => {
    const failure = refusalOf(500, 'E0000009')
    const lookup = lookupOf(({ path }) => (path.endsWith(id) ? failure : userAnswer()))
    lookup.parts.patience.users.couldRead(readUserRequest('00uBefore0000000001'))
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'failed', cause: 'unreadable' })
    expect(lookup.time.reason).toBeNull()
  })

  it('does not take errors that come now and then for an outage', async () => {
    const failure = refusalOf(500, 'E0000009')
    let trials = 0
    const lookup = lookupOf(({ path }) => {
      if (path.endsWith(id)) return failure
      return path.includes('00uBefore') && ++trials < 4 ? failure : userAnswer()
    })
    // Of whom the first has become such that no read succeeds any more.
    for (const user of [1, 2, 3, 4, 5])
      lookup.parts.patience.users.couldRead(readUserRequest(`00uBefore000000000${user}`))
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'failed', cause: 'unreadable' })
    expect([trials, lookup.time.reason]).toEqual([4, null])
  })

  it('does not take one user whose read never ends for an outage', async () => {
    const lookup = lookupOf(({ path }) => (path.endsWith(id) ? noAnswer(true) : userAnswer()))
    await readUser(lookup.parts, 'before@example.com')
    expect(await readUser(lookup.parts, id)).toMatchObject({ kind: 'failed', cause: 'unreadable' })
    expect(lookup.time.reason).toBeNull()
  })

  describe.each<[string, Answer, RegExp]>([
    ['nobody', noAnswer(true), /^https:\/\/example\.okta\.com does not answer when users are read: /],
    [
      'somebody else',
      strangersAnswer(403, '<html>'),
      /^Something else answers in Okta's place at https:\/\/example\.okta\.com when users are read: /,
    ],
    [
      'with an error',
      refusalOf(500, 'E0000009'),
      /^Okta answers with an error of its own when users are read: /,
    ],
  ])('of users, none of which Okta has ever answered, but %s', (_, answer, message) => {
    const three = ['a@example.com', 'b@example.com', 'c@example.com']

    it.each<[string, Answer]>([
      ['cannot be read by id either', userAnswer()],
      ['does not exist: a service app has none', refusalOf(403, 'E0000006')],
    ])(
      'stop the run and fail nobody once several were tried for long, where the owner %s',
      async (_owner, owner) => {
        const lookup = lookupOf(({ path }) => (path === me ? owner : answer))
        const reads = await Promise.allSettled(three.map((user) => readUser(lookup.parts, user)))
        expect(reads.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
        expect(lookup.time.reason).toMatchObject({
          exitCode: exitCodes.stoppedByGuard,
          message: expect.stringMatching(message),
        })
        expect(lookup.time.reason?.message).toMatch(
          /No user could be read so far, though Okta answers other requests/,
        )
        expect(lookup.time.now).toBeGreaterThanOrEqual(45_000)
        expect(lookup.time.now).toBeLessThan(150_000)
      },
    )

    it('stop the run and fail nobody where they are many, though the owner of the token can be read by id', async () => {
      const lookup = lookupOf(({ path }) => (path === me || path.endsWith(id) ? userAnswer() : answer))
      const many = Array.from({ length: 12 }, (_user, user) => `user${user}@example.com`)
      const reads = await Promise.allSettled(many.map((user) => readUser(lookup.parts, user)))
      expect(new Set(reads.map(({ status }) => status))).toEqual(new Set(['rejected']))
      expect(lookup.time.reason).toMatchObject({
        exitCode: exitCodes.stoppedByGuard,
        message: expect.stringMatching(message),
      })
      expect(lookup.asked.filter((path) => path.endsWith(id))).toHaveLength(1)
      expect(lookup.time.now).toBeGreaterThanOrEqual(90_000)
    })

    it('are a matter of those users where the owner of the token can be read by id', async () => {
      const lookup = lookupOf(({ path }) => (path === me || path.endsWith(id) ? userAnswer() : answer))
      const reads = await Promise.all(three.map((user) => readUser(lookup.parts, user)))
      for (const read of reads) expect(read).toMatchObject({ kind: 'failed', cause: 'unreadable' })
      expect(lookup.time.reason).toBeNull()
      expect(lookup.asked.some((path) => path.endsWith(id))).toBe(true)
    })

    it('are a matter of those users where Okta has answered another one meanwhile, also by a refusal', async () => {
      const lookup = lookupOf(({ path }) =>
        path === me ? userAnswer() : path.endsWith(id) ? refusalOf(404, 'E0000007') : answer,
      )
      const reads = three.map((user) => readUser(lookup.parts, user))
      while (lookup.time.now < 40_000) await new Promise((resolve) => setImmediate(resolve))
      await readUser(lookup.parts, id)
      for (const read of await Promise.all(reads))
        expect(read).toMatchObject({ kind: 'failed', cause: 'unreadable' })
      expect(lookup.time.reason).toBeNull()
    })

    it('are a matter of those users where they are only two', async () => {
      const lookup = lookupOf(({ path }) => (path === me ? userAnswer() : answer))
      const reads = await Promise.all(three.slice(1).map((user) => readUser(lookup.parts, user)))
      for (const read of reads) expect(read).toMatchObject({ kind: 'failed', cause: 'unreadable' })
      expect(lookup.time.reason).toBeNull()
    })
  })

  it('that is not answered for long is told once, with how often it is tried, where Okta answers other requests', async () => {
    const said: string[] = []
    const lookup = lookupOf(({ path }) => (path === me ? userAnswer() : noAnswer(true)))
    const parts = { ...lookup.parts, say: (line: string) => said.push(line) }
    expect(await readUser(parts, id)).toMatchObject({ kind: 'failed' })
    expect(await readUser(parts, '00uBob00000000000002')).toMatchObject({ kind: 'failed' })
    expect(said).toEqual([
      expect.stringMatching(
        /^No answer from Okta for \d+ s: .* Trying again for up to 45 s, and longer if Okta answers other requests\.$/,
      ),
      expect.stringMatching(
        /^Okta answers other requests, but not all reads of users: .* Each is tried at least 10 times before/,
      ),
    ])
  })

  it('does not fail a user for an outage that began just before others were answered', async () => {
    let tries = 0
    const lookup = lookupOf(() => {
      // A call of another row that was under way is answered a moment after the first failure.
      if (++tries === 2) lookup.parts.patience.heard()
      return noAnswer(true)
    })
    expect((await reasonOf(lookup, readUser(lookup.parts, id))).exitCode).toBe(exitCodes.stoppedByGuard)
  })

  it('of factors gives the times of those enrolled', async () => {
    const created = '2026-03-02T10:00:00.000Z'
    const lookup = lookupOf(() => answerOf(200, JSON.stringify([{ id: 'f1', created }, { id: 'f2' }])))
    expect(await readFactorTimes(lookup.parts, id)).toEqual([Date.parse(created), Number.NaN])
    const refused = lookupOf(() => refusalOf(403, 'E0000006'))
    expect(await readFactorTimes(refused.parts, id)).toMatchObject({ cause: 'no_permission' })
  })
})

describe('a user in transition', () => {
  it('is waited for', async () => {
    const lookup = lookupOf(
      inTurn(userAnswer({ transitioningToStatus: 'DEPROVISIONED' }), userAnswer({ status: 'DEPROVISIONED' })),
    )
    expect(await readSettledUser(lookup.parts, id, null)).toMatchObject({ user: { status: 'DEPROVISIONED' } })
    expect(lookup.time.waits).toEqual([500])
  })

  it('is waited for no longer than the bound', async () => {
    const lookup = lookupOf(() => userAnswer({ transitioningToStatus: 'DEPROVISIONED' }))
    const read = await readSettledUser(lookup.parts, id, null)
    expect(read).toMatchObject({ user: { transitioningToStatus: 'DEPROVISIONED' } })
    expect(lookup.time.now).toBe(60_000)
  })

  it('is not read again where a read of this window is at hand', async () => {
    const lookup = lookupOf(() => userAnswer())
    const known = await readUser(lookup.parts, id)
    if (known.kind === 'failed') throw new Error('not found')
    expect(await readSettledUser(lookup.parts, id, known)).toBe(known)
    lookup.time.now += 61_000
    expect(await readSettledUser(lookup.parts, id, known)).not.toBe(known)
    expect(lookup.asked).toHaveLength(2)
  })
})

describe('the owner of the token', () => {
  const user = { orgUrl: 'https://acme.okta.com', ofServiceApp: false }
  const app = { ...user, ofServiceApp: true }

  it('is who Okta shows, also after passing failures', async () => {
    const lookup = lookupOf(
      inTurn(noAnswer(false), strangersAnswer(502), refusalOf(503, 'E0000010'), userAnswer()),
    )
    expect(await readTokenOwner(lookup.parts, user)).toEqual({ id, login: 'ada@example.com' })
    expect(new Set(lookup.asked)).toEqual(new Set([me]))
  })

  it('is waited for when the rate limit is used up, and that is told', async () => {
    const reset = Math.floor(1_772_445_600_000 / 1000) + 40
    const limit = { 'x-rate-limit-limit': '10', 'x-rate-limit-remaining': '0' }
    const used = answerOf(429, '{"errorCode":"E0000047"}', { ...limit, 'x-rate-limit-reset': String(reset) })
    const lookup = lookupOf(inTurn(used, userAnswer()))
    const said: string[] = []
    const say = (line: string): void => {
      said.push(line)
      lookup.time.now += 60_000
    }
    expect(await readTokenOwner({ ...lookup.parts, say }, user)).toEqual({ id, login: 'ada@example.com' })
    const until = new Date((reset + 1) * 1000).toISOString().slice(11, 19)
    expect(said).toEqual([
      `Waiting until ${until} UTC to ask who owns the token: the rate limit of /api/v1/users/me is used up.`,
    ])
  })

  it.each([403, 404])('is nobody where Okta shows a service app none: %i', async (status) => {
    const lookup = lookupOf(() => refusalOf(status, status === 403 ? 'E0000006' : 'E0000007'))
    expect(await readTokenOwner(lookup.parts, app)).toBeNull()
  })

  it.each([403, 404])('who is hidden from a token stops the run after 15 s: %i', async (status) => {
    const spy = vi.spyOn(performance, 'now')
    const lookup = lookupOf(() => refusalOf(status, status === 403 ? 'E0000006' : 'E0000007'))
    spy.mockImplementation(() => lookup.time.now)
    const reason = await reasonOf(lookup, readTokenOwner(lookup.parts, user))
    spy.mockRestore()
    expect(reason.exitCode).toBe(exitCodes.refusedByOkta)
    expect(reason.message).toMatch(
      /does not show who owns the token .*Nothing is sent until the owner is known/,
    )
    expect(lookup.time.now).toBeGreaterThanOrEqual(15_000)
    expect(lookup.time.now).toBeLessThan(25_000)
  })

  it('is not asked for again where the refusal names its reason', async () => {
    const lookup = lookupOf(() => ({ ...refusalOf(403, 'E0000006'), authenticate: 'insufficient_scope' }))
    const reason = await reasonOf(lookup, readTokenOwner(lookup.parts, user))
    expect(reason.exitCode).toBe(exitCodes.refusedByOkta)
    expect(lookup.asked).toHaveLength(1)
  })

  it('stops the run where Okta refuses the credentials, those of a service app as well', async () => {
    for (const credentials of [user, app]) {
      const lookup = lookupOf(() => refusalOf(401, 'E0000011'))
      const reason = await reasonOf(lookup, readTokenOwner(lookup.parts, credentials))
      expect(reason).toMatchObject({ exitCode: exitCodes.refusedByOkta, advice: { kind: 'fix' } })
      expect(lookup.asked).toHaveLength(1)
    }
  })

  it.each<[string, Answer, RegExp]>([
    ['a certificate', { ...noAnswer(false), code: 'SELF_SIGNED_CERT_IN_CHAIN' }, /NODE_EXTRA_CA_CERTS/],
    [
      'a redirect',
      strangersAnswer(301, '', 'https://acme.okta-emea.com/x?y'),
      /OKTA_CLIENT_ORGURL=https:\/\/acme\.okta-emea\.com;/,
    ],
    ['a redirect to nowhere', strangersAnswer(302), /Check OKTA_CLIENT_ORGURL/],
  ])('is not asked for again where %s stands in the way', async (_, answer, fix) => {
    const lookup = lookupOf(() => answer)
    const reason = await reasonOf(lookup, readTokenOwner(lookup.parts, user))
    expect(reason.exitCode).toBe(exitCodes.stoppedByGuard)
    expect(reason.advice).toMatchObject({ kind: 'fix', fix: expect.stringMatching(fix) })
    expect(lookup.asked).toHaveLength(1)
  })

  it.each<[string, Answer]>([
    ['nothing answers', noAnswer(false)],
    ['a proxy answers', strangersAnswer(502, '<html>')],
    ['a portal answers 404', strangersAnswer(404, '<html>')],
  ])('is waited for 45 s where %s: an outage is not a misconfiguration', async (_, answer) => {
    for (const credentials of [user, app]) {
      const lookup = lookupOf(() => answer)
      const reason = await reasonOf(lookup, readTokenOwner(lookup.parts, credentials))
      expect(reason.exitCode).toBe(exitCodes.stoppedByGuard)
      expect(lookup.time.now).toBeGreaterThanOrEqual(45_000)
      expect(lookup.time.now).toBeLessThan(60_000)
    }
  })

  it('is not waited for without an end where Okta itself fails', async () => {
    const lookup = lookupOf(() => {
      if (lookup.time.now > 600_000)
        lookup.time.turn({
          state: 'interrupted',
          exitCode: 130,
          message: 'SIGINT',
          advice: { kind: 'go_on' },
        })
      return refusalOf(500, 'E0000009')
    })
    expect((await reasonOf(lookup, readTokenOwner(lookup.parts, user))).state).toBe('stopped')
  })

  it('is not waited for any more where the user stops the run', async () => {
    const lookup = lookupOf(() => {
      lookup.time.turn({ state: 'interrupted', exitCode: 130, message: 'SIGINT', advice: { kind: 'go_on' } })
      return noAnswer(false)
    })
    expect((await reasonOf(lookup, readTokenOwner(lookup.parts, user))).exitCode).toBe(130)
  })
})
