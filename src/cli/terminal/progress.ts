import { forecast } from '../../budget/forecast.ts'
import type { ExecutionView } from '../../engine/execution.ts'
import { renderDuration } from '../../messages/duration.ts'

/** Shows how far a run has got, on standard error. */
export interface Progress {
  begin(view: ExecutionView): void
  update(): void
  end(): void
}

const terminalEveryMs = 200
const linesEveryMs = 5_000
const waitsEveryMs = 1_000
/** A short run still shows its quarters, but no more than two lines a second. */
const shortestGapMs = 500

/**
 * On a terminal, one line that is overwritten; elsewhere, a line now and then, without colour or cursor movement.
 *
 * @param tasks tasks of the whole run
 * @param readsPerTask 0 if users are not read
 * @param callsPerTask the requests of a task that count as lifecycle calls
 */
export function createProgress(tasks: number, readsPerTask: number, callsPerTask = 1): Progress {
  const terminal = process.stderr.isTTY === true
  const every = terminal ? terminalEveryMs : linesEveryMs
  let view: ExecutionView | null = null
  let startedAt = 0
  let doneAtStart = 0
  let lastShown = 0
  let shownQuarter = 0
  let shownWaits = ''
  let timer: NodeJS.Timeout | undefined

  function show(now: number): void {
    if (view === null) return
    lastShown = now
    const costs = { readsPerTask, callsPerTask }
    const line = renderProgress(view, tasks, costs, view.state.done - doneAtStart, now - startedAt)
    process.stderr.write(
      terminal ? `\r\u001b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`,
    )
  }

  return {
    begin(execution) {
      view = execution
      // Independent of results: a wait is reported when it begins, not when it is over.
      timer = setInterval(() => {
        const waits = view === null ? '' : renderWaits(view.buckets()).join()
        if (waits !== shownWaits && view !== null) show(performance.now())
        shownWaits = waits
      }, waitsEveryMs).unref()
      startedAt = performance.now()
      doneAtStart = execution.state.done
      show(startedAt)
    },
    update() {
      const now = performance.now()
      const quarter = view === null ? 0 : Math.floor((view.state.done / Math.max(1, tasks)) * 4)
      const due = quarter > shownQuarter && now - lastShown >= shortestGapMs
      if (!due && now - lastShown < every) return
      shownQuarter = quarter
      show(now)
    },
    end() {
      clearInterval(timer)
      if (view === null) return
      show(performance.now())
      if (terminal) process.stderr.write('\n')
      view = null
    },
  }
}

/** Shows nothing, for `--quiet`. */
export function silentProgress(): Progress {
  return { begin: () => {}, update: () => {}, end: () => {} }
}

const shownCounts = ['succeeded', 'unchanged', 'failed', 'skipped', 'in_doubt'] as const

/** What a task costs, in requests. */
interface TaskCosts {
  readonly readsPerTask: number
  readonly callsPerTask: number
}

function renderProgress(
  { state, buckets }: ExecutionView,
  tasks: number,
  perTask: TaskCosts,
  doneHere: number,
  elapsedMs: number,
): string {
  const { done, counts } = state
  const reports = buckets()
  const percent = tasks === 0 ? 100 : Math.floor((done / tasks) * 100)
  const parts = shownCounts
    .map((name) => [name, counts.get(name) ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
  const eta = renderEta(reports, tasks - done, perTask, doneHere, elapsedMs)
  return [`${done}/${tasks} (${percent}%)`, ...parts, ...eta, ...renderWaits(reports)].join(', ')
}

function renderEta(
  buckets: ReturnType<ExecutionView['buckets']>,
  left: number,
  { readsPerTask, callsPerTask }: TaskCosts,
  doneHere: number,
  elapsedMs: number,
): string[] {
  if (left <= 0) return []
  const costs = buckets.flatMap((bucket) => {
    if (bucket.bucket === '/api/v1/users') return [{ bucket, perTask: callsPerTask }]
    if (bucket.bucket === '/api/v1/users/{id}') return [{ bucket, perTask: readsPerTask }]
    return []
  })
  const byBudget = forecast(left, costs)
  const perSecond = elapsedMs < 1_000 ? 0 : doneHere / (elapsedMs / 1000)
  if (byBudget === null) return perSecond === 0 ? [] : [`${perSecond.toFixed(0)}/s, no rate limit seen`]
  return [
    `${left} left at ${Math.floor(byBudget.perMinute)}/min by Okta's limit: about ${renderDuration(byBudget.seconds)}`,
  ]
}

const waitReasons = {
  refused: 'a call hit the rate limit',
  share_used: 'this run has used its share of the limit',
  others: 'the rest of the limit is left to other programs',
} as const

/** Why nothing is being sent, and until when, by Okta's clock. */
function renderWaits(buckets: ReturnType<ExecutionView['buckets']>): string[] {
  return buckets.flatMap(({ bucket, waiting }) => {
    if (waiting === null) return []
    const until = new Date(waiting.until).toISOString().slice(11, 19)
    return [`waiting until ${until} UTC in ${bucket}: ${waitReasons[waiting.why]}`]
  })
}
