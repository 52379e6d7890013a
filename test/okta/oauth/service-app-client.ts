import { createPrivateKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Answer } from '../../../src/okta/answer.ts'
import { createOktaClient } from '../../../src/okta/client.ts'
import { OktaClock } from '../../../src/okta/clock.ts'
import type { OktaRequest } from '../../../src/okta/request.ts'

export const clientId = '0oaServiceApp0000000'

/** A key pair of a service app. */
export interface AppKeys {
  readonly algorithm: 'RS256' | 'ES256'
  readonly pem: string
  readonly keyId: string | null
  readonly publicJwk: JsonWebKey
}

export function makeKeys(algorithm: AppKeys['algorithm'], keyId?: string): AppKeys {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const named = keyId === undefined ? {} : { kid: keyId }
  return {
    algorithm,
    keyId: keyId ?? null,
    pem: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...named },
  }
}

export interface AppClient {
  readonly send: (request: OktaRequest) => Promise<Answer>
  readonly clock: OktaClock
  /** What was said to a person. */
  readonly said: string[]
  close(): Promise<void>
}

export interface AppClientOptions {
  readonly id?: string
  readonly keyId?: string | null
  readonly scopes?: readonly string[]
  /** What is asked for where no scopes are set. */
  readonly unset?: readonly string[]
  /** How far this machine's clock is ahead, in ms. */
  readonly aheadMs?: number
  readonly timeoutMs?: number
  readonly limitPatienceMs?: number
  readonly stopping?: AbortSignal
  /** Called when something is said. */
  readonly say?: () => void
}

/** A client that is a service app of the org at this address. It ends with the test. */
export function appClient(orgUrl: string, keys: AppKeys, options: AppClientOptions = {}): AppClient {
  const {
    id = clientId,
    keyId = keys.keyId,
    scopes,
    unset,
    aheadMs = 0,
    timeoutMs = 5_000,
    say = () => {},
  } = options
  const { limitPatienceMs, stopping } = options
  const clock = new OktaClock(
    () => performance.now(),
    () => Date.now() + aheadMs,
  )
  const said: string[] = []
  const { algorithm } = keys
  const client = createOktaClient({
    connection: {
      orgUrl,
      credentials: {
        kind: 'service_app',
        clientId: id,
        key: { key: createPrivateKey(keys.pem), algorithm, keyId },
        scopes: scopes ?? null,
      },
      requestTimeoutMs: timeoutMs,
      proxy: null,
    },
    clock,
    connections: 10,
    userAgent: 'okta-lifecycle/test',
    scopes: unset ?? ['okta.users.manage', 'okta.users.read'],
    say: (line) => {
      said.push(line)
      say()
    },
    ...(limitPatienceMs === undefined ? {} : { limitPatienceMs }),
    ...(stopping === undefined ? {} : { stopping }),
  })
  onTestFinished(() => client.close())
  return { send: (request) => client.send(request), clock, said, close: () => client.close() }
}
