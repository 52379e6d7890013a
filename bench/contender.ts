import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchToken } from './org.ts'

/** The same work for every contender. */
interface Work {
  readonly url: string
  /** A CSV file with the header `id`. */
  readonly idsFile: string
  readonly inFlight: number
  /** Whether each user is read before the call. */
  readonly reads: boolean
  /** The part of the limit that our tool may use. The others have no such setting. */
  readonly share: number
}

/** The measurement of a contender. */
export interface Cost {
  readonly seconds: number
  readonly succeeded: number
  readonly failed: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

export interface Contender {
  readonly name: string
  readonly run: (work: Work) => Promise<Cost>
}

/** okta-lifecycle as it is built, with its journal and reports. */
export const ours: Contender = { name: 'okta-lifecycle', run: runOurs }

/** Okta's Node SDK with this many calls in flight; null: all at once, as with `Promise.all` over the users. */
export function officialSdk(name: string, inFlight: number | null): Contender {
  return {
    name,
    run: (work) => runClient('official-sdk', { ...work, inFlight: inFlight ?? Number.MAX_SAFE_INTEGER }),
  }
}

/** A bare loop on undici, which ignores every limit. */
export const bareLoop: Contender = { name: 'bare undici loop', run: (work) => runClient('undici-loop', work) }

async function runOurs(work: Work): Promise<Cost> {
  const runs = await mkdtemp(join(tmpdir(), 'okta-lifecycle-bench-'))
  try {
    const { seconds, cost, stdout } = await measured(
      [
        'dist/main.js',
        ...['run', work.idsFile, '--action', 'suspend', '--yes', '--quiet', '--json', '--runs-dir', runs],
        ...['--concurrency', String(work.inFlight), '--share', String(work.share)],
        ...(work.reads ? [] : ['--no-read']),
      ],
      { OKTA_CLIENT_ORGURL: work.url, OKTA_CLIENT_TOKEN: benchToken },
    )
    const summary = JSON.parse(stdout) as { tasks: number; results: { succeeded: number } }
    const { succeeded } = summary.results
    return { seconds, ...cost, succeeded, failed: summary.tasks - succeeded }
  } finally {
    await rm(runs, { recursive: true, force: true })
  }
}

async function runClient(client: string, work: Work): Promise<Cost> {
  const { seconds, cost, stdout } = await measured(
    [
      `dist-bench/clients/${client}.js`,
      ...[work.url, benchToken, work.idsFile, String(work.inFlight), work.reads ? 'reads' : 'no-reads'],
    ],
    // Otherwise the SDK refuses plain HTTP, even on loopback.
    { OKTA_TESTING_DISABLEHTTPSCHECK: 'true' },
  )
  const last = stdout.trim().split('\n').at(-1) ?? '{}'
  return { seconds, ...cost, ...(JSON.parse(last) as { succeeded: number; failed: number }) }
}

interface Measured {
  readonly seconds: number
  readonly cost: { readonly cpuSeconds: number; readonly peakMegabytes: number }
  readonly stdout: string
}

/** Runs a Node program to its end. Returns the wall time of the whole process and its cost. */
async function measured(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Measured> {
  const scratch = await mkdtemp(join(tmpdir(), 'okta-lifecycle-cost-'))
  const costFile = join(scratch, 'cost.json')
  try {
    const began = performance.now()
    const child = spawn(process.execPath, ['--import', './dist-bench/cpu-report.js', ...args], {
      env: { ...process.env, ...environment, BENCH_COST_FILE: costFile },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    await once(child, 'close')
    const seconds = (performance.now() - began) / 1000
    return { seconds, stdout, cost: JSON.parse(await readFile(costFile, 'utf8')) as Measured['cost'] }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
