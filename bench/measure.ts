import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Cost } from './contender.ts'
import { type NeighbourReport, startNeighbour } from './neighbour.ts'
import { benchToken, startOrg } from './org.ts'

/** One setting of the benchmark. Each contender is measured in its own org. */
export interface Setting {
  readonly users: number
  readonly limit: number
  readonly windowSeconds: number
  readonly latencyMs: number
  readonly inFlight: number
  readonly reads: boolean
  readonly share: number
  /** Calls per window by another client on the same counter; 0: no other client. */
  readonly neighbourCalls: number
}

/** The measurement of one contender in one setting. */
export interface Measurement extends Cost {
  readonly name: string
  readonly users: number
  /** Requests of the contender that were refused with a 429. */
  readonly refused: number
  readonly requestsPerUser: number
  /** Null if there was no neighbour. */
  readonly neighbour: NeighbourReport | null
}

const ownerId = '00uBenchOwner0000000'

/** Measures one contender, in a fresh org. */
export async function measure(contender: Contender, setting: Setting): Promise<Measurement> {
  const scratch = await mkdtemp(join(tmpdir(), 'okta-lifecycle-bench-'))
  const { seedFile, idsFile } = await seedOrg(scratch, setting.users)
  const org = await startOrg({ ...setting, seedFile })
  try {
    const neighbour =
      setting.neighbourCalls === 0
        ? null
        : startNeighbour(org.url, ownerId, setting.neighbourCalls, setting.windowSeconds)
    const cost = await contender.run({ ...setting, url: org.url, idsFile })
    const report = (await neighbour?.stop()) ?? null
    const answers = await org.answers()
    const all = Object.values(answers).reduce((sum, count) => sum + count, 0)
    return {
      ...cost,
      name: contender.name,
      users: setting.users,
      refused: (answers['429'] ?? 0) - (report?.refused ?? 0),
      requestsPerUser: (all - (report?.sent ?? 0)) / setting.users,
      neighbour: report,
    }
  } finally {
    await org.stop()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Writes the seed of an org with so many active users, and an input that names each by its id. */
export async function seedOrg(
  directory: string,
  users: number,
): Promise<{ readonly seedFile: string; readonly idsFile: string }> {
  const seedFile = join(directory, 'seed.json')
  const idsFile = join(directory, 'ids.csv')
  const ids = Array.from({ length: users }, (_, index) => `00uBench${String(index).padStart(12, '0')}`)
  await writeFile(seedFile, JSON.stringify(seedOf(ids)))
  await writeFile(idsFile, `id\n${ids.join('\n')}\n`)
  return { seedFile, idsFile }
}

function seedOf(ids: readonly string[]): object {
  const users = ids.map((id, index) => ({
    id,
    status: 'ACTIVE',
    profile: { login: `user${index}@example.com` },
  }))
  const owner = { id: ownerId, status: 'ACTIVE', profile: { login: 'admin@example.com' } }
  return { version: 1, users: [...users, owner], tokens: [{ value: benchToken, owner: ownerId }], calls: [] }
}

/**
 * The shortest time that the work can take within the allowance: whole windows, each of which lasts one second longer
 * than its length, then the last calls as fast as answers come.
 */
export function idealSeconds(setting: Setting): number {
  const perWindow = Math.max(1, Math.floor(setting.limit * setting.share))
  const windows = Math.ceil(setting.users / perWindow) - 1
  const last = setting.users - windows * perWindow
  return (
    windows * (setting.windowSeconds + 1) + Math.ceil(last / setting.inFlight) * (setting.latencyMs / 1000)
  )
}
