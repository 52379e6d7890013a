import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { readJobFile } from '../../src/job/read-job-file.ts'
import { type Action, parseAction } from '../../src/okta/actions.ts'

const root = resolve(import.meta.dirname, '../..')
const jobPaths = (await readdir(join(root, 'jobs'))).map((name) => join(root, 'jobs', name))

type Row = Record<string, unknown>

async function readSample(path: string): Promise<Row[]> {
  const text = await readFile(path, 'utf8')
  if (path.endsWith('.jsonl')) {
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
  }
  return parse(text, { columns: true, delimiter: text.split('\n', 1)[0]?.includes(';') ? ';' : ',' })
}

test('the shipped jobs are the three of the documentation', () => {
  expect(jobPaths.map((path) => basename(path)).sort()).toEqual([
    'migration-cleanup.yaml',
    'nightly.yaml',
    'offboarding.yaml',
  ])
})

describe.each(jobPaths)('%s', (path) => {
  test('names its schema for editors, is sound, and bears the name of its file', async () => {
    const [first] = (await readFile(path, 'utf8')).split('\n')
    expect(first).toBe('# yaml-language-server: $schema=../schema/job.schema.json')
    expect((await readJobFile(path)).job.name).toBe(basename(path, '.yaml'))
  })

  test('its sample has the columns that it names, fictional users, and nobody whom it protects', async () => {
    const { job, directory } = await readJobFile(path)
    const rows = await readSample(join(directory, job.input?.file ?? ''))
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows) {
      const user = String(row[job.input?.user_column ?? ''])
      expect(user).toMatch(/^(00u[A-Za-z0-9]{17}|[a-z]+\.[a-z]+@example\.com)$/)
      expect(job.guards?.protect).not.toContain(user)
    }
  })

  // From what the reference says of each action: where it is sent from, and where it leads.
  const from: Record<Action, string> = {
    activate: 'STAGED',
    deactivate: 'ACTIVE',
    reactivate: 'PROVISIONED',
    reset_factors: 'ACTIVE',
    suspend: 'ACTIVE',
    unlock: 'LOCKED_OUT',
    unsuspend: 'SUSPENDED',
  }
  const to: Partial<Record<Action, string>> = {
    activate: 'PROVISIONED',
    deactivate: 'DEPROVISIONED',
    suspend: 'SUSPENDED',
    unlock: 'ACTIVE',
    unsuspend: 'ACTIVE',
  }

  test('in an org that fits, each of its actions is legal, and some rows are duplicates', async () => {
    const { job, directory } = await readJobFile(path)
    const rows = await readSample(join(directory, job.input?.file ?? ''))
    const statuses = new Map<string, string>()
    const preceding = new Map<string, string>()
    let duplicates = 0
    let leftOut = 0
    for (const row of rows) {
      const { where, due } = job.input ?? {}
      const selected = Object.entries(where ?? {}).every(([column, cells]) =>
        cells.includes(String(row[column])),
      )
      if (!selected || (due !== undefined && String(row[due.column]) > '2050')) {
        leftOut++
        continue
      }
      const user = String(row[job.input?.user_column ?? ''])
      const written = parseAction(String(row[job.input?.action_column ?? ''] ?? ''))
      const actions =
        written === null
          ? (job.steps?.map((step) => step.action) ?? (job.action === undefined ? [] : [job.action]))
          : [written]
      expect(actions).not.toEqual([])
      const same = JSON.stringify([actions, row.send_email])
      if (preceding.get(user) === same) {
        duplicates++
        continue
      }
      preceding.set(user, same)
      for (const action of actions) {
        const status = statuses.get(user) ?? from[action]
        const legal = action === 'deactivate' ? status !== 'DEPROVISIONED' : status === from[action]
        expect({ user, action, status, legal }).toMatchObject({ legal: true })
        statuses.set(user, to[action] ?? status)
      }
    }
    expect(duplicates).toBeGreaterThanOrEqual(3)
    expect(leftOut > 0).toBe(job.input?.where !== undefined)
  })
})

test('the nightly sample has every action, in several letter cases, and rows with and without send_email', async () => {
  const rows = await readSample(join(root, 'samples/nightly.csv'))
  const changes = rows.filter((row) => row.status !== 'Active')
  expect(new Set(changes.map((row) => parseAction(String(row.action)))).size).toBe(7)
  expect(new Set(rows.map((row) => row.action)).size).toBeGreaterThan(7)
  expect(new Set(rows.map((row) => String(row.send_email).toLowerCase()))).toEqual(
    new Set(['', 'true', 'false']),
  )
})
