import type { Reply } from '../answers/reply.ts'
import { type AccessToken, AccessTokens } from './access-tokens.ts'
import { verifyAssertion } from './client-assertion.ts'
import { verifyProof } from './dpop-proof.ts'
import { Nonces } from './nonces.ts'
import { type OAuthClient, type OAuthClientOptions, readClients } from './oauth-client.ts'
import { type OAuthError, oauthErrorReply, refusal } from './oauth-error.ts'
import { SeenIds } from './seen-ids.ts'

/** The options of the org's authorization server. */
export interface OAuthOptions {
  readonly clients: readonly OAuthClientOptions[]
  /** How long an access token lives, in whole seconds from 1. Default 3600, like Okta's. */
  readonly tokenSeconds?: number
}

/** A call of the token endpoint. */
export interface TokenRequest {
  /** The form that was sent. */
  readonly form: URLSearchParams
  /** The `DPoP` header; null if there is none. */
  readonly proof: string | null
  /** The org's URL as the client calls it, without a slash at its end. */
  readonly baseUrl: string
  /** Seconds since 1970 by the org's clock. */
  readonly second: number
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Those of the requested scopes that the org grants; or the refusal. */
function grantedScopes(client: OAuthClient, asked: string): readonly string[] | OAuthError {
  const scopes = [...new Set(asked.split(' ').filter((scope) => scope !== ''))]
  if (scopes.length === 0) return refusal('invalid_scope', "The 'scope' parameter must be provided.")
  if (scopes.some((scope) => !/^okta\.\w+\.(?:read|manage)$/.test(scope))) {
    const description = 'One or more scopes are not configured for the authorization server resource.'
    return refusal('invalid_scope', description)
  }
  const granted = scopes.filter((scope) => client.scopes.includes(scope))
  return granted.length > 0
    ? granted
    : refusal('consent_required', 'You are not allowed any of the requested scopes.')
}

/** What is wrong with the form as a request for a service app's token; null if nothing is. */
function formFault(form: URLSearchParams): OAuthError | null {
  const grant = form.get('grant_type')
  if (grant === null || grant === '')
    return refusal('invalid_request', "The 'grant_type' parameter is missing.")
  if (grant !== 'client_credentials') {
    return refusal('unsupported_grant_type', `The authorization grant type '${grant}' is not supported.`)
  }
  if (!form.has('client_assertion')) {
    const description =
      'Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.'
    return refusal('invalid_client', description)
  }
  if (form.get('client_assertion_type') !== assertionType) {
    return refusal('invalid_client', 'The client_assertion_type is invalid.')
  }
  return null
}

/**
 * The org's authorization server, for service apps: client credentials with `private_key_jwt`, and DPoP with nonces.
 * Sources: RFC 6749, 7523 and 9449; Okta's guides to service apps and to DPoP; recorded answers.
 */
export class AuthorizationServer {
  readonly clients: ReadonlyMap<string, OAuthClient>
  /** The proofs of all calls, to this endpoint and to the API. */
  readonly proofs = new SeenIds()
  readonly tokens = new AccessTokens()
  readonly #assertions = new SeenIds()
  readonly #nonces = new Nonces()
  readonly #tokenSeconds: number

  constructor({ clients, tokenSeconds = 3600 }: OAuthOptions) {
    this.clients = readClients(clients)
    this.#tokenSeconds = tokenSeconds
  }

  /** Answers `POST /oauth2/v1/token`. */
  async answer(request: TokenRequest): Promise<Reply> {
    const { form, second, baseUrl } = request
    const wrong = formFault(form)
    if (wrong !== null) return oauthErrorReply(wrong)
    const client = await verifyAssertion(form.get('client_assertion') ?? '', {
      clients: this.clients,
      audience: `${baseUrl}/oauth2/v1/token`,
      clientId: form.get('client_id'),
      second,
      seen: this.#assertions,
    })
    if ('kind' in client) return oauthErrorReply(client)
    const binding = client.dpop ? await this.#binding(request) : null
    if (binding !== null && binding.kind === 'refused') return this.#withNonce(binding, second)
    const scopes = grantedScopes(client, form.get('scope') ?? '')
    if ('kind' in scopes) return oauthErrorReply(scopes)
    return await this.#grant({ client, scopes, thumbprint: binding?.thumbprint ?? null }, request)
  }

  async #grant(given: Omit<AccessToken, 'expiresAt'>, { baseUrl, second }: TokenRequest): Promise<Reply> {
    const token = { ...given, expiresAt: second + this.#tokenSeconds }
    const body = {
      token_type: given.thumbprint === null ? 'Bearer' : 'DPoP',
      expires_in: this.#tokenSeconds,
      access_token: await this.tokens.issue(token, baseUrl, second),
      scope: given.scopes.join(' '),
    }
    const headers = given.thumbprint === null ? [] : ['dpop-nonce', this.#nonces.current(second)]
    return { httpStatus: 200, body: JSON.stringify(body), headers }
  }

  async #binding({
    proof,
    baseUrl,
    second,
  }: TokenRequest): Promise<{ readonly kind: 'proven'; readonly thumbprint: string } | OAuthError> {
    const call = { method: 'POST', url: `${baseUrl}/oauth2/v1/token`, accessToken: null, second }
    const proven = await verifyProof(proof, call, this.proofs)
    if (proven.kind === 'refused' || this.#nonces.accepts(proven.nonce, second)) return proven
    return refusal('use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.')
  }

  #withNonce(error: OAuthError, second: number): Reply {
    const asks = error.error === 'use_dpop_nonce'
    return oauthErrorReply(error, asks ? ['dpop-nonce', this.#nonces.current(second)] : [])
  }
}
