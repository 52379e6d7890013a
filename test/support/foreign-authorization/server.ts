import { createPublicKey, type JsonWebKey, randomBytes } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isSignedBy, parseJwt } from './jwt.ts'
import { judgeProof } from './proof.ts'

export interface AuthorizationOptions {
  /** The org behind it, and the token that it takes there. */
  readonly org: { readonly url: string; readonly token: string }
  readonly clientId: string
  readonly publicJwk: JsonWebKey
  readonly dpop: boolean
  /** After how many calls of the API it wants a new nonce; null: it never wants one. */
  readonly apiNonceEvery?: number | null
  readonly tokenSeconds?: number
  readonly granted?: readonly string[]
  readonly clockSkewSeconds?: number
  /** How long each answer of the token endpoint takes. */
  readonly tokenLatencyMs?: number
  /** Its address as clients call it, where something stands in front of it. */
  readonly publicUrl?: string
}

/** An authorization server, and a gate to an org that lets in whom it gave a token. */
export interface ForeignAuthorization {
  readonly url: string
  /** What the token endpoint answered, in order: the error's name, or `token`. */
  readonly answers: readonly string[]
  /** The most requests for a token that were under way at once. */
  readonly mostAtOnce: number
  /** Calls of the API that were turned away at the gate, by why. */
  readonly turnedAway: Readonly<Record<string, number>>
  /** No token given out so far is taken any more. */
  revoke(): void
  /** The app is made inactive, or active again. */
  setActive(active: boolean): void
  /** The token endpoint answers 503 with a page, or as it should. */
  setAway(away: boolean): void
  close(): Promise<void>
}

interface Given {
  readonly scopes: readonly string[]
  readonly until: number
  /** The key that it is bound to; null for a bearer token. */
  readonly key: string | null
}

const usual = ['okta.users.manage', 'okta.users.read', 'okta.roles.read', 'okta.groups.read']

/** The scope that a call needs. */
function scopeOf(method: string, path: string): string {
  const isOfRoles = /\/roles(?:\?|$)|^\/api\/v1\/iam\//.test(path)
  const resource = isOfRoles ? 'roles' : path.startsWith('/api/v1/groups') ? 'groups' : 'users'
  return `okta.${resource}.${method === 'GET' ? 'read' : 'manage'}`
}

/**
 * Starts it on a free port of 127.0.0.1. Written from Okta's documents and from recorded answers alone; it shares
 * nothing with the sandbox.
 */
