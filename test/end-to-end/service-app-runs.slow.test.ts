import { describe, expect, it } from 'vitest'
import { type AppKeys, clientId, makeKeys } from '../okta/oauth/service-app-client.ts'
import {
  type AuthorizationOptions,
  type ForeignAuthorization,
  startForeignAuthorization,
} from '../support/foreign-authorization/server.ts'
import type { ForeignOrg, ForeignOrgOptions } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { startSpoilingProxy } from '../support/spoiling-proxy.ts'
import {
  countsOf,
  expectAppliedOnce,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const keys = makeKeys('RS256', 'the-key')
const suspend = ['run', 'in.csv', '--action', 'suspend', ...unattended]

interface Scene {
  readonly place: Workplace
  readonly org: ForeignOrg
  readonly authorization: ForeignAuthorization
  /** The settings of the service app, with some of them changed. */
  env(change?: Readonly<Record<string, string>>): { readonly env: Readonly<Record<string, string>> }
}

/** An org of active users behind an authorization server, and an input that names them all. */
async function withApp(
  {
    users = 3,
    keysOfApp = keys,
    ...options
  }: Partial<AuthorizationOptions> & { users?: number; keysOfApp?: AppKeys },
  orgOptions: ForeignOrgOptions,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: users }), ownerId: null, ...orgOptions })
    const authorization = await startForeignAuthorization({
      org,
      clientId,
      publicJwk: keysOfApp.publicJwk,
      dpop: true,
      ...options,
    })
    await place.write('in.csv', usersCsv(Array.from({ length: users }, (_, index) => userIdOf(index + 1))))
    const settings = {
      OKTA_CLIENT_ORGURL: authorization.url,
      OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
      OKTA_CLIENT_CLIENTID: clientId,
      OKTA_CLIENT_KEYID: 'the-key',
      OKTA_CLIENT_PRIVATEKEY: keys.pem,
      HOME: place.directory,
    }
    try {
      await work({ place, org, authorization, env: (change = {}) => ({ env: { ...settings, ...change } }) })
    } finally {
      await authorization.close()
    }
  })
}

function expectAllSuspended(org: ForeignOrg, users: number): void {
  expectAppliedOnce(
    org.applied,
    Array.from({ length: users }, (_, index) => `${userIdOf(index + 1)} suspend`),
  )
}

describe.each([
  ['with DPoP and nonces of the API', { dpop: true, apiNonceEvery: 7 }],
  ['without DPoP', { dpop: false }],
])('a run of a service app %s', (_what, options) => {
  it('longer than its tokens of two seconds fails no row, and renews one at a time', async () => {
    const users = 60
    const scene = { users, tokenSeconds: 2, tokenLatencyMs: 100, ...options }
    await withApp(scene, { latencyMs: 120 }, async ({ place, org, authorization, env }) => {
      const end = await place.runHere(null, [...suspend, '--concurrency', '3'], env())
      expect(end.code, end.stderr).toBe(0)
      expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ succeeded: users })
      expectAllSuspended(org, users)
      expect(countsOf(authorization.answers).token).toBeGreaterThan(2)
      expect(authorization.mostAtOnce).toBe(1)
      // Renewed ahead: calls are refused for it only where the machine stands still for longer than a token lives.
      expect(authorization.turnedAway.invalid_token ?? 0).toBeLessThan(users / 4)
      expect(authorization.turnedAway.invalid_dpop_proof ?? 0).toBe(0)
      expect(end.stderr.match(/service app/g)).toHaveLength(1)
    })
  })
})

