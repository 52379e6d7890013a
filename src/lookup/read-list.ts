import { describeAnswer } from '../okta/answer.ts'
import { type ListEntry, parseListPage } from '../okta/list-page.ts'
import type { OktaRequest } from '../okta/request.ts'
import type { Unchecked } from '../rules/unchecked-guards.ts'
import { type LookupParts, pacedGet } from './paced-get.ts'

/**
 * Reads a list page by page, for a guard: only answers that are certainly Okta's count, and what is not understood is
 * never taken for the end. The next page must be in the same org, because the token goes to no other address.
 *
 * @param onPage gets each page; returns whether the next one is wanted
 * @returns why the list could not be read as far as it was wanted; null if it was
 * @throws RunStopped as {@link pacedGet} does
 */
export async function readList(
  parts: LookupParts,
  first: OktaRequest,
  onPage: (entries: readonly ListEntry[]) => boolean,
): Promise<Unchecked | null> {
  const seen = new Set<string>()
  for (let request = first; ; ) {
    seen.add(request.path)
    const got = await pacedGet(parts, request, { certain: true })
    if ('failed' in got) {
      const isUnknown = got.failed.kind === 'answered' && got.failed.httpStatus === 404
      return { why: describeAnswer(got.failed), isUnknown }
    }
    const page = parseListPage(got.found, isOfIam(first) ? 'value' : 'list')
    if (page === null)
      return notUnderstood('its answer is not a list, or does not clearly say where the list continues')
    if (!onPage(page.entries) || page.next === null) return null
    const path = pathWithin(parts.orgUrl, page.next)
    if (path === null)
      return notUnderstood('it names a next page at another address, where the token is never sent')
    if (seen.has(path)) return notUnderstood('it names a page that was read already')
    request = { ...first, path }
  }
}

/** The lists under this path have their entries in `value`. Source: Okta's reference of `/api/v1/iam`. */
function isOfIam({ path }: OktaRequest): boolean {
  return path.startsWith('/api/v1/iam/')
}

function notUnderstood(why: string): Unchecked {
  return { why, isUnknown: false }
}

/** Path and query of an address within the org; null if it is elsewhere. */
function pathWithin(orgUrl: string, target: string): string | null {
  if (!URL.canParse(target, orgUrl)) return null
  const { origin, pathname, search } = new URL(target, orgUrl)
  return origin === new URL(orgUrl).origin && pathname.startsWith('/api/') ? `${pathname}${search}` : null
}

/** The ids of a page's entries; null if one has none, so that somebody on the list would be overlooked. */
function idsOf(entries: readonly ListEntry[]): readonly string[] | null {
  const ids = entries.map(({ id }) => id)
  return ids.every((id): id is string => typeof id === 'string' && id !== '') ? ids : null
}

/** Reads the ids of a whole list. As {@link readList}. */
export async function readIds(
  parts: LookupParts,
  first: OktaRequest,
  onId: (id: string) => void,
): Promise<Unchecked | null> {
  let nameless = false
  const failure = await readList(parts, first, (entries) => {
    const ids = idsOf(entries)
    for (const id of ids ?? []) onId(id)
    nameless = ids === null
    return !nameless
  })
  return nameless ? notUnderstood('an entry of its list has no id') : failure
}
