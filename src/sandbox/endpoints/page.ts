import { type OktaError, validationError } from '../answers/okta-error.ts'
import { jsonReply, type Reply } from '../answers/reply.ts'
import type { ApiCall } from './endpoint.ts'

/** Part of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  /** The value of `after` for the next part; null if this is the last. */
  readonly next: string | null
}

/** How much of a list is asked for: `limit`, at most `most`; or the refusal of anything but a number from 1. */
export function limitOf(call: ApiCall, standard: number, most: number): number | OktaError {
  const given = call.query('limit')
  if (given === undefined || given === '') return standard
  if (!/^\d+$/.test(given) || Number(given) === 0) {
    return validationError('limit', ["limit: 'limit' must be a whole number from 1"])
  }
  return Math.min(Number(given), most)
}

/** Takes one page of the items after the cursor. `cursorOf` gives an item's cursor. */
export function pageOf<T>(items: Iterable<T>, limit: number, cursorOf: (item: T) => string): Page<T> {
  const taken: T[] = []
  for (const item of items) {
    const last = taken.at(-1)
    if (taken.length === limit && last !== undefined) return { items: taken, next: cursorOf(last) }
    taken.push(item)
  }
  return { items: taken, next: null }
}

/** The refusal of a cursor that no page ever named. */
export function unknownCursor(cursor: string): OktaError {
  return validationError('after', [`after: Invalid cursor ${cursor}`])
}

/** The URL of the call with another cursor; everything else is as the client sent it. */
export function nextUrl(call: ApiCall, cursor: string): string {
  const [path = '', query = ''] = call.target.split('?', 2)
  const others = query.split('&').filter((part) => part !== '' && !part.startsWith('after='))
  return `${call.baseUrl}${path}?${[`after=${encodeURIComponent(cursor)}`, ...others].join('&')}`
}

/** A list with the two `Link` headers by which clients page, each on a line of its own, as Okta sends them. */
export function listReply<T>(call: ApiCall, page: Page<T>, show: (item: T) => object): Reply {
  const links = ['link', `<${call.baseUrl}${call.target}>; rel="self"`]
  if (page.next !== null) links.push('link', `<${nextUrl(call, page.next)}>; rel="next"`)
  return jsonReply(page.items.map(show), links)
}
