import type { Measurement, Setting } from './measure.ts'

/** One setting and its measurements. */
interface BenchTable {
  readonly title: string
  readonly setting: Setting
  /** Null if no limit bounds the time. */
  readonly ideal: number | null
  readonly measurements: readonly Measurement[]
}

export interface BenchReport {
  readonly date: string
  readonly machine: string
  readonly quick: boolean
  readonly tables: readonly BenchTable[]
}

/** Renders BENCHMARKS.md. */
export function renderBenchmarks(report: BenchReport): string {
  const mode = report.quick ? 'quick mode (windows of 10 s)' : "windows of 60 s, like Okta's"
  return [
    '# Benchmarks',
    '',
    `Measured on ${report.date} on ${report.machine}; ${mode}.`,
    '',
    'All contenders suspend the same users in the same run of the benchmark, each in its own simulated org',
    '(`okta-lifecycle sandbox`, in another process). Seconds cover the whole process with its start. In that time,',
    'okta-lifecycle also checks the input, writes a journal to disk before each call, and writes its reports. To repeat:',
    '`npm run bench` or `npm run bench -- --quick`.',
    '',
    ...report.tables.flatMap(renderTable),
  ].join('\n')
}

/**
 * The end of BENCHMARKS.md: the page of a report, which has a benchmark of its own, and what is written by hand,
 * measurements that were made once, to choose between two ways.
 */
export function keptPart(benchmarks: string): string {
  const start = benchmarks.search(/\n## (?:The page of a report|Large runs|Choices)\n/)
  return start === -1 ? '' : benchmarks.slice(start)
}

function renderTable(table: BenchTable): string[] {
  return [
    `## ${table.title}`,
    '',
    describe(table),
    '',
    ...(table.ideal === null ? rates(table) : waits(table, table.ideal)),
    '',
  ]
}

function describe({ setting }: BenchTable): string {
  const { users, limit, windowSeconds, latencyMs, inFlight, share, neighbourCalls, reads } = setting
  const what = `${users} users, ${inFlight} in flight${reads ? ', each user read before the call' : ''}`
  if (limit > 1_000_000) return `${what}, no effective limit, immediate answers. Medians of three turns.`
  const neighbour =
    neighbourCalls === 0
      ? ''
      : ` Another client takes ${neighbourCalls} calls a window of the same counter, evenly.`
  return `${what}, a limit of ${limit} calls in ${windowSeconds} s, ${latencyMs} ms a call; our share is ${share}.${neighbour}`
}

function waits({ measurements }: BenchTable, ideal: number): string[] {
  return table(
    ['', 'seconds', 'of the ideal', '429s', 'failed users', 'requests per user', "neighbour's refusals"],
    measurements.map((one) => [
      one.name,
      one.seconds.toFixed(1),
      (one.seconds / ideal).toFixed(3),
      String(one.refused),
      String(one.failed),
      one.requestsPerUser.toFixed(2),
      one.neighbour === null ? '' : `${one.neighbour.refused} of ${one.neighbour.sent}`,
    ]),
    `The ideal is ${ideal.toFixed(1)} s: what the share of the limit allows at best.`,
  )
}

function rates({ measurements }: BenchTable): string[] {
  const floor = measurements.find(({ name }) => name.startsWith('bare'))
  return table(
    ['', 'seconds', 'users/s', "of the bare loop's rate", 'CPU µs per user', 'peak MB', 'failed users'],
    measurements.map((one) => [
      one.name,
      one.seconds.toFixed(2),
      (one.users / one.seconds).toFixed(0),
      floor === undefined ? '' : (floor.seconds / one.seconds).toFixed(2),
      ((one.cpuSeconds / one.users) * 1e6).toFixed(0),
      one.peakMegabytes.toFixed(0),
      String(one.failed),
    ]),
    null,
  )
}

/** A table in Markdown; its first column is text, the others are numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  note: string | null,
): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(head), line(rule), ...rows.map(line), ...(note === null ? [] : ['', note])]
}
