import type { HeaderValue } from './rate-limit.ts'

const link = /<([^<>]*)>([^<]*)/g
/** A `rel` among the parameters of a link: several relations may stand in quotation marks. */
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"']+))/i

/**
 * The target of `rel="next"` among `link` headers, of which Okta sends one a line. Undefined if none names a next page;
 * null if one seems to, in a form that can't be understood: that is not the end of the list. Source: RFC 8288, and Okta's
 * reference on paging.
 */
export function nextLink(value: HeaderValue): string | null | undefined {
  const text = typeof value === 'object' ? value.join(', ') : (value ?? '')
  for (const [, target, parameters] of text.matchAll(link)) {
    const [, quoted, bare] = relation.exec(parameters ?? '') ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (target !== undefined && target !== '' && relations.includes('next')) return target
  }
  return /\bnext\b/i.test(text.replaceAll(/<[^<>]*>|"[^"]*"(?<!rel\s*=\s*"[^"]*")/gi, '')) ? null : undefined
}
