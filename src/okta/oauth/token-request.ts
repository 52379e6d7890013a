import type { webcrypto } from 'node:crypto'
import {
  allowInsecureRequests,
  type Client,
  type ClientAuth,
  clientCredentialsGrantRequest,
  customFetch,
  modifyAssertion,
  PrivateKeyJwt,
  processClientCredentialsResponse,
  ResponseBodyError,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import type { Received } from '../exchange.ts'
import type { Call } from '../transport.ts'
import type { OAuthRefusal } from './token-refusal.ts'

/** Where tokens are asked for. Source: Okta's guide to OAuth for service apps: the org's own authorization server. */
export const tokenPath = '/oauth2/v1/token'

/** How long an assertion is valid, in seconds. Okta accepts up to an hour; ours is sent at once, and only once. */
const assertionSeconds = 300

/** What the token endpoint answered to one request. */
export type TokenAnswer =
  | { readonly kind: 'granted'; readonly body: TokenEndpointResponse }
  | { readonly kind: 'refused'; readonly refusal: OAuthRefusal }
  /** No answer, or one that is not from an authorization server. */
  | { readonly kind: 'strange' }

/** One request for an access token. */
export interface TokenRequest {
  readonly orgUrl: string
  readonly clientId: string
  readonly key: webcrypto.CryptoKey
  readonly keyId: string | null
  readonly scopes: readonly string[]
  /** The time in the assertion: epoch seconds by Okta's clock. */
  readonly second: number
  /** The `DPoP` header; null for none. */
  readonly proof: string | null
  readonly exchange: (call: Call) => Promise<Received>
}

/**
 * Asks for an access token once, with `client_credentials` and a newly signed assertion (`private_key_jwt`). Okta
 * accepts an assertion only once, even if it answered with a nonce challenge.
 */
export async function requestToken(
  request: TokenRequest,
): Promise<{ answer: TokenAnswer; received: Received }> {
  const { orgUrl, clientId, scopes, proof } = request
  const server = { issuer: orgUrl, token_endpoint: orgUrl + tokenPath }
  const client: Client = { client_id: clientId }
  let received: Received = { kind: 'lost', connectedAfterMs: null, code: 'NOT_SENT', why: 'nothing was sent' }
  try {
    const response = await clientCredentialsGrantRequest(
      server,
      client,
      authenticationOf(request, server.token_endpoint),
      { scope: scopes.join(' ') },
      {
        [allowInsecureRequests]: orgUrl.startsWith('http:'),
        ...(proof === null ? {} : { headers: { dpop: proof } }),
        [customFetch]: async (_url, { headers, body }) => {
          received = await request.exchange({ method: 'POST', path: tokenPath, headers, body: String(body) })
          return asResponse(received)
        },
      },
    )
    return {
      answer: { kind: 'granted', body: await processClientCredentialsResponse(server, client, response) },
      received,
    }
  } catch (error) {
    return { answer: refusalIn(error), received }
  }
}

function authenticationOf({ key, keyId, second }: TokenRequest, endpoint: string): ClientAuth {
  return PrivateKeyJwt(keyId === null ? { key } : { key, kid: keyId }, {
    // Okta wants the endpoint as the audience, and the times by its own clock.
    [modifyAssertion]: (_header, payload) => {
      payload.aud = endpoint
      payload.iat = second
      payload.nbf = second
      payload.exp = second + assertionSeconds
    },
  })
}

/** An answer in the form that the library reads: that of `fetch`. */
function asResponse(received: Received): Response {
  if (received.kind === 'lost') throw new Error(received.why)
  const { httpStatus, text } = received
  if (httpStatus < 200 || httpStatus > 599 || text === null) throw new Error(`the answer was ${httpStatus}`)
  const empty = httpStatus === 204 || httpStatus === 205 || httpStatus === 304
  return new Response(empty ? null : text, {
    status: httpStatus,
    headers: { 'content-type': 'application/json' },
  })
}

function refusalIn(error: unknown): TokenAnswer {
  if (!(error instanceof ResponseBodyError)) return { kind: 'strange' }
  const { status: httpStatus, error: name, error_description: description = '' } = error
  return { kind: 'refused', refusal: { httpStatus, error: name, description } }
}
