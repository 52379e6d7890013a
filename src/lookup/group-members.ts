import { listMembersRequest, readGroupRequest } from '../okta/request.ts'
import { groupUnchecked } from '../rules/unchecked-guards.ts'
import { type LookupParts, pacedGet } from './paced-get.ts'
import { readIds } from './read-list.ts'

/** A new member may be missing from a group's list for this long. Source: okta-sdk-dotnet's integration tests. */
const listedAfterMs = 3_000

/** Members by id, each with the group as a message names it. */
type Members = ReadonlyMap<string, string>

/** A list of members that is to be read once more. */
export interface FirstList {
  /**
   * Reads the list once more, late enough for new members to be in it. Whoever is in either list counts.
   *
   * @throws RunStopped if a list can't be read
   */
  again(): Promise<Members>
}

/**
 * Lists the members of groups for the first time. The second list comes late enough to have everyone who was a member
 * when the first one began.
 *
 * @throws RunStopped if a list can't be read; the message names the group
 */
export async function listMembers(parts: LookupParts, groups: readonly string[]): Promise<FirstList> {
  const begun = performance.now()
  const members = new Map<string, string>()
  const names = new Map<string, string>()
  const list = async (id: string): Promise<void> =>
    await addMembers(parts, id, (member) => members.set(member, names.get(id) ?? id))
  for (const id of groups) {
    names.set(id, await nameOf(parts, id))
    await list(id)
  }
  return {
    async again() {
      if (groups.length === 0) return members
      await parts.stop.wait(listedAfterMs - (performance.now() - begun))
      for (const id of groups) await list(id)
      return members
    },
  }
}

async function addMembers(parts: LookupParts, groupId: string, add: (member: string) => void): Promise<void> {
  const failure = await readIds(parts, listMembersRequest(groupId), add)
  if (failure !== null) throw parts.stop.because(groupUnchecked(groupId, failure))
}

/** A group for a message: with its name, if Okta shows it. */
async function nameOf(parts: LookupParts, groupId: string): Promise<string> {
  const got = await pacedGet(parts, readGroupRequest(groupId))
  if ('failed' in got || got.found.body.kind !== 'json') return groupId
  const { profile } = got.found.body.value as { profile?: { name?: unknown } }
  return typeof profile?.name === 'string' ? `${profile.name} (${groupId})` : groupId
}
