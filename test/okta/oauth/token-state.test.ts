import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Grant, TokenOutcome } from '../../../src/okta/oauth/grant.ts'
import { TokenKeeper } from '../../../src/okta/oauth/token-keeper.ts'
import { ended, need, rejected, type TokenState } from '../../../src/okta/oauth/token-state.ts'
import { Secret } from '../../../src/okta/secret.ts'

function grantOf(name: string, askedAt: number, lifeMs: number): Grant {
  return { accessToken: new Secret(name), scheme: 'DPoP', askedAt, lifeMs }
}

const away: TokenOutcome = { kind: 'away', loss: { code: 'ECONNREFUSED', why: 'nothing listens there' } }
const refused: TokenOutcome = { kind: 'refused', refusal: { why: 'no such app', fix: 'Check it' } }

/** A state that holds a token of an hour, got at 0. */
function holding(lifeMs = 3_600_000): Extract<TokenState, { kind: 'holding' }> {
  const state = ended({ kind: 'asking', failures: 0 }, { kind: 'granted', grant: grantOf('a', 0, lifeMs) }, 0)
  if (state.kind !== 'holding') throw new Error(state.kind)
  return state
}

describe('the life of an access token', () => {
  it('is an hour, renewed five minutes before its end while calls go on with the old one', () => {
    const state = holding()
    expect(state.renewAt).toBe(3_600_000 - 1_500 - 300_000)
    expect(need(state, state.renewAt - 1)[1]).toEqual({ do: 'use', grant: state.grant })
    const [renewing, first] = need(state, state.renewAt)
    expect(first).toEqual({ do: 'ask', grant: state.grant })
    expect(need(renewing, state.renewAt + 1)[1]).toEqual({ do: 'use', grant: state.grant })
    expect(need(renewing, state.until)[1]).toEqual({ do: 'wait' })
  })

  it('of a few seconds is renewed in time too', () => {
    const { renewAt, until } = holding(4_000)
    expect([renewAt, until]).toEqual([2_000, 3_000])
  })

  it('goes on to its end where it can’t be renewed now, and is asked for again', () => {
    const state = holding()
    const [renewing] = need(state, state.renewAt)
    const after = ended(renewing, away, state.renewAt + 10)
    expect(after).toMatchObject({ kind: 'holding', grant: state.grant, until: state.until })
    expect(need(after, state.renewAt + 20)[1]).toEqual({ do: 'use', grant: state.grant })
    expect(need(after, state.renewAt + 5_000)[1]).toEqual({ do: 'ask', grant: state.grant })
  })

  it('ends with a 401: it is used for no other call, and its renewal under way serves', () => {
    const state = holding()
    expect(rejected(state, state.grant)).toEqual({ kind: 'empty' })
    expect(rejected(state, grantOf('another', 0, 1))).toBe(state)
    const [renewing] = need(state, state.renewAt)
    expect(need(rejected(renewing, state.grant), state.renewAt)[1]).toEqual({ do: 'wait' })
  })

  it('is asked for at longer and longer distances while the endpoint is away', () => {
    let state: TokenState = { kind: 'empty' }
    let now = 0
    const waits: number[] = []
    for (let failure = 0; failure < 6; failure++) {
      const [asking, wanted] = need(state, now)
      expect(wanted).toEqual({ do: 'ask', grant: null })
      state = ended(asking, away, now)
      expect(need(state, now)[1]).toEqual({ do: 'fail', outcome: away })
      if (state.kind === 'away') waits.push(state.retryAt - now)
      now += waits.at(-1) ?? 0
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 8000])
  })

  it('is over for good once Okta refuses to give one', () => {
    const state = ended({ kind: 'asking', failures: 0 }, refused, 0)
    expect(need(state, 1e9)).toEqual([state, { do: 'fail', outcome: refused }])
  })
})

/** What happens to a keeper, in any order. */
const events = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('need' as const) }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
    fc.record({ do: fc.constant('answer' as const), granted: fc.boolean() }),
    fc.record({ do: fc.constant('reject' as const) }),
  ),
  { maxLength: 60 },
)

describe('the keeper', () => {
  it('never has two requests under way, and gives no call a token that was refused (O1, O2)', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (happens) => {
        let now = 0
        let asked = 0
        let underWay = 0
        const answers: ((outcome: TokenOutcome) => void)[] = []
        const dead = new Set<Grant>()
        let latest: Grant | null = null
        const keeper = new TokenKeeper(
          async () => {
            underWay++
            expect(underWay).toBe(1)
            const outcome = await new Promise<TokenOutcome>((resolve) => answers.push(resolve))
            underWay--
            return outcome
          },
          () => now,
        )
        const settle = async (): Promise<void> => {
          for (let turn = 0; turn < 12; turn++) await Promise.resolve()
        }
        const waiting: Promise<void>[] = []
        for (const event of happens) {
          if (event.do === 'pass') now += event.ms
          if (event.do === 'need') {
            waiting.push(
              keeper.current().then((outcome) => {
                if (outcome.kind !== 'granted') return
                expect(dead.has(outcome.grant)).toBe(false)
                latest = outcome.grant
              }),
            )
          }
          if (event.do === 'answer') {
            const grant = grantOf(`token ${++asked}`, now, 5_000)
            answers.shift()?.(event.granted ? { kind: 'granted', grant } : away)
          }
          if (event.do === 'reject' && latest !== null) {
            dead.add(latest)
            keeper.rejected(latest)
          }
          await settle()
        }
      }),
    )
  })

  it('lets all calls wait for one request', async () => {
    let requests = 0
    const grant = grantOf('one', 0, 1000)
    const keeper = new TokenKeeper(
      async () => {
        requests++
        await new Promise((resolve) => setImmediate(resolve))
        return { kind: 'granted', grant }
      },
      () => 0,
    )
    const got = await Promise.all(Array.from({ length: 50 }, () => keeper.current()))
    expect(new Set(got.map((outcome) => (outcome.kind === 'granted' ? outcome.grant : null)))).toEqual(
      new Set([grant]),
    )
    expect(requests).toBe(1)
  })
})
