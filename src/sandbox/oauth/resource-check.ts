import { oktaError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import { allowCall } from '../endpoints/scope.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import { algorithms, verifyProof } from './dpop-proof.ts'
import type { OAuthClient } from './oauth-client.ts'

/** A call of the API with an access token. */
export interface ResourceCall {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly accessToken: string
  /** The `DPoP` header; null if there is none. */
  readonly proof: string | null
  readonly method: string
  /** The org's URL as the client calls it, without a slash at its end. */
  readonly baseUrl: string
  /** Without the query, percent-encoded as it was sent. */
  readonly path: string
  /** The scope that the call needs. */
  readonly scope: string
  /** Seconds since 1970 by the org's clock. */
  readonly second: number
}

/** Whose call it is, or the answer that ends it. */
export type ResourceVerdict =
  | { readonly kind: 'allowed'; readonly client: OAuthClient }
  | { readonly kind: 'refused'; readonly reply: Reply }

/** Why a call is refused, as `www-authenticate` says it. Okta sends no body with a 400. */
interface Challenge {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly error: 'insufficient_scope' | 'invalid_dpop_proof' | 'invalid_request' | 'invalid_token'
  readonly description: string
}

function refuse(call: ResourceCall, { scheme, error, description }: Challenge): ResourceVerdict {
  const org = call.baseUrl.replace(/^https:/, 'http:')
  const parameters = [
    ...(scheme === 'DPoP' ? [`algs="${algorithms.join(' ')}"`] : []),
    `authorization_uri="${org}/oauth2/v1/authorize"`,
    `realm="${org}"`,
    `scope="${call.scope}"`,
    `error="${error}"`,
    `error_description="${description}"`,
    `resource="${call.path}"`,
  ]
  const headers = ['www-authenticate', `${scheme} ${parameters.join(', ')}`]
  if (error === 'invalid_token') {
    return { kind: 'refused', reply: { ...errorReply(oktaError('E0000011')), headers } }
  }
  if (error === 'insufficient_scope') {
    return { kind: 'refused', reply: { ...errorReply(oktaError('E0000006')), headers } }
  }
  return { kind: 'refused', reply: { httpStatus: 400, body: '', headers } }
}

// Okta compares `htu` with the path as it understands it: percent-escapes decoded, so that a login's @ may not be %40
// (okta-sdk-python issue 541), and one slash at the beginning (okta-sdk-nodejs issue 453).
function urlOf({ baseUrl, path }: ResourceCall): string {
  const single = path.replace(/^\/\/+/, '/')
  try {
    return baseUrl + decodeURIComponent(single)
  } catch {
    return baseUrl + single
  }
}

/**
 * Judges a call with an access token: it must be known, alive, bound to the key whose proof comes with it, and have the
 * scope.
 * Sources: RFC 6750 and RFC 9449; Okta's own `www-authenticate` headers as clients report them.
 */
export async function checkResourceCall(
  server: AuthorizationServer,
  call: ResourceCall,
): Promise<ResourceVerdict> {
  const { accessToken, second, method } = call
  const token = server.tokens.find(accessToken)
  const scheme = token === null || token.thumbprint === null ? 'Bearer' : 'DPoP'
  if (token === null) {
    return refuse(call, { scheme, error: 'invalid_token', description: 'The access token is invalid.' })
  }
  if (second >= token.expiresAt) {
    return refuse(call, { scheme, error: 'invalid_token', description: 'The access token has expired.' })
  }
  if (token.thumbprint !== null) {
    if (call.scheme !== 'DPoP') {
      const description = 'The resource request requires a DPoP proof.'
      return refuse(call, { scheme: 'Bearer', error: 'invalid_request', description })
    }
    const proven = await verifyProof(
      call.proof,
      { method, url: urlOf(call), accessToken, second },
      server.proofs,
    )
    if (proven.kind === 'refused') {
      return refuse(call, { scheme, error: 'invalid_dpop_proof', description: proven.description })
    }
    if (proven.thumbprint !== token.thumbprint) {
      const description = 'The DPoP proof JWT is not signed with the key that the access token is bound to.'
      return refuse(call, { scheme, error: 'invalid_dpop_proof', description })
    }
  } else if (call.scheme === 'DPoP') {
    const description = 'The access token is not bound to a DPoP key.'
    return refuse(call, { scheme, error: 'invalid_token', description })
  }
  if (!allowCall(token.scopes, call.scope)) {
    const description = 'The access token provided does not contain the required scopes.'
    return refuse(call, { scheme, error: 'insufficient_scope', description })
  }
  return { kind: 'allowed', client: token.client }
}
