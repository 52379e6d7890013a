import { randomBytes } from 'node:crypto'

/** What goes back over the wire. `body` is the exact text. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer of Okta's own, in JSON. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** Okta's error object: the useful text of E0000001 and E0000032 stands in the causes. */
export function errorAnswer(
  status: number,
  errorCode: string,
  errorSummary: string,
  causes: readonly string[] = [],
): Answer {
  return jsonAnswer(status, {
    errorCode,
    errorSummary,
    errorLink: errorCode,
    errorId: `oae${randomBytes(16).toString('base64url')}`,
    errorCauses: causes.map((cause) => ({ errorSummary: cause })),
  })
}

/** A page of a load balancer or a proxy, which knows nothing of Okta. */
export function htmlAnswer(status: number, title: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html', server: 'awselb/2.0' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center></body>\r\n</html>\r\n`,
  }
}

/** Also Okta's answer to deactivate on a DEPROVISIONED user: the two look the same. */
export function userNotFound(key: string): Answer {
  return errorAnswer(404, 'E0000007', `Not found: Resource not found: ${key} (User)`)
}

export function invalidToken(): Answer {
  return errorAnswer(401, 'E0000011', 'Invalid token provided')
}

export function forbidden(): Answer {
  return errorAnswer(403, 'E0000006', 'You do not have permission to perform the requested action')
}

export function tooManyRequests(): Answer {
  return errorAnswer(429, 'E0000047', 'API call exceeded rate limit due to too many requests.')
}

export function stillBeingActivated(): Answer {
  return errorAnswer(
    409,
    'E0000112',
    'Cannot update this user because they are still being activated. Please try again in a few minutes.',
  )
}
