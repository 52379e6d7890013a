import { ruleOf } from '../../src/okta/actions.ts'
import type { RefOf } from './evidence.ts'
import { ownerId, type RowSpec, type Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** I8: nothing is sent for a user whom a guard protects, nor for a row that nobody may act on. */
export function checkGuards(world: World, refOf: RefOf): void {
  const { scenario, departures } = world
  const rows = new Map(scenario.rows.map((row) => [row.ref, row]))
  const said = new Set<string>()
  for (const departed of departures) {
    const row = rows.get(refOf(departed.run, departed.row))
    const why = departed.key === ownerId ? 'owns the token' : row && whyNot(world, row, departed)
    if (why === undefined || why === null) continue
    const line = `I8 ${departed.action} was sent for ${departed.key} (row ${row?.ref}), which ${why}`
    if (!said.has(line)) world.violate(line)
    said.add(line)
  }
}

/** Why a call for a row may not leave; null if it may. */
function whyNot(world: World, row: RowSpec, departed: World['departures'][number]): string | null {
  const { scenario } = world
  const heir = row.user === row.id ? undefined : scenario.heirs.find(({ of }) => of === row.id)
  const id = departed.key === heir?.id ? departed.key : row.id
  if (departed.key !== id && !row.isNobody) return `is not the row's user, ${row.id}`
  const loginOf = (user: string): string => scenario.users.find((one) => one.id === user)?.login ?? ''
  // A pattern means whoever has such a login now.
  const login = (entry: string): string => {
    if (entry.startsWith('*')) return loginOf(row.id)
    return (world.inheritedAt.get(id) ?? Number.POSITIVE_INFINITY) <= departed.at ? '' : loginOf(id)
  }
  // A login means whoever had it when the process looked it up, or has it now if Okta refused to show that: it may have
  // been given away before.
  const shown = (entry: string): string | undefined => world.shown.get(`${departed.pid} ${entry}`)
  if (scenario.protect.some((entry) => covers(entry, id, login(entry), shown(entry)))) return 'is protected'
  if (scenario.members?.includes(id) === true) return 'is a member of the protected group'
  if (isProtectedAdmin(world, departed)) return 'has an admin role'
  if (row.bad !== null) return 'is of a bad row'
  if (!row.selected) return 'is not selected'
  if (row.dueMs !== null && departed.at < row.dueMs) return `is not due before ${row.dueMs}`
  if (!row.isNobody && row.login !== loginOf(row.id)) return `should be ${row.login}`
  if (!scenario.shortNames && isShortName(row.user)) return 'is named by a short name'
  const before = departed.step === 1 && departed.attempt === 1 ? departed.status : null
  if (before !== null && !isOfStatus(world, row, id, before)) return `is ${before}, which no guard allows`
  return null
}

/** Whether the job may protect the user of a row from an action, in an org where each name stands for one user. */
export function mayBeProtected(world: World, { id }: RowSpec, action: string): boolean {
  const { protect, users, members } = world.scenario
  const login = users.find((user) => user.id === id)?.login ?? ''
  return (
    protect.some((entry) => covers(entry, id, login, undefined)) ||
    members?.includes(id) === true ||
    isProtectedAdmin(world, { key: id, action })
  )
}

/** Whether the job protects the user of a call for an admin role: also one held through a group only if it says so. */
function isProtectedAdmin(
  { scenario, org }: World,
  { key, action }: { readonly key: string; readonly action: string },
): boolean {
  const { protectAdmins } = scenario
  const role = org.users.get(key)?.role ?? null
  if (protectAdmins === true) return role !== null
  return protectAdmins === null && role === 'own' && (action === 'deactivate' || action === 'suspend')
}

function covers(entry: string, id: string, login: string, shown: string | undefined): boolean {
  if (entry.startsWith('*')) return login.endsWith(entry.slice(1))
  return entry === id || (shown === undefined ? entry.toLowerCase() === login : shown === id)
}

function isShortName(key: string): boolean {
  return !key.includes('@') && !key.startsWith('00u')
}

/** Whether `only_status` allows a user of a status. What somebody else has just changed can't be known. */
function isOfStatus(
  { scenario, org }: World,
  row: RowSpec,
  id: string,
  status: NonNullable<Scenario['onlyStatus']>[number],
): boolean {
  const { onlyStatus, steps } = scenario
  if (onlyStatus === null || onlyStatus.includes(status)) return true
  if ((steps ?? [row.action]).some((action) => ruleOf(action).target.includes(status))) return true
  return org.applied.some(({ user, by }) => user === id && by === null)
}
