import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionNames } from '../../src/okta/actions.ts'
import { classifyLifecycle, classifyRead, isConcurrencyLimit, type Outcome } from '../../src/okta/classify.ts'
import { refusedAs } from './action-table.ts'
import { answerOf, errorText, noAnswer, refusalOf, strangersAnswer } from './answers.ts'

const concurrencyHeaders = {
  'x-rate-limit-limit': '0',
  'x-rate-limit-remaining': '0',
  'x-rate-limit-reset': '1759127105',
}
const rateHeaders = { ...concurrencyHeaders, 'x-rate-limit-limit': '50' }
const html = '<html><body>502 Bad Gateway awselb/2.0</body></html>'

/** What Okta's catalogue and recorded traffic say an error means, for every action alike. */
const meanings: readonly (readonly [number, string, Outcome['kind']])[] = [
  [400, 'E0000019', 'refused'],
  [400, 'E0000028', 'refused'],
  [400, 'E0000031', 'refused'],
  [401, 'E0000004', 'bad_credentials'],
  [401, 'E0000011', 'bad_credentials'],
  [401, 'E0000015', 'bad_credentials'],
  [403, 'E0000005', 'refused'],
  [403, 'E0000006', 'no_permission'],
  [403, 'E0000023', 'refused'],
  [403, 'E0000069', 'refused'],
  [403, 'E0000260', 'refused'],
  [404, 'E0000008', 'refused'],
  [404, 'E0000048', 'refused'],
  [404, 'E0000007', 'wrong_status'],
  [405, 'E0000022', 'refused'],
  [409, 'E0000112', 'in_transition'],
  [409, 'E0000268', 'refused'],
  [423, 'E0000155', 'refused'],
  [429, 'E0000047', 'rate_limited'],
  [500, 'E0000009', 'in_doubt'],
  [501, 'E0000060', 'in_doubt'],
  [503, 'E0000010', 'not_applied'],
]

describe('classifyLifecycle', () => {
  it('takes a 401 for a refusal of the credentials only where it is Okta’s: a proxy’s tells nothing of the call', () => {
    expect(classifyLifecycle('suspend', strangersAnswer(401, html)).kind).toBe('in_doubt')
    expect(classifyRead(strangersAnswer(401, html))).toBe('again')
    const challenged = { ...strangersAnswer(401), authenticate: 'invalid_token' }
    expect(classifyLifecycle('suspend', challenged).kind).toBe('bad_credentials')
    expect(classifyRead(challenged)).toBe('bad_credentials')
  })

  it.each(meanings)('%i %s is %s for every action', (httpStatus, errorCode, kind) => {
    for (const action of actionNames) {
      expect(classifyLifecycle(action, refusalOf(httpStatus, errorCode)).kind).toBe(kind)
    }
  })

  it('takes a refusal because of status for one of its own action only', () => {
    const refusals = new Set(Object.values(refusedAs))
    for (const action of actionNames) {
      for (const refusal of refusals) {
        if (refusal === null) continue
        const [httpStatus, errorCode] = refusal.split(' ')
        const outcome = classifyLifecycle(action, refusalOf(Number(httpStatus), errorCode ?? ''))
        // An unknown id and a DEPROVISIONED user look alike, whatever the action.
        const expected = refusal === refusedAs[action] || refusal === '404 E0000007'
        expect([action, refusal, outcome.kind]).toEqual([
          action,
          refusal,
          expected ? 'wrong_status' : 'refused',
        ])
      }
    }
  })

  it('goes by the status and the code together', () => {
    expect(classifyLifecycle('suspend', refusalOf(403, 'E0000001')).kind).toBe('refused')
    expect(classifyLifecycle('unlock', refusalOf(400, 'E0000032')).kind).toBe('refused')
    expect(classifyLifecycle('activate', refusalOf(400, 'E0000006')).kind).toBe('refused')
    expect(classifyLifecycle('suspend', refusalOf(500, 'E0000006')).kind).toBe('in_doubt')
    expect(classifyLifecycle('suspend', refusalOf(400, 'E0000010')).kind).toBe('refused')
  })

  it.each([
    ['{}', 'applied'],
    ['', 'applied'],
    ['{"activationUrl":"https://org.example.com/tokens/x/verify","activationToken":"x"}', 'applied'],
    [html, 'in_doubt'],
    ['{"activationTok', 'in_doubt'],
    ['ok', 'in_doubt'],
    ['{"errorCode":"E0000009","errorSummary":"Internal Server Error"}', 'in_doubt'],
  ])('reads 200 with %j as %s', (body, kind) => {
    expect(classifyLifecycle('activate', answerOf(200, body)).kind).toBe(kind)
  })

  it('takes 204 for accepted too', () => {
    expect(classifyLifecycle('deactivate', answerOf(204, '')).kind).toBe('applied')
  })

  it.each([
    [200, ''],
    [200, '{"status":"please sign in"}'],
    [200, '[]'],
    [204, ''],
    [200, html],
    [400, ''],
    [403, html],
    [403, '{"error":"blocked"}'],
    [404, ''],
    [407, html],
    [413, html],
  ])('doubts %i with %j that does not come from Okta', (httpStatus, body) => {
    expect(classifyLifecycle('suspend', strangersAnswer(httpStatus, body))).toEqual({
      kind: 'in_doubt',
      settleAtOnce: false,
    })
  })

  it.each([
    '{}',
    '{"activationUrl":"https://org.example.com/x","activationToken":"t"}',
    '{"activationToken":"t"}',
  ])('takes 200 with %s for accepted where no header of Okta came through', (body) => {
    expect(classifyLifecycle('activate', strangersAnswer(200, body)).kind).toBe('applied')
  })

  it('knows Okta by its rate-limit headers too', () => {
    const answer = { ...answerOf(200, '', rateHeaders), requestId: null }
    expect(classifyLifecycle('suspend', answer).kind).toBe('applied')
  })

  it.each([301, 302, 303, 307, 308])('doubts a %i, whoever sends it', (httpStatus) => {
    const doubt = { kind: 'in_doubt', settleAtOnce: false }
    expect(classifyLifecycle('suspend', answerOf(httpStatus, ''))).toEqual(doubt)
    expect(classifyLifecycle('suspend', strangersAnswer(httpStatus, ''))).toEqual(doubt)
  })

  it('settles a 500 in Okta’s own words at once, and every other 5xx only later', () => {
    expect(classifyLifecycle('suspend', refusalOf(500, 'E0000009'))).toEqual({
      kind: 'in_doubt',
      settleAtOnce: true,
    })
    for (const [status, body] of [
      [500, html],
      [500, ''],
      [502, html],
      [503, html],
      [504, ''],
      [502, errorText('E0000009')],
      [503, errorText('E0000009')],
      [504, errorText('E0000009')],
    ] as const) {
      expect(classifyLifecycle('suspend', answerOf(status, body))).toEqual({
        kind: 'in_doubt',
        settleAtOnce: false,
      })
    }
  })

  it('knows what was certainly not sent, and doubts the rest', () => {
    expect(classifyLifecycle('suspend', noAnswer(false))).toEqual({ kind: 'not_applied' })
    expect(classifyLifecycle('suspend', noAnswer(true))).toEqual({ kind: 'in_doubt', settleAtOnce: false })
  })

  it('tells the concurrency limit from the rate limit by limit and remaining of 0', () => {
    const body = errorText('E0000047')
    expect(classifyLifecycle('suspend', answerOf(429, body, concurrencyHeaders)).kind).toBe(
      'concurrency_limited',
    )
    expect(classifyLifecycle('suspend', answerOf(429, body, rateHeaders)).kind).toBe('rate_limited')
    expect(classifyLifecycle('suspend', answerOf(429, html)).kind).toBe('rate_limited')
    expect(isConcurrencyLimit(answerOf(200, '{}', concurrencyHeaders))).toBe(false)
  })

  it('never calls a redirect or a refusal applied', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.constantFrom(...actionNames), (status, action) => {
        expect(classifyLifecycle(action, answerOf(status, '{}')).kind).not.toBe('applied')
      }),
    )
  })

  it('never sends again by itself what a server error may have applied', () => {
    const codes = fc.constantFrom('E0000009', 'E0000047', 'E0000006', 'E0000007', 'E0000112', 'E0000001')
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 599 }), codes, (status, code) => {
        expect(classifyLifecycle('deactivate', refusalOf(status, code)).kind).toBe('in_doubt')
      }),
    )
  })
})

