import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchToken, startOrg } from './org.ts'
import { type PageTimes, timePage } from './page-times.ts'
import { pageSection, withSection } from './render-page.ts'

/**
 * Measures how fast `report.html` opens, searches, filters and sorts in Chromium: `npm run bench:page`. Each report is
 * of a real run in a simulated org. The medians of five openings count; they replace a section of BENCHMARKS.md.
 */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const sizes = [10_000, 100_000]
const openings = 5

interface Report {
  readonly path: string
  readonly megabytes: number
  readonly remove: () => Promise<void>
}

/** Suspends so many users, each read before and after, and returns the run's page. */
async function makeReport(count: number): Promise<Report> {
  const place = await mkdtemp(join(tmpdir(), 'okta-lifecycle-bench-'))
  const seedFile = join(place, 'seed.json')
  const input = join(place, 'in.csv')
  const people = Array.from({ length: count }, (_, index) => `person${index + 1}@example.com`)
  const owner = { id: '00uBenchOwner0000000', status: 'ACTIVE', profile: { login: 'admin@example.com' } }
  const users = people.map((login, index) => ({
    id: `00uBench${String(index).padStart(12, '0')}`,
    // One in a hundred is suspended already.
    status: index % 100 === 0 ? 'SUSPENDED' : 'ACTIVE',
    profile: { login },
  }))
  const tokens = [{ value: benchToken, owner: owner.id }]
  await writeFile(seedFile, JSON.stringify({ version: 1, users: [...users, owner], tokens, calls: [] }))
  const rows = people.map(
    (login, index) => `${login},Person ${index + 1} of many,Department ${index % 40},Vienna`,
  )
  await writeFile(input, `login,name,department,city\n${rows.join('\n')}\n`)
  const org = await startOrg({ seedFile, limit: 10_000_000, windowSeconds: 60, latencyMs: 0 })
  try {
    const flags = ['--action', 'suspend', '--yes', '--quiet', '--runs-dir', place, '--run-id', 'run']
    const child = spawn(process.execPath, ['dist/main.js', 'run', input, ...flags, '--concurrency', '50'], {
      env: { ...process.env, OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_TOKEN: benchToken },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`The run ended with ${code}`)
  } finally {
    await org.stop()
  }
  const path = join(place, 'run', 'report.html')
  const { size } = await stat(path)
  return { path, megabytes: size / 1e6, remove: () => rm(place, { recursive: true, force: true }) }
}

function medianOf(times: readonly PageTimes[], name: keyof PageTimes): number {
  const sorted = times.map((one) => one[name]).sort((some, other) => some - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function measure(count: number) {
  const report = await makeReport(count)
  try {
    const times: PageTimes[] = []
    for (let opening = 0; opening < openings; opening++) {
      times.push(await timePage(executablePath, report.path, [`person${count - 7}@`, 'vienna']))
    }
    const medians = { open: 0, firstSearch: 0, search: 0, filter: 0, sort: 0 }
    for (const name of Object.keys(medians) as (keyof PageTimes)[]) medians[name] = medianOf(times, name)
    return { rows: count, megabytes: report.megabytes, ...medians }
  } finally {
    await report.remove()
  }
}

const measured = []
for (const count of sizes) measured.push(await measure(count))
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform}`
const section = pageSection(new Date().toISOString().slice(0, 10), machine, openings, measured)
await writeFile('BENCHMARKS.md', withSection(await readFile('BENCHMARKS.md', 'utf8'), section))
process.stdout.write(section)
