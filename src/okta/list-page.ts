import type { Answered } from './answer.ts'

/** An entry of a list. Nothing is known about its fields. */
export type ListEntry = Readonly<Record<string, unknown>>

/** A page of a list. */
export interface ListPage {
  readonly entries: readonly ListEntry[]
  /** Where the next page is, as Okta names it; null if this is the last page. */
  readonly next: string | null
}

/**
 * Parses a page of a list. Null if it has another form, if an entry is not an object, or if it seems to name a next page
 * that can't be understood: then nobody knows whether the list ends here.
 *
 * @param form `list`: a list with a `link` header; `value`: as under `/iam`, an object with the list in `value` and the
 *   next page in `_links`
 */
export function parseListPage(answer: Answered, form: 'list' | 'value' = 'list'): ListPage | null {
  if (answer.httpStatus !== 200 || answer.body.kind !== 'json') return null
  const body: unknown = answer.body.value
  const { value, _links: links } = body as { value?: unknown; _links?: { next?: unknown } | null }
  const entries: unknown = form === 'list' ? body : value
  if (!Array.isArray(entries)) return null
  if (!entries.every((entry): entry is ListEntry => typeof entry === 'object' && entry !== null)) return null
  const inBody = form === 'list' ? undefined : hrefOf(links?.next)
  const next = inBody === undefined ? answer.nextPage : inBody
  return next === null ? null : { entries, next: next ?? null }
}

/** Undefined if there is no link; null if it can't be understood. */
function hrefOf(link: unknown): string | null | undefined {
  if (link === undefined || link === null) return undefined
  const href: unknown = Reflect.get(Object(link), 'href')
  return typeof href === 'string' && href !== '' ? href : null
}