describe('classifyRead', () => {
  const user = '{"id":"00u1ab2cd3ef4gh5ij6k","status":"ACTIVE"}'

  it.each([
    [200, user, 'found'],
    [200, '', 'again'],
    [200, html, 'again'],
    [200, user.slice(0, 20), 'again'],
    [200, '{"status":"please sign in"}', 'again'],
    [200, '[]', 'found'],
    [404, errorText('E0000007'), 'not_found'],
    [404, errorText('E0000008'), 'refused'],
    [404, html, 'again'],
    [403, errorText('E0000006'), 'no_permission'],
    [403, errorText('E0000005'), 'refused'],
    [401, errorText('E0000011'), 'bad_credentials'],
    [401, html, 'bad_credentials'],
    [405, errorText('E0000022'), 'refused'],
    [408, '', 'again'],
    [500, errorText('E0000009'), 'again'],
    [502, html, 'again'],
    [503, errorText('E0000010'), 'again'],
    [504, '', 'again'],
  ])('reads %i with %j as %s', (httpStatus, body, outcome) => {
    expect(classifyRead(answerOf(httpStatus, body))).toBe(outcome)
  })

  it.each([
    [301, ''],
    [304, ''],
    [400, ''],
    [403, '{"error":"blocked"}'],
    [407, html],
  ])('reads again after %i with %j of somebody in between', (httpStatus, body) => {
    expect(classifyRead(strangersAnswer(httpStatus, body))).toBe('again')
  })

  it('reads again what was not answered, sent or not', () => {
    expect(classifyRead(noAnswer(true))).toBe('again')
    expect(classifyRead(noAnswer(false))).toBe('again')
  })

  it('tells the two limits apart', () => {
    const body = errorText('E0000047')
    expect(classifyRead(answerOf(429, body, concurrencyHeaders))).toBe('concurrency_limited')
    expect(classifyRead(answerOf(429, body, rateHeaders))).toBe('rate_limited')
    expect(classifyRead(answerOf(429, body))).toBe('rate_limited')
  })
})
