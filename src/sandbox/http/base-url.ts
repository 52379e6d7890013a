/** The org's URL as the client calls it, so that the links in answers lead to where the client already is. */
export function baseUrlOf(parts: { baseUrl(): string }, host: string | undefined): string {
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) ? `http://${host}` : parts.baseUrl()
}
