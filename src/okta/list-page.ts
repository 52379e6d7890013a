import type { Answered } from './answer.ts'

/** An entry of a list, with nothing known of its fields. */
export type ListEntry = Readonly<Record<string, unknown>>

/** A page of a list. */
export interface ListPage {
  readonly entries: readonly ListEntry[]
  /** Where the next page is, as Okta names it; null if this is the last page. */
  readonly next: string | null
}

/**
 * Parses a page of a list: a list with a `link` header, or, as under `/iam`, an object with the list in `value` and the
 * next page in `_links`. Null if it is neither, or an entry is not an object.
 */
export function parseListPage(answer: Answered): ListPage | null {
  if (answer.httpStatus !== 200 || answer.body.kind !== 'json') return null
  const body: unknown = answer.body.value
  const { value: list = body, _links: links } = body as {
    value?: unknown
    _links?: { next?: { href?: unknown } }
  }
  if (!Array.isArray(list)) return null
  const entries: unknown[] = list
  if (!entries.every((entry): entry is ListEntry => typeof entry === 'object' && entry !== null)) return null
  const inBody = links?.next?.href
  return { entries, next: typeof inBody === 'string' ? inBody : (answer.nextPage ?? null) }
}