export async function startForeignAuthorization(
  options: AuthorizationOptions,
): Promise<ForeignAuthorization> {
  const { org, clientId, dpop, tokenSeconds = 3600, granted = usual, apiNonceEvery = null } = options
  const publicKey = createPublicKey({ key: options.publicJwk, format: 'jwk' })
  const tokens = new Map<string, Given>()
  const spent = new Set<string>()
  const spentAssertions = new Set<unknown>()
  const answers: string[] = []
  const turnedAway: Record<string, number> = {}
  const tokenNonce = randomBytes(9).toString('hex')
  let [active, away, underWay, mostAtOnce, calls] = [true, false, 0, 0, 0]
  let url = ''

  const publicUrl = (): string => options.publicUrl ?? url
  const now = (): number => Math.floor(Date.now() / 1000) + (options.clockSkewSeconds ?? 0)
  const apiNonce = (): string | null =>
    apiNonceEvery === null ? null : `nonce-${Math.floor(calls / apiNonceEvery)}`

  function answer(response: ServerResponse, status: number, body: object | null, headers: object = {}): void {
    response.writeHead(status, {
      'content-type': 'application/json',
      date: new Date(now() * 1000).toUTCString(),
      'x-okta-request-id': randomBytes(8).toString('hex'),
      ...headers,
    })
    response.end(body === null ? '' : JSON.stringify(body))
  }

  /** Why an assertion is not taken; null where it is. */
  function assertionFault(text: string): readonly [status: number, description: string] | null {
    const jwt = parseJwt(text)
    if (jwt === null) return [401, 'The client_assertion token is malformed.']
    const { claims } = jwt
    if (claims.iss !== clientId || claims.sub !== clientId || !active) {
      return [400, "Invalid value for 'client_id' parameter."]
    }
    if (!isSignedBy(jwt, publicKey)) return [401, 'The client_assertion signature is invalid.']
    if (claims.aud !== `${publicUrl()}/oauth2/v1/token`) return [401, 'The audience claim is invalid.']
    const { exp, iat, jti } = claims
    if (typeof exp !== 'number' || exp <= now() || exp > now() + 3600) {
      return [401, 'The client_assertion token is expired.']
    }
    if (typeof iat === 'number' && iat > now() + 5) {
      return [401, 'The client_assertion token must be issued before the current time.']
    }
    if (jti === undefined || spentAssertions.has(jti)) {
      return [401, 'The client_assertion token has already been used.']
    }
    spentAssertions.add(jti)
    return null
  }

  function giveToken(form: URLSearchParams, proof: string | undefined, response: ServerResponse): string {
    const refuse = (status: number, error: string, description: string, headers: object = {}): string => {
      answer(response, status, { error, error_description: description }, headers)
      return error
    }
    if (form.get('grant_type') !== 'client_credentials') return refuse(400, 'unsupported_grant_type', '')
    const fault = assertionFault(form.get('client_assertion') ?? '')
    if (fault !== null) return refuse(fault[0], 'invalid_client', fault[1])
    let key: string | null = null
    if (dpop) {
      const call = {
        method: 'POST',
        url: `${publicUrl()}/oauth2/v1/token`,
        accessToken: null,
        now: now(),
        nonce: tokenNonce,
      }
      const verdict = judgeProof(proof, call, spent)
      if ('fault' in verdict) return refuse(400, 'invalid_dpop_proof', verdict.fault)
      if ('wantsNonce' in verdict) {
        const description = 'Authorization server requires nonce in DPoP proof.'
        return refuse(400, 'use_dpop_nonce', description, { 'dpop-nonce': tokenNonce })
      }
      key = verdict.key
    }
    const asked = (form.get('scope') ?? '').split(' ')
    if (asked.some((scope) => !granted.includes(scope))) {
      return refuse(400, 'consent_required', 'You are not allowed any of the requested scopes.')
    }
    const value = randomBytes(24).toString('base64url')
    tokens.set(value, { scopes: asked, until: now() + tokenSeconds, key })
    const type = key === null ? 'Bearer' : 'DPoP'
    answer(response, 200, {
      token_type: type,
      expires_in: tokenSeconds,
      access_token: value,
      scope: asked.join(' '),
    })
    return 'token'
  }

  async function tokenEndpoint(request: IncomingMessage, response: ServerResponse): Promise<void> {
    mostAtOnce = Math.max(mostAtOnce, ++underWay)
    let text = ''
    for await (const chunk of request) text += String(chunk)
    if (options.tokenLatencyMs !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, options.tokenLatencyMs))
    }
    underWay--
    if (away) {
      answers.push('away')
      response.writeHead(503).end('<html>Back soon</html>')
      return
    }
    const { dpop: proof } = request.headers
    answers.push(
      giveToken(new URLSearchParams(text), typeof proof === 'string' ? proof : undefined, response),
    )
  }

  /** Lets a call of the API in, or turns it away. */
  function admit(request: IncomingMessage, response: ServerResponse): boolean {
    const refuse = (status: number, scheme: string, error: string, headers: object = {}): boolean => {
      turnedAway[error] = (turnedAway[error] ?? 0) + 1
      const body = status === 401 ? { errorCode: 'E0000011', errorSummary: 'Invalid token provided' } : null
      answer(response, status, body, { 'www-authenticate': `${scheme} error="${error}"`, ...headers })
      return false
    }
    calls++
    const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ')
    const given = tokens.get(value)
    if (given === undefined || given.until <= now()) return refuse(401, 'Bearer', 'invalid_token')
    if (given.key !== null) {
      const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '')
      const nonce = apiNonce()
      const call = {
        method: request.method ?? '',
        url: publicUrl() + path,
        accessToken: value,
        now: now(),
        nonce,
      }
      const { dpop: proof } = request.headers
      const verdict = judgeProof(typeof proof === 'string' ? proof : undefined, call, spent)
      if ('wantsNonce' in verdict) return refuse(401, 'DPoP', 'use_dpop_nonce', { 'dpop-nonce': nonce })
      if ('fault' in verdict || verdict.key !== given.key || scheme !== 'DPoP') {
        return refuse(400, 'DPoP', 'invalid_dpop_proof')
      }
    } else if (scheme !== 'Bearer') return refuse(401, 'Bearer', 'invalid_token')
    const scope = scopeOf(request.method ?? '', request.url ?? '')
    // Who may manage something may read it.
    const includes = [scope, scope.replace('.read', '.manage')].some((one) => given.scopes.includes(one))
    return includes || refuse(403, 'Bearer', 'insufficient_scope')
  }

  function passOn(request: IncomingMessage, response: ServerResponse): void {
    const { dpop: _proof, ...headers } = request.headers
    const { method, url: path = '' } = request
    const options = { method, headers: { ...headers, authorization: `SSWS ${org.token}` } }
    const onward = httpRequest(`${org.url}${path}`, options, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }

  const server = createServer((request, response) => {
    if (request.url === '/oauth2/v1/token') void tokenEndpoint(request, response)
    else if (admit(request, response)) passOn(request, response)
    else request.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    answers,
    turnedAway,
    get mostAtOnce() {
      return mostAtOnce
    },
    revoke: () => tokens.clear(),
    setActive: (value) => {
      active = value
    },
    setAway: (value) => {
      away = value
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
