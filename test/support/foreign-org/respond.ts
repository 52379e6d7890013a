import type { ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'
import type { Reply } from './fault.ts'
import type { LoggedRequest } from './log.ts'

/** Where an answer goes, and the org's time in milliseconds, which its `Date` shows. */
export interface Outlet {
  readonly response: ServerResponse
  readonly entry: LoggedRequest
  readonly now: () => number
}

/** Sends an answer of Okta's own with Okta's headers, or (`headers` null) one of whatever stands in front of it. */
export function sendAnswer(outlet: Outlet, answer: Answer, headers: Record<string, string> | null): void {
  writeHead(outlet, answer, headers)
  outlet.response.end(answer.body)
}

/** Sends what a fault makes of the true answer. */
export function sendReply(
  outlet: Outlet,
  reply: Reply,
  answer: Answer,
  headers: Record<string, string>,
): void {
  const { response } = outlet
  switch (reply.kind) {
    case 'answer':
      sendAnswer(outlet, reply.of(answer), reply.okta ? headers : null)
      return
    case 'drop':
      response.socket?.destroy()
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'cut': {
      const whole = Math.max(Buffer.byteLength(answer.body), 2)
      writeHead(outlet, answer, { ...headers, 'content-length': String(whole) })
      response.write(halfOf(answer.body), () => response.destroy())
      return
    }
    case 'hang':
      return
  }
}

/** The first half of a text; of `{}` the brace that opens. */
export function halfOf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2))
}

function writeHead(outlet: Outlet, answer: Answer, headers: Record<string, string> | null): void {
  const { response, entry, now } = outlet
  const own = headers === null ? {} : { ...oktaHeaders(), ...headers }
  entry.status = answer.status
  response.sendDate = false
  response.writeHead(answer.status, { date: new Date(now()).toUTCString(), ...own, ...answer.headers })
}

function oktaHeaders(): Record<string, string> {
  return {
    server: 'nginx',
    'x-okta-request-id': crypto.randomUUID().replaceAll('-', ''),
    'cache-control': 'no-cache, no-store',
    pragma: 'no-cache',
    expires: '0',
  }
}
