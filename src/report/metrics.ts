import type { ExitCode } from '../messages/known-error.ts'
import type { Summary } from './summary.ts'

/** A metric, as Prometheus reads it. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
}

/** How every file of ours begins. */
export const metricsHead = '# HELP okta_lifecycle_'

/**
 * The metrics of a job's latest run, in the text format that Prometheus' node exporter reads from a directory. Only
 * counts and times: nothing in it is about a single person.
 *
 * @param checkedAt when it was last known that nothing more is to be done, in epoch ms: the end of the run, or later if
 *   nothing had changed since
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function renderMetrics(summary: Summary, checkedAt: number): string {
  return `${metricsOf(summary, checkedAt).flatMap(linesOf).join('\n')}\n`
}

/** The metrics of an earlier run, with another exit code. */
export function withExitCode(metrics: string, code: ExitCode): string {
  return metrics.replace(/^(okta_lifecycle_exit_code\{.*\}) \d+$/m, `$1 ${code}`)
}

function metricsOf(summary: Summary, checkedAt: number): readonly Metric[] {
  const { job } = summary
  const single = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    samples: [[{ job }, value]],
  })
  const counts = (
    name: string,
    help: string,
    label: string,
    values: Readonly<Record<string, number>>,
  ): Metric => ({
    name,
    help,
    samples: Object.entries(values).map(([key, value]) => [{ job, [label]: key }, value]),
  })
  const { total, ...people } = summary.people ?? { total: 0 }
  return [
    single(
      'exit_code',
      "Exit status of the job's latest command; 0 means that nobody has to look.",
      summary.exit_code,
    ),
    single(
      'last_check_timestamp_seconds',
      'When the job last did its work or found nothing to do.',
      checkedAt / 1000,
    ),
    single(
      'finished_timestamp_seconds',
      "End of the job's latest run.",
      Date.parse(summary.finished_at) / 1000,
    ),
    single(
      'duration_seconds',
      'Seconds at work, all executions of the run together.',
      summary.duration_seconds,
    ),
    single('rows', "Rows of the run's input.", summary.rows),
    counts('tasks', 'Tasks of the run by result.', 'result', summary.results),
    single(
      'lost_activation_links',
      'Applied tasks of the run whose activation link is lost.',
      summary.lost_links ?? 0,
    ),
    ...(total === 0 ? [] : [counts('people', 'People of the run by what became of them.', 'state', people)]),
    counts('requests', 'Requests of the run by HTTP status.', 'status', summary.requests.by_http_status),
    counts('retries', 'Requests of the run that were sent again, by cause.', 'cause', summary.retries),
    ...(summary.lag === null || summary.lag === undefined
      ? []
      : [
          counts('lag_seconds', 'From the due time of tasks to their confirmation.', 'quantile', {
            '0.5': summary.lag.median_seconds,
            '0.95': summary.lag.p95_seconds,
            '1': summary.lag.worst_seconds,
          }),
        ]),
  ].filter(({ samples }) => samples.length > 0)
}

function linesOf({ name, help, samples }: Metric): readonly string[] {
  const full = `okta_lifecycle_${name}`
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} gauge`,
    ...samples.map(([labels, value]) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
      return `${full}{${pairs.join(',')}} ${value}`
    }),
  ]
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
