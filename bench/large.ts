import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { seedOrg } from './measure.ts'
import { benchToken, startOrg } from './org.ts'

/**
 * A large run against a simulated org in another process, each user read first.
 *
 * `npm run bench:large -- 1000000` carries it out to its end and prints its peak memory and whether there is one result a
 * row, in order. `npm run bench:large -- 300000 --kill` kills it when nine tenths of the rows have a result, resumes it,
 * and prints how long it takes to the first call.
 */
const rows = Number(process.argv[2] ?? 300_000)
const kills = process.argv.includes('--kill')
const scratch = await mkdtemp(join(tmpdir(), 'okta-lifecycle-large-'))
const directory = join(scratch, 'runs', 'large')
const journal = join(directory, 'journal.ndjson')

function start(url: string, args: readonly string[]) {
  return spawn(
    process.execPath,
    ['--import', './dist-bench/cpu-report.js', 'dist/main.js', ...args, '--yes', '--quiet', '--json'],
    {
      env: {
        ...process.env,
        OKTA_CLIENT_ORGURL: url,
        OKTA_CLIENT_TOKEN: benchToken,
        BENCH_COST_FILE: join(scratch, 'cost.json'),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}

/** Waits until so many lines with an event were appended to the journal after a byte. */
async function appended(event: string, count: number, from: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(4 * 1024 * 1024)
  const mark = `"event":"${event}"`
  for (let [at, found] = [from, 0]; found < count; ) {
    const file = await open(journal).catch(() => null)
    const bytesRead = (await file?.read(buffer, 0, buffer.length, at))?.bytesRead ?? 0
    await file?.close()
    const whole = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1
    found += buffer.toString('latin1', 0, whole).split(mark).length - 1
    at += whole
    if (whole === 0) await sleep(10)
  }
}

/** User and system time of a process, in seconds. Source: proc(5), fields 14 and 15 in ticks of 10 ms. */
async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).replace(/^.*\) /s, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** How many results there are; null if they are not one a row, in order. */
async function resultsInOrder(): Promise<number | null> {
  let expected = 0
  for await (const line of createInterface({ input: createReadStream(join(directory, 'results.jsonl')) }))
    if ((JSON.parse(line) as { row: number }).row !== ++expected) return null
  return expected
}

const { seedFile, idsFile } = await seedOrg(scratch, rows)
const org = await startOrg({ seedFile, limit: 100_000_000, windowSeconds: 60, latencyMs: 0 })
try {
  const began = performance.now()
  const run = start(org.url, [
    ...['run', idsFile, '--action', 'suspend', '--run-id', 'large', '--runs-dir', join(scratch, 'runs')],
    ...['--concurrency', '50', '--share', '1'],
  ])
  const ended = once(run, 'exit')
  if (kills) {
    await appended('result', rows * 0.9, 0)
    run.kill('SIGKILL')
    await ended
    const { size } = await stat(journal)
    const resumed = performance.now()
    const resume = start(org.url, ['resume', 'large', '--runs-dir', join(scratch, 'runs')])
    const over = once(resume, 'exit')
    await appended('intent', 1, size)
    const seconds = (performance.now() - resumed) / 1000
    const cpu = await cpuSecondsOf(resume.pid ?? 0)
    process.stdout.write(
      `${rows} rows, killed at 90%: first call ${seconds.toFixed(1)} s after resume, ${cpu.toFixed(1)} s of processors\n`,
    )
    resume.kill('SIGKILL')
    await over
  } else {
    const [code] = await ended
    const seconds = (performance.now() - began) / 1000
    const cost = JSON.parse(await readFile(join(scratch, 'cost.json'), 'utf8')) as Record<string, number>
    const results = await resultsInOrder()
    process.stdout.write(
      `${rows} rows: exit ${code}, ${seconds.toFixed(0)} s, ${cost.cpuSeconds?.toFixed(0)} s of processors, at most ${cost.peakMegabytes?.toFixed(0)} MB, ${results === rows ? 'one result a row, in order' : 'RESULTS ARE NOT ONE A ROW, IN ORDER'}\n`,
    )
  }
} finally {
  await org.stop()
  await rm(scratch, { recursive: true, force: true })
}
