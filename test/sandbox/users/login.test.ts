import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownError } from '../../../src/messages/known-error.ts'
import { Directory } from '../../../src/sandbox/store/directory.ts'
import { foldLogin, shortNameOf } from '../../../src/sandbox/users/login.ts'
import { userOf } from '../with-sandbox.ts'

describe('foldLogin', () => {
  it.each([
    ['Ann@Example.COM', 'ann@example.com'],
    ['josé@example.com', 'jose@example.com'],
    ['jose\u0301@example.com', 'jose@example.com'],
    ['ÅSA.Öberg@example.com', 'asa.oberg@example.com'],
    ['İpek@example.com', 'ipek@example.com'],
  ])('makes %s %s', (login, folded) => {
    expect(foldLogin(login)).toBe(folded)
  })

  it('folds what is folded to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldLogin(foldLogin(text))).toBe(foldLogin(text))
      }),
    )
  })
})

describe('shortNameOf', () => {
  it.each([
    ['ann@example.com', 'ann'],
    ['ann', null],
    ['@example.com', null],
  ])('of %s is %s', (login, shortName) => {
    expect(shortNameOf(login)).toBe(shortName)
  })
})

describe('Directory', () => {
  function directoryOf(...logins: string[]): Directory {
    const directory = new Directory()
    for (const login of logins) directory.add(userOf(login, 'ACTIVE'))
    return directory
  }

  it('finds by id with its letter case, by login without', () => {
    const directory = directoryOf('José@example.com')
    const user = userOf('José@example.com', 'ACTIVE')
    expect(directory.find(user.id)).toEqual(user)
    expect(directory.find(user.id.toLowerCase())).toBeNull()
    expect(directory.find('JOSE@EXAMPLE.COM')).toEqual(user)
  })

  it('prefers an id to a login, and a whole login to a short name', () => {
    const directory = directoryOf('ann@example.com', 'ann', '00u1ab2cd3ef4gh5ij6k')
    directory.add(userOf('other@example.com', 'ACTIVE', { id: '00u1ab2cd3ef4gh5ij6k' }))
    expect(directory.find('ann')?.profile.login).toBe('ann')
    expect(directory.find('00u1ab2cd3ef4gh5ij6k')?.profile.login).toBe('other@example.com')
  })

  it('finds nobody by a short name of several, and the last of them once the others are gone', () => {
    const directory = directoryOf('ann@one.example', 'Ann@two.example', 'ann@three.example')
    expect(directory.find('ann')).toBeNull()
    directory.remove(userOf('ann@one.example', 'ACTIVE'))
    expect(directory.find('ann')).toBeNull()
    directory.remove(userOf('ann@three.example', 'ACTIVE'))
    expect(directory.find('ANN')?.profile.login).toBe('Ann@two.example')
  })

  it('refuses a login that differs from another in letter case or diacritics alone', () => {
    expect(() => directoryOf('jose@example.com', 'JOSÉ@example.com')).toThrow(KnownError)
  })

  it('frees the login of a removed user', () => {
    const directory = directoryOf('ann@example.com')
    directory.remove(userOf('ann@example.com', 'ACTIVE'))
    expect(directory.find('ann')).toBeNull()
    directory.add(userOf('ann@example.com', 'STAGED'))
    expect(directory.find('ann')?.status).toBe('STAGED')
  })
})
