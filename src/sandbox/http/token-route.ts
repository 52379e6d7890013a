import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Hono } from 'hono'
import { oktaError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import { concurrencyRefusal } from '../limits/window.ts'
import { oauthErrorReply, refusal, unknownClient } from '../oauth/oauth-error.ts'
import { baseUrlOf } from './base-url.ts'
import { headersOf, requestIds } from './headers.ts'
import type { ApiBindings, ApiParts, Exchange } from './parts.ts'
import { readText } from './request-body.ts'

const path = '/oauth2/v1/token'

async function answer(
  { oauth, clock, ...parts }: ApiParts,
  exchange: Exchange,
  text: string,
): Promise<Reply> {
  const { headers } = exchange.env.incoming
  if (!/^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')) {
    const description = 'The request must have the content type application/x-www-form-urlencoded.'
    return oauthErrorReply(refusal('invalid_request', description))
  }
  if (oauth === null) return oauthErrorReply(unknownClient)
  return await oauth.server.answer({
    form: new URLSearchParams(text),
    proof: typeof headers.dpop === 'string' ? headers.dpop : null,
    baseUrl: baseUrlOf(parts, headers.host),
    second: clock.instant().second,
  })
}

/** Whose rate limit the request uses up: that of the app which it names, if the org has it, else that of strangers. */
function clientOf({ oauth }: ApiParts, text: string): string {
  const [, claims = ''] = (new URLSearchParams(text).get('client_assertion') ?? '').split('.')
  const id = /"iss"\s*:\s*"([^"]*)"/.exec(Buffer.from(claims, 'base64url').toString())?.[1] ?? ''
  return oauth?.server.clients.has(id) === true ? id : 'strangers'
}

/** Adds the authorization server's token endpoint. */
export function addTokenRoute(app: Hono<ApiBindings>, parts: ApiParts): void {
  const { clock, traffic, rateLimits, latencyMilliseconds, closing } = parts
  const nextRequestId = requestIds()

  async function serve(exchange: Exchange, text: string, underWay: number): Promise<void> {
    const { outgoing } = exchange.env
    const { second } = clock.instant()
    const crowded = parts.concurrency !== null && underWay > parts.concurrency
    const verdict = crowded
      ? concurrencyRefusal(second)
      : (rateLimits?.take('/oauth2/v1', clientOf(parts, text), second) ?? null)
    const reply =
      verdict?.refused === true ? errorReply(oktaError('E0000047')) : await answer(parts, exchange, text)
    setTimeout(() => {
      if (closing.aborted) return
      traffic.end(reply.httpStatus)
      outgoing.writeHead(reply.httpStatus, headersOf(reply, clock.instant(), nextRequestId(), verdict))
      outgoing.end(reply.body)
    }, latencyMilliseconds)
  }

  app.post(path, (exchange) => {
    const underWay = traffic.begin()
    readText(exchange.env.incoming).then(
      (text) => serve(exchange, text ?? '', underWay),
      // The client went away before its request was complete: as if it had never come.
      () => traffic.end('none'),
    )
    return RESPONSE_ALREADY_SENT
  })
}
