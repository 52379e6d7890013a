import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { benchToken, startOrg } from './org.ts'
import { type ProcessSample, sampleProcess } from './process-samples.ts'
import { type Execution, renderSoak } from './render-soak.ts'
import { compareWithOrg, soakUsers, writeSoak } from './soak-org.ts'
import { othersOf, sampleWindows } from './window-samples.ts'

/**
 * A soak: a run of mixed actions at a real pace, in a simulated org with faults and other clients, killed three times
 * and resumed. It tells whether memory, sockets and timers stay as they are, and whether every user was acted on once.
 *
 * `npm run bench:soak -- --minutes 60` has windows of 60 s, like Okta's; `--minutes 3 --window 10` is a quick try at the
 * same pace. `--directory DIR` keeps the run and all samples there.
 */
const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    window: { type: 'string', default: '60' },
    directory: { type: 'string' },
  },
})
const minutes = Number(flags.minutes)
const windowSeconds = Number(flags.window)
const limit = windowSeconds * 10
const share = 0.5
/** Parts of the time. The last execution is the longest, because a slow leak shows there first. */
const killsAt = [0.1, 0.25, 0.45]
const everyMilliseconds = minutes < 10 ? 1000 : 5000
/** In the short windows of a try, a lost call must not be waited for longer than at Okta in proportion. */
const requestTimeoutSeconds = Math.max(3, Math.round(windowSeconds / 2))
/** Rows a minute that the share, the other clients and the faults leave, about. */
const rowsPerMinute = 240

const faults = {
  too_many_at_once: 0.01,
  error_before: 0.005,
  error_after: 0.005,
  bad_gateway_after: 0.003,
  unavailable_before: 0.003,
  gateway_timeout_after: 0.003,
  read_only: 0.003,
  drop_before: 0.004,
  drop_after: 0.004,
  tear_after: 0.003,
  drip_after: 0.002,
  hang_before: 0.001,
  hang_after: 0.001,
}

const directory = flags.directory ?? (await mkdtemp(join(tmpdir(), 'okta-lifecycle-soak-')))
await mkdir(directory, { recursive: true })
const runs = join(directory, 'runs')
const handlesFile = join(directory, 'handles.ndjson')
const log = await open(join(directory, 'log.txt'), 'a')
const users = soakUsers(minutes * rowsPerMinute)
const { seedFile, jobFile } = await writeSoak(directory, users)
const org = await startOrg({
  ...{ seedFile, limit, windowSeconds, latencyMs: 120 },
  // 2,000 reads for 600 lifecycle calls, as in a Workforce org.
  readLimit: Math.round(limit / 0.3),
  more: [
    ...Object.entries(faults).flatMap(([name, rate]) => ['--fault', `${name}=${rate}`]),
    ...['--fault-reads', '--drip', '20', '--activate-delay', '1500', '--neighbour', '120/min,token'],
  ],
})

const began = performance.now()
const secondsOver = (): number => (performance.now() - began) / 1000

/** One execution, to its end or until it is killed. */
async function execute(args: readonly string[], killAtSeconds: number | null): Promise<Execution> {
  const from = secondsOver()
  const child = spawn(
    process.execPath,
    ['--import', './dist-bench/handles.js', 'dist/main.js', ...args, '--yes', '--json', '--runs-dir', runs],
    {
      env: {
        ...process.env,
        OKTA_CLIENT_ORGURL: org.url,
        OKTA_CLIENT_TOKEN: benchToken,
        OKTA_CLIENT_REQUESTTIMEOUT: String(requestTimeoutSeconds),
        BENCH_HANDLES_FILE: handlesFile,
        BENCH_HANDLES_EVERY: String(everyMilliseconds),
      },
      stdio: ['ignore', log.fd, log.fd],
    },
  )
  const over = new AbortController()
  const pid = child.pid ?? 0
  const sampling = sampleProcess(pid, everyMilliseconds, over.signal)
  const ended = once(child, 'exit')
  if (killAtSeconds !== null) {
    await Promise.race([
      ended,
      sleep(Math.max(0, killAtSeconds - from) * 1000, undefined, { signal: over.signal }),
    ])
    child.kill('SIGKILL')
  }
  const [code] = (await ended) as [number | null]
  over.abort()
  const samples: ProcessSample[] = await sampling
  return { pid, code, seconds: secondsOver() - from, samples }
}

const watching = new AbortController()
const windows = sampleWindows(org.url, watching.signal)
const halfTime = sleep(minutes * 30_000, undefined, { signal: watching.signal })
  .then(() =>
    fetch(`${org.url}/sandbox/neighbours`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rate: '240/min,token' }),
    }),
  )
  // The run was over before half time.
  .catch((error: unknown) => {
    if (!watching.signal.aborted) throw error
  })

try {
  const executions: Execution[] = []
  for (const kill of [...killsAt, null]) {
    const args = executions.length === 0 ? ['run', '--job', jobFile, '--run-id', 'soak'] : ['resume', 'soak']
    executions.push(await execute(args, kill === null ? null : kill * minutes * 60))
  }
  watching.abort()
  await halfTime
  const soak = {
    ...{
      minutes: secondsOver() / 60,
      halfTime: began + minutes * 30_000,
      limit,
      windowSeconds,
      share,
      requestTimeoutSeconds,
      faults,
      executions,
    },
    windows: await windows,
    others: await othersOf(org.url),
    answers: await org.answers(),
    results: await compareWithOrg(org.url, join(runs, 'soak', 'results.jsonl'), users),
    handles: await readFile(handlesFile, 'utf8'),
    summary: await readFile(join(runs, 'soak', 'summary.json'), 'utf8'),
  }
  if (flags.directory !== undefined) await writeFile(join(directory, 'soak.json'), JSON.stringify(soak))
  process.stdout.write(renderSoak(soak))
  for (const wrong of soak.results.wrong.slice(0, 20)) process.stdout.write(`WRONG: ${wrong}\n`)
  process.exitCode = soak.results.wrong.length === 0 ? 0 : 1
} finally {
  watching.abort()
  await org.stop()
  await log.close()
  if (flags.directory === undefined) await rm(directory, { recursive: true, force: true })
}
