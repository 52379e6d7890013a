import type { HeaderValue } from './rate-limit.ts'

/**
 * The target of `rel="next"` among `link` headers, of which Okta sends one a line; null if there is none. Source: RFC
 * 8288, and Okta's reference on paging.
 */
export function nextLink(value: HeaderValue): string | null {
  const text = typeof value === 'object' ? value.join(', ') : (value ?? '')
  for (const [, target, parameters] of text.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (target !== undefined && /;\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/i.test(parameters ?? '')) return target
  }
  return null
}
