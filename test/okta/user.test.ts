import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userStatuses } from '../../src/okta/status.ts'
import {
  foldLogin,
  keysOf,
  looksLikeUserId,
  normalizeUserKey,
  parseFactorTimes,
  parseUser,
} from '../../src/okta/user.ts'
import { answerOf } from './answers.ts'

const id = '00u1Ab2cD3eF4gH5iJ6k'

function userAnswer(user: object, httpStatus = 200) {
  return answerOf(httpStatus, JSON.stringify(user))
}

describe('parseUser', () => {
  const user = { id, status: 'ACTIVE', profile: { login: 'ada@example.com' } }

  it('reads what is used of a user', () => {
    expect(parseUser(userAnswer({ ...user, statusChanged: '2026-03-02T10:00:00.000Z' }))).toEqual({
      id,
      login: 'ada@example.com',
      status: 'ACTIVE',
      statusChanged: '2026-03-02T10:00:00.000Z',
      transitioningToStatus: null,
      offered: [],
      directory: null,
    })
  })

  it('reads which actions Okta offers, by the names of the links', () => {
    const link = { href: 'https://example.okta.com/api/v1/users/x/lifecycle/suspend', method: 'POST' }
    const _links = { self: link, suspend: link, resetFactors: link, changePassword: link, unlock: null }
    expect(parseUser(userAnswer({ ...user, _links }))?.offered).toEqual(['suspend', 'reset_factors'])
    for (const odd of [null, 'suspend', ['suspend'], 7]) {
      expect(parseUser(userAnswer({ ...user, _links: odd }))?.offered).toEqual([])
    }
  })

  it('reads a status that is being changed', () => {
    const found = parseUser(userAnswer({ ...user, transitioningToStatus: 'DEPROVISIONED' }))
    expect(found?.transitioningToStatus).toBe('DEPROVISIONED')
    expect(parseUser(userAnswer({ ...user, transitioningToStatus: '' }))?.transitioningToStatus).toBeNull()
    expect(parseUser(userAnswer({ ...user, transitioningToStatus: null }))?.transitioningToStatus).toBeNull()
  })

  it.each(userStatuses)('knows the status %s', (status) => {
    expect(parseUser(userAnswer({ ...user, status }))?.status).toBe(status)
  })

  it('does not guess at what it cannot understand', () => {
    for (const odd of [
      {},
      [],
      [user],
      { ...user, id: '' },
      { ...user, id: 7 },
      { ...user, status: 'active' },
      { ...user, status: 'ACTIVATING' },
      { ...user, status: undefined },
    ])
      expect(parseUser(userAnswer(odd))).toBeNull()
    expect(parseUser(userAnswer(user, 201))).toBeNull()
    expect(parseUser(answerOf(200, ''))).toBeNull()
    expect(parseUser(userAnswer({ ...user, profile: null }))?.login).toBe('')
  })
})

describe('parseFactorTimes', () => {
  it('reads when factors were created, and keeps those of unknown age', () => {
    const times = parseFactorTimes(
      userAnswer([{ created: '2026-03-02T10:00:00.000Z' }, {}, null, { created: 'soon' }]),
    )
    expect(times).toEqual([Date.parse('2026-03-02T10:00:00.000Z'), Number.NaN, Number.NaN, Number.NaN])
  })

  it('tells no factors from no list', () => {
    expect(parseFactorTimes(userAnswer([]))).toEqual([])
    expect(parseFactorTimes(userAnswer({}))).toBeNull()
    expect(parseFactorTimes(userAnswer([], 404))).toBeNull()
    expect(parseFactorTimes(answerOf(200, ''))).toBeNull()
  })
})

describe('foldLogin', () => {
  it.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['JÜRGEN@example.com', 'jurgen@example.com'],
    ['ju\u0308rgen@example.com', 'jurgen@example.com'],
    ['İpek@example.com', 'ipek@example.com'],
    ['ñandú', 'nandu'],
  ])('folds %j to %j', (login, folded) => {
    expect(foldLogin(login)).toBe(folded)
  })

  it('is the same in capitals, also where a word ends in a sigma', () => {
    expect(foldLogin('νίκοσ@example.com'.toUpperCase())).toBe(foldLogin('νίκοσ@example.com'))
    expect(foldLogin('ΝΙΚΟΣ')).toBe(foldLogin('νικοσ'))
  })

  it('gives the same for every spelling, composed or not, and for what it gave itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldLogin(text.normalize('NFC'))).toBe(foldLogin(text.normalize('NFD')))
        expect(foldLogin(foldLogin(text))).toBe(foldLogin(text))
      }),
    )
  })

  it('never takes a Latin login for another one', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'abcxyz019._-@') })
    fc.assert(fc.property(letters, letters, (a, b) => (foldLogin(a) === foldLogin(b)) === (a === b)))
  })
})

describe('the keys of a user', () => {
  it('are the id, the login and its short name', () => {
    expect(keysOf({ id, login: 'Ada.Lovelace@Example.com' })).toEqual([
      id,
      'ada.lovelace@example.com',
      'ada.lovelace',
    ])
    expect(keysOf({ id, login: '' })).toEqual([id])
    expect(keysOf({ id, login: 'ada' })).toEqual([id, 'ada'])
  })

  it('match the same user however a row writes the key', () => {
    const keys = keysOf({ id, login: 'Ada@Example.com' })
    for (const written of [id, 'ADA@EXAMPLE.COM', 'ada@example.com', 'Ada', 'ADA', 'adá'])
      expect(keys).toContain(normalizeUserKey(written))
    expect(keys).not.toContain(normalizeUserKey(id.toUpperCase()))
  })

  it.each([
    [id, true],
    ['00u1ab2cd3ef4gh5ij6', false],
    [`${id}x`, false],
    ['00g1ab2cd3ef4gh5ij6k', false],
    ['00u1ab2cd3ef4gh5ij6é', false],
    ['00U1ab2cd3ef4gh5ij6k', false],
  ])('tells whether %j has the form of an id: %s', (key, expected) => {
    expect(looksLikeUserId(key)).toBe(expected)
  })
})
