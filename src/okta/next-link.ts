import type { HeaderValue } from './rate-limit.ts'

const link = /<([^<>]*)>([^<]*)/g
const target = /<[^<>]*>/g
/** A parameter in quotation marks, other than `rel`: its text says nothing about the relation. */
const otherParameter = /\b(?!rel\b)\w+\s*=\s*"[^"]*"/gi
/** The `rel` parameter of a link: quotation marks may hold several relations. */
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"']+))/i

/**
 * The target of `rel="next"` in the `link` headers; Okta sends a header per link. Undefined if none names a next page;
 * null if one seems to, but can't be understood: then the list does not end here. Source: RFC 8288, and Okta's
 * reference on paging.
 */
export function nextLink(value: HeaderValue): string | null | undefined {
  // Nearly every answer returns here: only pages of lists have links.
  if (value === undefined) return undefined
  const text = typeof value === 'object' ? value.join(', ') : value
  for (const [, address, parameters] of text.matchAll(link)) {
    const [, quoted, bare] = relation.exec(parameters ?? '') ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (address !== undefined && address !== '' && relations.includes('next')) return address
  }
  return /\bnext\b/i.test(text.replaceAll(target, '').replaceAll(otherParameter, '')) ? null : undefined
}
