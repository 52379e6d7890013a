import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { bareLoop, type Contender, officialSdk, ours } from './contender.ts'
import { idealSeconds, type Measurement, measure, type Setting } from './measure.ts'
import { keptPart, renderBenchmarks } from './render.ts'

/**
 * Measures okta-lifecycle, Okta's Node SDK and a bare loop on the same work. With a rate limit, contenders mostly wait,
 * so they run in parallel. Without one, they take turns, three times each, and the medians count.
 *
 * `npm run bench` uses windows of 60 s, like Okta, and takes some minutes; `npm run bench -- --quick` uses windows of
 * 10 s. Both write BENCHMARKS.md and keep its section "Choices".
 */
const quick = process.argv.includes('--quick')
const windowSeconds = quick ? 10 : 60
const limit = quick ? 60 : 300

const throttled: Setting = {
  // Two whole windows, and all but a few calls of a third.
  users: Math.floor(limit * 2.967),
  limit,
  windowSeconds,
  latencyMs: 120,
  inFlight: 20,
  reads: false,
  share: 1,
  neighbourCalls: 0,
}
const withNeighbour: Setting = { ...throttled, share: 0.5, users: limit * 1.5, neighbourCalls: limit * 0.4 }
const unthrottled: Setting = {
  ...throttled,
  users: quick ? 5_000 : 20_000,
  limit: 10_000_000,
  latencyMs: 0,
  inFlight: 50,
}

const throttledContenders: readonly Contender[] = [
  ours,
  officialSdk("Okta's Node SDK, one by one", 1),
  officialSdk("Okta's Node SDK, 20 in flight", 20),
  officialSdk("Okta's Node SDK, Promise.all", null),
  bareLoop,
]
const unthrottledContenders: readonly Contender[] = [
  ours,
  bareLoop,
  officialSdk("Okta's Node SDK, 50 in flight", 50),
]

async function sideBySide(setting: Setting): Promise<Measurement[]> {
  return await Promise.all(throttledContenders.map((contender) => measure(contender, setting)))
}

/** The median of three turns for each contender, by time. */
async function inTurns(setting: Setting): Promise<Measurement[]> {
  const turns: Measurement[][] = []
  for (let turn = 0; turn < 3; turn++) {
    const measurements: Measurement[] = []
    for (const contender of unthrottledContenders) measurements.push(await measure(contender, setting))
    turns.push(measurements)
  }
  return unthrottledContenders.map(({ name }) => {
    const own = turns.flat().filter((measurement) => measurement.name === name)
    const sorted = own.toSorted((a, b) => a.seconds - b.seconds)
    const median = sorted[1]
    if (median === undefined) throw new Error(`${name} was not measured.`)
    return median
  })
}

async function main(): Promise<void> {
  const [alone, neighbour] = await Promise.all([sideBySide(throttled), sideBySide(withNeighbour)])
  const plain = await inTurns(unthrottled)
  const reading = await inTurns({ ...unthrottled, reads: true })
  const text = renderBenchmarks({
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${process.platform}`,
    quick,
    tables: [
      { title: 'Alone', setting: throttled, ideal: idealSeconds(throttled), measurements: alone },
      {
        title: 'With a neighbour',
        setting: withNeighbour,
        ideal: idealSeconds(withNeighbour),
        measurements: neighbour,
      },
      { title: 'Unthrottled, without reads', setting: unthrottled, ideal: null, measurements: plain },
      {
        title: 'Unthrottled, each user read first',
        setting: { ...unthrottled, reads: true },
        ideal: null,
        measurements: reading,
      },
    ],
  })
  await writeFile('BENCHMARKS.md', text + keptPart(await readFile('BENCHMARKS.md', 'utf8')))
  process.stdout.write(text)
}

await main()
