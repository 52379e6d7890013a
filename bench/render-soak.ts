import { cpus } from 'node:os'
import { median, type ProcessSample, type Trend, trendOf } from './process-samples.ts'
import { table } from './render.ts'
import type { SoakResults } from './soak-org.ts'
import type { OthersCounts, WindowUse } from './window-samples.ts'

/** One execution of the run, with what it held while it worked. */
export interface Execution {
  readonly pid: number
  /** Null if it was killed. */
  readonly code: number | null
  readonly seconds: number
  readonly samples: readonly ProcessSample[]
}

/** What a soak has found. */
export interface Soak {
  readonly minutes: number
  /** When the other clients became more, in milliseconds of the bench's own clock. */
  readonly halfTime: number
  readonly limit: number
  readonly windowSeconds: number
  readonly share: number
  readonly requestTimeoutSeconds: number
  readonly faults: Readonly<Record<string, number>>
  readonly executions: readonly Execution[]
  readonly windows: readonly WindowUse[]
  readonly others: OthersCounts
  /** The org's answers by HTTP status. */
  readonly answers: Readonly<Record<string, number>>
  readonly results: SoakResults
  /** What `handles.ts` wrote. */
  readonly handles: string
  /** The run's `summary.json`. */
  readonly summary: string
}

interface HandlesSample {
  readonly pid: number
  readonly timers: number
  readonly handles: number
  readonly heapMegabytes: number
}

/** After this time, or a third of a shorter execution, a process counts as warm. */
const warmUpSeconds = 120
/** In less time than this, garbage that is not yet collected says more about memory than a leak would. */
const trendSeconds = 1200

/** Renders the section of BENCHMARKS.md. */
export function renderSoak(soak: Soak): string {
  const handles = soak.handles.trim().split('\n')
  const samples = handles.map((line) => JSON.parse(line) as HandlesSample)
  const faulty = Object.values(soak.faults).reduce((sum, rate) => sum + rate, 0)
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} on ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${process.platform}:`,
    `a limit of ${soak.limit} calls in ${soak.windowSeconds} s, 120 ms a call, a time limit of ${soak.requestTimeoutSeconds} s; ${(faulty * 100).toFixed(1)}% of all requests meet a fault`,
    `(${Object.keys(soak.faults).join(', ')}).`,
    '',
    ...table(
      [
        'execution',
        'minutes',
        'MB',
        'MB an hour',
        'most MB',
        'heap MB',
        'sockets',
        'other files',
        'threads',
        'timers',
        'handles',
      ],
      soak.executions.map((execution, index) => executionRow(execution, index, samples)),
      'Medians of the first → the last third of each execution after its warm-up (two minutes, or a third of a shorter one); of the heap, the least.',
    ),
    '',
    ...table(['', ''], facts(soak), null),
    '',
  ].join('\n')
}

function executionRow(execution: Execution, index: number, all: readonly HandlesSample[]): string[] {
  const { samples, seconds, code } = execution
  const inside = all.filter(({ pid }) => pid === execution.pid)
  const cold = Math.min(warmUpSeconds, seconds / 3) / seconds
  const warm = samples.slice(Math.floor(samples.length * cold))
  const warmInside = inside.slice(Math.floor(inside.length * cold))
  const megabytes = trendOf(warm.map((sample) => sample.megabytes))
  const third = Math.ceil(warmInside.length / 3)
  const heap = (part: readonly HandlesSample[]) => Math.min(...part.map((sample) => sample.heapMegabytes))
  // From the middle of the first third to that of the last.
  const hours = (seconds * (1 - cold) * 2) / 3 / 3600
  const end = code === null ? 'killed' : `ended with ${code}`
  return [
    `${index + 1}, ${end}`,
    (seconds / 60).toFixed(1),
    `${megabytes.first.toFixed(0)} → ${megabytes.last.toFixed(0)}`,
    seconds < trendSeconds ? '' : ((megabytes.last - megabytes.first) / hours).toFixed(1),
    Math.max(...samples.map((sample) => sample.megabytes)).toFixed(0),
    `${heap(warmInside.slice(0, third)).toFixed(1)} → ${heap(warmInside.slice(-third)).toFixed(1)}`,
    arrow(trendOf(warm.map((sample) => sample.sockets))),
    arrow(trendOf(warm.map((sample) => sample.otherFiles))),
    arrow(trendOf(warm.map((sample) => sample.threads))),
    arrow(trendOf(warmInside.map((sample) => sample.timers))),
    arrow(trendOf(warmInside.map((sample) => sample.handles))),
  ]
}

function arrow({ first, last, most }: Trend): string {
  return first === most && last === most ? String(most) : `${first} → ${last}, at most ${most}`
}

function facts(soak: Soak): string[][] {
  const { retries } = JSON.parse(soak.summary) as { retries: Record<string, number> }
  const allowed = Math.floor(soak.limit * soak.share)
  const requests = Object.values(soak.answers).reduce((sum, count) => sum + count, 0)
  const { counts, wrong } = soak.results
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return [
    ['minutes', soak.minutes.toFixed(1)],
    [
      'rows',
      `${rows}: ${Object.entries(counts)
        .map(([result, count]) => `${count} ${result}`)
        .join(', ')}`,
    ],
    ['rows whose result is not what the org carried out', String(wrong.length)],
    ['requests that reached the org', String(requests)],
    [
      'answers',
      Object.entries(soak.answers)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', '),
    ],
    ['429s by the rate limit', String(retries.rate_limited ?? 0)],
    [
      'most of our calls in a window',
      `${Math.max(...soak.windows.map(({ ours }) => ours))} of ${allowed} that our share allows`,
    ],
    ...halves(soak),
    ["the other clients' refusals", `${soak.others.refused} of ${soak.others.calls}`],
  ]
}

/** What was used of the windows before and after the other clients became three times as many. */
function halves({ windows, limit, windowSeconds, halfTime }: Soak): string[][] {
  // The first window and the last one are not whole, and in that of half time both hold.
  const whole = windows.slice(1, -1)
  const early = whole.filter(({ at }) => at < halfTime)
  const late = whole.filter(({ at }) => at > halfTime + (windowSeconds + 1) * 1000)
  return [early, late].map((part, index) => [
    `calls in a window, ${index === 0 ? 'before' : 'after'} half time (medians)`,
    `${median(part.map(({ ours }) => ours))} ours, ${median(part.map(({ others }) => others))} the others', of ${limit}`,
  ])
}
