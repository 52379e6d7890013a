/**
 * The claims of an access token in an `Authorization` value; null if it is not an access token, or can't be read. They
 * are not verified: they only tell more about credentials that Okta judges.
 */
export function claimsOf(authorization: string): Readonly<Record<string, unknown>> | null {
  const [, token] = /^(?:Bearer|DPoP) (.+)$/.exec(authorization) ?? []
  const [, payload] = token?.split('.') ?? []
  if (payload === undefined) return null
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/**
 * Whether an `Authorization` value certainly belongs to a service app: it is an access token, its own claims name the
 * client itself as the subject, and they name no user. A token that can't be read does not count.
 *
 * Source: Okta's guide to OAuth for service apps: the `sub` of such a token is the client id (`cid`), and `uid` is absent.
 */
export function isOfServiceApp(authorization: string): boolean {
  const { sub, cid, uid } = claimsOf(authorization) ?? {}
  return typeof cid === 'string' && cid !== '' && sub === cid && uid === undefined
}
