import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../src/messages/known-error.ts'
import type { Credentials } from '../../../src/okta/credentials.ts'
import { checkScopes, howToGetScopes } from '../../../src/okta/oauth/check-scopes.ts'
import { Secret } from '../../../src/okta/secret.ts'

/** An access token with these claims. */
function tokenWith(claims: object): Credentials {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    kind: 'token',
    authorization: new Secret(`Bearer ${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`),
    ofServiceApp: false,
  }
}

describe('the scopes of an access token', () => {
  it.each([
    [
      ['okta.users.manage', 'okta.users.read'],
      ['okta.users.manage', 'okta.users.read'],
    ],
    [['okta.users.manage'], ['okta.users.manage', 'okta.users.read']],
    [
      ['okta.users.manage', 'okta.roles.manage'],
      ['okta.users.read', 'okta.roles.read'],
    ],
  ])('%j suffice for %j', (scp, needed) => {
    expect(() => checkScopes(tokenWith({ scp }), needed)).not.toThrow()
  })

  it.each([
    [['okta.users.read'], ['okta.users.manage', 'okta.users.read'], 'okta.users.manage'],
    [[], ['okta.users.manage', 'okta.users.read'], 'okta.users.manage and okta.users.read'],
    [['okta.users.manage'], ['okta.roles.read'], 'okta.roles.read'],
  ])('%j lack something of %j', (scp, needed, missing) => {
    let refused: unknown
    try {
      checkScopes(tokenWith({ scp }), needed)
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(Refusal)
    expect((refused as Refusal).message).toBe(`The credentials lack ${missing}, which this work needs.`)
    expect((refused as Refusal).next).toContain(`Get an access token with ${missing}`)
  })

  it('lack a scope that only a guard needs: it says how that guard is turned off, where it can be', () => {
    const nextOf = (byPlan: boolean): string => {
      try {
        checkScopes(tokenWith({ scp: [] }), ['okta.roles.read'], byPlan)
      } catch (error) {
        return (error as Refusal).next
      }
      return ''
    }
    expect(nextOf(false)).toMatch(/; --no-protect-admins \(in a job .*\) turns that guard off$/)
    // run --plan refuses the flag.
    expect(nextOf(true)).toMatch(
      /; plan again .*: okta-lifecycle plan … --no-protect-admins --out plan\.json/,
    )
  })

  it.each([[{}], [{ scp: 'okta.users.read' }]])(
    'are not judged where it does not list them: %j',
    (claims) => {
      expect(() => checkScopes(tokenWith(claims), ['okta.users.manage'])).not.toThrow()
    },
  )
})

it('names a scope that is set and that Okta does not know, with the one that was meant', () => {
  const credentials = {
    kind: 'service_app',
    clientId: '0oaApp',
    scopes: ['okta.user.manage', 'okta.users.read', 'okta.apps.read'],
  } as unknown as Credentials
  expect(howToGetScopes(credentials, ['okta.users.manage'])).toBe(
    'In OKTA_CLIENT_SCOPES, change okta.user.manage to okta.users.manage, because Okta knows no scope okta.user.manage',
  )
  expect(howToGetScopes(credentials, ['okta.roles.read'])).toBe(
    'Add okta.roles.read to OKTA_CLIENT_SCOPES, or leave that setting out',
  )
})
