import type { Group } from '../org/groups.ts'
import type { Attributes } from './match.ts'

const times = ['created', 'lastUpdated', 'lastMembershipUpdated'] as const

/** What `search` and `filter` may ask about the groups of a list; a row is a place in the list. */
export function groupAttributes(groups: readonly Group[]): Attributes {
  return (path) => {
    const time = times.find((name) => name === path)
    if (time !== undefined) return { kind: 'time', read: (row) => Date.parse(groups[row]?.[time] ?? '') }
    if (path === 'id') return { kind: 'exact', read: (row) => groups[row]?.id }
    if (path === 'type') return { kind: 'text', read: (row) => groups[row]?.type }
    if (path === 'profile.name') return { kind: 'text', read: (row) => groups[row]?.name }
    if (path === 'profile.description') return { kind: 'text', read: (row) => groups[row]?.description }
    return null
  }
}
