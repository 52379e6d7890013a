/** What a client sends to show who it is. */
export interface Credentials {
  /** `SSWS` for an API token, the others for an OAuth access token. */
  readonly scheme: 'SSWS' | 'Bearer' | 'DPoP'
  readonly value: string
}

/** The credentials in an `Authorization` header, whose scheme may be in any letter case; null if there are none. */
export function credentialsIn(authorization: string | undefined): Credentials | null {
  const match = /^(SSWS|Bearer|DPoP) +(\S+)$/i.exec(authorization ?? '')
  const [, name = '', value] = match ?? []
  const scheme = (['SSWS', 'Bearer', 'DPoP'] as const).find(
    (known) => known.toLowerCase() === name.toLowerCase(),
  )
  return scheme === undefined || value === undefined ? null : { scheme, value }
}