describe('a service app', () => {
  it('goes on where its tokens are revoked in mid-run', async () => {
    await withApp({ users: 20 }, { latencyMs: 60 }, async ({ place, org, authorization, env }) => {
      const running = place.runHere(null, [...suspend, '--concurrency', '3'], env())
      await org.waitUntil(() => Object.keys(org.applied).length >= 4)
      authorization.revoke()
      await org.waitUntil(() => Object.keys(org.applied).length >= 10)
      authorization.revoke()
      const end = await running
      expect(end.code, end.stderr).toBe(0)
      expectAllSuspended(org, 20)
      expect(authorization.turnedAway.invalid_token).toBeGreaterThan(0)
      expect(countsOf(authorization.answers).token).toBe(3)
    })
  })

  it('that Okta refuses in mid-run stops with 4, and resume finishes when it is put right', async () => {
    await withApp({ users: 20 }, { latencyMs: 60 }, async ({ place, org, authorization, env }) => {
      const running = place.runHere(null, [...suspend, '--concurrency', '3'], env())
      await org.waitUntil(() => Object.keys(org.applied).length >= 4)
      authorization.setActive(false)
      authorization.revoke()
      const end = await running
      expect(end.code, end.stderr).toBe(4)
      expect(end.stdout + end.stderr).toMatch(/no active app with the client id 0oaServiceApp0000000/)
      expect(end.stdout + end.stderr).toContain('OKTA_CLIENT_CLIENTID')
      expect(countsOf((await place.results()).map(({ result }) => result)).failed ?? 0).toBe(0)
      authorization.setActive(true)
      const resumed = await place.runHere(null, ['resume', runId, '--yes', '--quiet'], env())
      expect(resumed.code, resumed.stderr).toBe(0)
      expectAllSuspended(org, 20)
    })
  })

  it('outlives a token endpoint that is away for a while', async () => {
    const scene = { users: 30, tokenSeconds: 2 }
    await withApp(scene, { latencyMs: 120 }, async ({ place, org, authorization, env }) => {
      const running = place.runHere(null, [...suspend, '--concurrency', '2'], env())
      await org.waitUntil(() => Object.keys(org.applied).length >= 3)
      authorization.setAway(true)
      setTimeout(() => authorization.setAway(false), 5_000)
      const end = await running
      expect(end.code, end.stderr).toBe(0)
      expectAllSuspended(org, 30)
      expect(countsOf(authorization.answers).away).toBeGreaterThan(1)
    })
  })

  it.each([
    ['a wrong key', { keysOfApp: makeKeys('RS256') }, {}, /private key does not belong/],
    [
      'an unknown client',
      {},
      { OKTA_CLIENT_CLIENTID: '0oaNobody' },
      /no active app with the client id 0oaNobody/,
    ],
    [
      'a scope that it was not granted',
      {},
      { OKTA_CLIENT_SCOPES: 'okta.users.manage okta.roles.read okta.apps.read' },
      /is not allowed the scopes okta\.users\.manage okta\.roles\.read okta\.apps\.read/,
    ],
  ])(
    'with %s stops at the start with 4; nothing was sent, and resume finishes',
    async (_what, options, change, words) => {
      await withApp(options, {}, async ({ place, org, env }) => {
        const end = await place.runHere(null, suspend, env(change))
        expect(end.code, end.stderr).toBe(4)
        expect(end.stdout + end.stderr).toMatch(words)
        expect(org.requests).toEqual([])
        if ('keysOfApp' in options) return
        const resumed = await place.runHere(null, ['resume', runId, '--yes', '--quiet'], env())
        expect(resumed.code, resumed.stderr).toBe(0)
        expectAllSuspended(org, 3)
      })
    },
  )

  it.each([
    ['okta.users.manage', 'okta.users.read okta.roles.read', 'okta.users.manage'],
    ['those of reads', 'okta.roles.read', 'okta.users.manage and okta.users.read'],
    ['that of a guard', 'okta.users.manage okta.users.read', 'okta.roles.read'],
  ])('whose set scopes lack %s ends with 2 before any call', async (_what, scopes, missing) => {
    await withApp({}, {}, async ({ place, org, authorization, env }) => {
      const end = await place.runHere(null, suspend, env({ OKTA_CLIENT_SCOPES: scopes }))
      expect(end.code, end.stderr).toBe(2)
      expect(end.stderr).toContain(`The credentials lack ${missing}, which this work needs.`)
      expect(end.stderr).toContain(`Add ${missing} to OKTA_CLIENT_SCOPES, or leave that setting out`)
      expect([org.requests, authorization.answers]).toEqual([[], []])
      expect(await place.runs()).toEqual([])
    })
  })

  it('whose scopes are too narrow for a retry leaves the old run as it is', async () => {
    const fault: ForeignOrgOptions['fault'] = ({ action }) =>
      action !== null && isRefusing ? { name: 'forbidden' } : null
    let isRefusing = true
    await withApp({}, { fault }, async ({ place, org, env }) => {
      const first = await place.runHere(null, [...suspend, '--accept-refusals'], env())
      expect(first.code, first.stderr).toBe(1)
      isRefusing = false
      const retry = ['retry', runId, '--yes', '--quiet']
      const narrow = await place.runHere(null, retry, env({ OKTA_CLIENT_SCOPES: 'okta.users.read' }))
      expect([narrow.code, await place.runs()], narrow.stderr).toEqual([2, [runId]])
      const wide = await place.runHere(null, retry, env())
      expect(wide.code, wide.stderr).toBe(0)
      expectAllSuspended(org, 3)
    })
  })

  it('of which an action needs no guard needs no scope for that guard', async () => {
    await withApp({}, {}, async ({ place, env }) => {
      const reset = ['run', 'in.csv', '--action', 'reset_factors', ...unattended]
      const scopes = 'okta.users.manage okta.users.read'
      const end = await place.runHere(null, reset, env({ OKTA_CLIENT_SCOPES: scopes }))
      expect(end.code, end.stderr).toBe(0)
    })
  })

  it('with a key that is visibly bad ends with 2 before any call', async () => {
    await withApp({}, {}, async ({ place, authorization, env }) => {
      const end = await place.runHere(null, suspend, env({ OKTA_CLIENT_PRIVATEKEY: keys.pem.slice(0, 300) }))
      expect(end.code, end.stderr).toBe(2)
      expect(end.stderr).toMatch(/OKTA_CLIENT_PRIVATEKEY begins like a key in PEM/)
      expect(authorization.answers).toEqual([])
    })
  })

  it.each([-600, 600])('whose org is %i s off is let in, and that is said once', async (clockSkewSeconds) => {
    await withApp({ clockSkewSeconds }, { clockSkewSeconds }, async ({ place, org, env }) => {
      const end = await place.runHere(null, suspend, env())
      expect(end.code, end.stderr).toBe(0)
      expect(end.stderr.match(/This machine's clock is/g)).toHaveLength(1)
      expectAllSuspended(org, 3)
    })
  })

  it('stops with 3 where a certificate stands in the way of the token endpoint', async () => {
    await withApp({}, {}, async ({ place, org, authorization, env }) => {
      const proxy = await startSpoilingProxy({ org: { url: authorization.url, token: '' }, tls: true })
      try {
        const end = await place.runHere(null, suspend, env({ OKTA_CLIENT_ORGURL: proxy.url }))
        expect(end.code, end.stderr).toBe(3)
        expect(end.stdout + end.stderr).toMatch(/certificate is not trusted[\s\S]*NODE_EXTRA_CA_CERTS/)
        expect(org.requests).toEqual([])
      } finally {
        await proxy.close()
      }
    })
  })

  it('plans, with its settings in the files of Okta’s SDKs: each setting from the last source that has it', async () => {
    await withApp({}, {}, async ({ place, authorization }) => {
      await place.write('key.pem', keys.pem)
      await place.write(
        'okta.yaml',
        `okta:\n  client:\n    orgUrl: ${authorization.url}/\n    clientId: 0oaNobody\n    privateKey: key.pem\n    keyId: the-key\n    scopes: [okta.users.read, okta.roles.read]\n    connectionTimeout: 30\n`,
      )
      const env = {
        HOME: place.directory,
        OKTA_CLIENT_AUTHORIZATIONMODE: 'privatekey',
        OKTA_CLIENT_CLIENTID: clientId,
      }
      const end = await place.runHere(null, ['plan', 'in.csv', '--action', 'suspend'], { env })
      expect(end.code, end.stderr).toBe(0)
    })
  })
})
