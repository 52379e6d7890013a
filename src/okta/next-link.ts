import type { HeaderValue } from './rate-limit.ts'

const link = /<([^<>]*)>([^<]*)/g
const target = /<[^<>]*>/g
/** A parameter in quotation marks, other than `rel`: its text says nothing about the relation. */
const otherParameter = /\b(?!rel\b)\w+\s*=\s*"[^"]*"/gi
/** A `rel` among the parameters of a link: several relations may stand in quotation marks. */
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"']+))/i

/**
 * The target of `rel="next"` among `link` headers, of which Okta sends one a line. Undefined if none names a next page;
 * null if one seems to, in a form that can't be understood: that is not the end of the list. Source: RFC 8288, and Okta's
 * reference on paging.
 */
export function nextLink(value: HeaderValue): string | null | undefined {
  // Nearly every answer: only pages of lists have links.
  if (value === undefined) return undefined
  const text = typeof value === 'object' ? value.join(', ') : value
  for (const [, address, parameters] of text.matchAll(link)) {
    const [, quoted, bare] = relation.exec(parameters ?? '') ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (address !== undefined && address !== '' && relations.includes('next')) return address
  }
  return /\bnext\b/i.test(text.replaceAll(target, '').replaceAll(otherParameter, '')) ? null : undefined
}
