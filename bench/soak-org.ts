import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { benchToken } from './org.ts'

/** One user of the soak, before its one row is done. */
interface SoakUser {
  readonly id: string
  readonly login: string
  readonly status: string
  readonly action: string
}

/** What each twenty users are, and what is done to them. */
const mix: readonly (readonly [count: number, status: string, action: string])[] = [
  [5, 'ACTIVE', 'suspend'],
  [2, 'ACTIVE', 'deactivate'],
  [2, 'SUSPENDED', 'deactivate'],
  [3, 'SUSPENDED', 'unsuspend'],
  [3, 'STAGED', 'activate'],
  [2, 'LOCKED_OUT', 'unlock'],
  [2, 'ACTIVE', 'reset_factors'],
  [1, 'PROVISIONED', 'reactivate'],
]
const twenty = mix.flatMap(([count, status, action]) =>
  Array.from({ length: count }, () => ({ status, action })),
)

const ownerId = '00uBenchOwner0000000'

/** So many users with mixed statuses and actions. */
export function soakUsers(count: number): SoakUser[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `00uSoak${String(index).padStart(13, '0')}`,
    login: `user${index}@example.com`,
    // 7 and 20 have no common divisor: the actions are spread, and each is as frequent as in the mix.
    ...(twenty[(index * 7) % 20] ?? { status: 'ACTIVE', action: 'suspend' }),
  }))
}

/** Writes the seed of the org, an input that names every other user by id and the rest by login, and the job. */
export async function writeSoak(directory: string, users: readonly SoakUser[]) {
  const seedFile = join(directory, 'seed.json')
  const jobFile = join(directory, 'soak.yaml')
  const owner = { id: ownerId, status: 'ACTIVE', profile: { login: 'admin@example.com' } }
  const seed = {
    version: 1,
    users: [...users.map(seedOf), owner],
    tokens: [{ value: benchToken, owner: ownerId }],
    calls: [],
  }
  await writeFile(seedFile, JSON.stringify(seed))
  const rows = users.map(({ id, login, action }, index) => `${index % 2 === 0 ? id : login},${action}`)
  await writeFile(join(directory, 'input.csv'), `user,action\n${rows.join('\n')}\n`)
  await writeFile(
    jobFile,
    [
      'name: soak',
      'input: { file: input.csv, user_column: user, action_column: action }',
      'options: { send_email: false, respond_async: true }',
      'report: { activation_links: links.csv }',
      'verify: true',
      '',
    ].join('\n'),
  )
  return { seedFile, jobFile }
}

function seedOf({ id, login, status, action }: SoakUser, index: number): object {
  const factor = {
    factorType: 'push',
    provider: 'OKTA',
    status: 'ACTIVE',
    created: '2024-01-15T09:00:00.000Z',
  }
  const factors = action === 'reset_factors' ? [{ id: `opfSoak${index}`, ...factor }] : []
  return { id, status, profile: { login }, factors }
}

/** How the rows ended, and those whose result is not what the org carried out. */
export interface SoakResults {
  readonly counts: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
}

/**
 * Compares each result with the calls that the org carried out: exactly one for `succeeded`, one at most for `in_doubt`,
 * none for any other; and one result a row, in order.
 */
export async function compareWithOrg(
  url: string,
  resultsFile: string,
  users: readonly SoakUser[],
): Promise<SoakResults> {
  const response = await fetch(`${url}/sandbox/calls`)
  const { applied } = (await response.json()) as { applied: Record<string, Record<string, number>> }
  const counts: Record<string, number> = {}
  const wrong: string[] = []
  let row = 0
  for await (const line of createInterface({ input: createReadStream(resultsFile) })) {
    const end = JSON.parse(line) as { row: number; action: string; result: string }
    const user = users[row]
    row += 1
    counts[end.result] = (counts[end.result] ?? 0) + 1
    const { [user?.action ?? '']: times = 0, ...others } = applied[user?.id ?? ''] ?? {}
    const expected = end.result === 'succeeded' ? [1] : end.result === 'in_doubt' ? [0, 1] : [0]
    const asOrdered = end.row === row && end.action === user?.action
    if (!asOrdered || !expected.includes(times) || Object.keys(others).length > 0)
      wrong.push(`line ${row}: row ${end.row}, ${end.action}, ${end.result}, carried out ${times} times`)
  }
  if (row !== users.length) wrong.push(`${row} results for ${users.length} rows`)
  return { counts, wrong }
}
