/**
 * Whether an `Authorization` value certainly belongs to a service app: it is an access token, its own claims name the
 * client itself as the subject, and they name no user. A token that can't be read does not count.
 *
 * Source: Okta's guide to OAuth for service apps: the `sub` of such a token is the client id (`cid`), and `uid` is absent.
 */
export function isOfServiceApp(authorization: string): boolean {
  const [, token] = /^(?:Bearer|DPoP) (.+)$/.exec(authorization) ?? []
  const [, payload] = token?.split('.') ?? []
  if (payload === undefined) return false
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null) return false
    const { sub, cid, uid } = claims as Readonly<Record<string, unknown>>
    return typeof cid === 'string' && cid !== '' && sub === cid && uid === undefined
  } catch {
    return false
  }
}
