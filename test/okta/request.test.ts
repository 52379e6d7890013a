import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkUserKey } from '../../src/input/key/user-key.ts'
import { type Action, actionNames } from '../../src/okta/actions.ts'
import {
  lifecycleRequest,
  listFactorsRequest,
  readOwnerRequest,
  readUserRequest,
} from '../../src/okta/request.ts'
import { defaultSendEmail } from './action-table.ts'

const plain = { sendEmail: null, respondAsync: false }

describe('lifecycleRequest', () => {
  it.each(actionNames)('%s goes to its own path and counts with listing users', (action) => {
    expect(lifecycleRequest('00u1ab2cd3ef4gh5ij6k', action, plain)).toEqual({
      method: 'POST',
      path: `/api/v1/users/00u1ab2cd3ef4gh5ij6k/lifecycle/${action}`,
      bucket: '/api/v1/users',
      headers: {},
    })
  })

  it('says sendEmail only where the action has it, and only where it is set', () => {
    for (const action of actionNames) {
      const has = defaultSendEmail[action] !== null
      for (const sendEmail of [true, false]) {
        const { path } = lifecycleRequest('a', action, { ...plain, sendEmail })
        expect(path.endsWith(has ? `/${action}?sendEmail=${sendEmail}` : `/${action}`)).toBe(true)
      }
    }
  })

  it('prefers respond-async for deactivate alone', () => {
    const asked = (action: Action) => lifecycleRequest('a', action, { ...plain, respondAsync: true }).headers
    for (const action of actionNames) {
      expect(asked(action)).toEqual(action === 'deactivate' ? { prefer: 'respond-async' } : {})
    }
    expect(lifecycleRequest('a', 'deactivate', plain).headers).toEqual({})
  })
})

describe('the paths', () => {
  it.each([
    ['a+b@example.com', 'a%2Bb%40example.com'],
    ['jürgen@example.com', 'j%C3%BCrgen%40example.com'],
    ['100%@example.com', '100%25%40example.com'],
    ['a%2Fb@example.com', 'a%252Fb%40example.com'],
    ["o'hara;x=1&y@example.com", "o'hara%3Bx%3D1%26y%40example.com"],
    ['😀@example.com', '%F0%9F%98%80%40example.com'],
  ])('hold the key %j as one encoded segment', (key, segment) => {
    expect(readUserRequest(key).path).toBe(`/api/v1/users/${segment}`)
    expect(listFactorsRequest(key).path).toBe(`/api/v1/users/${segment}/factors`)
    expect(lifecycleRequest(key, 'unlock', plain).path).toBe(`/api/v1/users/${segment}/lifecycle/unlock`)
  })

  it('never leave the segment, whatever key has passed the check', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const check = checkUserKey(text)
        fc.pre('key' in check)
        if (!('key' in check)) return
        const { pathname, search, hash } = new URL(readUserRequest(check.key).path, 'https://acme.okta.com')
        expect([search, hash]).toEqual(['', ''])
        const segments = pathname.split('/')
        expect(segments).toHaveLength(5)
        expect(decodeURIComponent(segments[4] ?? '')).toBe(check.key)
        expect(segments[4]?.toLowerCase()).not.toBe('me')
      }),
    )
  })

  it('count where Okta counts them', () => {
    expect(readUserRequest('a').bucket).toBe('/api/v1/users/{id}')
    expect(listFactorsRequest('a').bucket).toBe('/api/v1/users')
    expect(readOwnerRequest()).toMatchObject({
      method: 'GET',
      path: '/api/v1/users/me',
      bucket: '/api/v1/users/me',
    })
  })
})
