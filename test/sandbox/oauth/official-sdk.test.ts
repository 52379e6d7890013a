import okta from '@okta/okta-sdk-nodejs'
import { exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { orgOf, userOf, withSandbox } from '../with-sandbox.ts'
import { clientId } from './service-app.ts'

interface AppKeys {
  readonly privateJwk: JWK
  readonly publicJwk: JWK
  readonly pem: string
}

const ann = userOf('ann@example.com', 'ACTIVE')
const scopes = ['okta.users.manage', 'okta.users.read', 'okta.groups.read']
let rsa: AppKeys
let ec: AppKeys

async function keysOf(alg: 'RS256' | 'ES256'): Promise<AppKeys> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const kid = `${alg} key`
  return {
    privateJwk: { ...(await exportJWK(privateKey)), kid },
    publicJwk: { ...(await exportJWK(publicKey)), kid },
    pem: await exportPKCS8(privateKey),
  }
}

beforeAll(async () => {
  ;[rsa, ec] = await Promise.all([keysOf('RS256'), keysOf('ES256')])
})

function connect(sandbox: Sandbox, privateKey: string | JWK, keyId?: string): okta.Client {
  return new okta.Client({
    orgUrl: sandbox.url,
    authorizationMode: 'PrivateKey',
    clientId,
    scopes,
    privateKey: typeof privateKey === 'string' ? privateKey : JSON.stringify(privateKey),
    ...(keyId === undefined ? {} : { keyId }),
    testing: { disableHttpsCheck: true },
  } as ConstructorParameters<typeof okta.Client>[0])
}

/** How the SDK says that a call failed. */
async function failure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: { status?: number; message?: string }) => reason,
  )
  return `${'status' in error ? error.status : ''} ${error.message}`
}

describe('Okta’s own SDK as a service app', () => {
  it.each([
    ['without', false],
    ['with', true],
  ] as const)('suspends and reads %s DPoP', async (_with, dpop) => {
    const oauth = { clients: [{ id: clientId, keys: [rsa.publicJwk], dpop }] }
    await withSandbox({ seed: orgOf([ann]), oauth }, async (sandbox) => {
      const client = connect(sandbox, rsa.privateJwk)
      await client.userApi.suspendUser({ userId: ann.id })
      expect((await client.userApi.getUser({ userId: ann.id })).status).toBe('SUSPENDED')
      const names: unknown[] = []
      await (await client.userApi.listUsers({ limit: 1 })).each((user) => {
        names.push(user.profile?.login)
      })
      expect(names).toEqual(['ann@example.com'])
      expect(sandbox.traffic().answers).toEqual(dpop ? { 200: 4, 400: 1 } : { 200: 4 })
    })
  })

  it('signs with a PEM and a key id', async () => {
    const oauth = { clients: [{ id: clientId, keys: [ec.publicJwk, rsa.publicJwk], dpop: false }] }
    await withSandbox({ seed: orgOf([ann]), oauth }, async (sandbox) => {
      const client = connect(sandbox, rsa.pem, 'RS256 key')
      expect((await client.userApi.getUser({ userId: ann.id })).id).toBe(ann.id)
      const wrong = connect(sandbox, rsa.pem, 'no such key')
      // The SDK reads no refusal of the token endpoint: it goes on without a token, twice.
      expect(await failure(wrong.userApi.getUser({ userId: ann.id }))).toMatch(/^401 .*E0000011/)
      expect(sandbox.traffic().answers).toEqual({ 200: 2, 401: 4 })
    })
  })

  it('gets a new token when its own has expired', async () => {
    let now = Date.now()
    const oauth = { clients: [{ id: clientId, keys: [rsa.publicJwk], dpop: false }], tokenSeconds: 60 }
    await withSandbox({ seed: orgOf([ann]), oauth, now: () => now }, async (sandbox) => {
      const client = connect(sandbox, rsa.privateJwk)
      await client.userApi.getUser({ userId: ann.id })
      now += 60_000
      await client.userApi.suspendUser({ userId: ann.id })
      expect(sandbox.org.find(ann.id)?.status).toBe('SUSPENDED')
      expect(sandbox.traffic().answers).toEqual({ 200: 4, 401: 1 })
    })
  })

  it('is refused a login in the path under DPoP, as by Okta: its proof has the @ escaped', async () => {
    const oauth = { clients: [{ id: clientId, keys: [rsa.publicJwk] }] }
    await withSandbox({ seed: orgOf([ann]), oauth }, async (sandbox) => {
      const client = connect(sandbox, rsa.privateJwk)
      expect(await failure(client.userApi.getUser({ userId: 'ann@example.com' }))).toMatch(/^400/)
      expect((await client.userApi.getUser({ userId: 'ann' })).id).toBe(ann.id)
    })
  })
})
