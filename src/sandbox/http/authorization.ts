/**
 * The token in an `Authorization` header: after `SSWS` for an API token, `Bearer` for an OAuth access token.
 * The scheme may be in any letter case. Null where there is no such header or it is of another form.
 */
export function tokenIn(authorization: string | undefined): string | null {
  const match = /^(?:SSWS|Bearer) +(\S+)$/i.exec(authorization ?? '')
  return match?.[1] ?? null
}
