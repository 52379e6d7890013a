import { expect, test } from 'vitest'
import { renderMetrics } from '../../src/report/metrics.ts'
import { complete } from './summary-sample.ts'

test('metrics are what Prometheus reads: each with help and type, no name of a person', () => {
  const text = renderMetrics({ ...complete, job: 'night "ly\\' }, Date.parse('2026-03-02T10:00:05.000Z'))
  expect(text).toMatchInlineSnapshot(`
    "# HELP okta_lifecycle_exit_code Exit status of the job's latest command; 0 means that nobody has to look.
    # TYPE okta_lifecycle_exit_code gauge
    okta_lifecycle_exit_code{job="night \\"ly\\\\"} 0
    # HELP okta_lifecycle_last_check_timestamp_seconds When the job last did its work or found nothing to do.
    # TYPE okta_lifecycle_last_check_timestamp_seconds gauge
    okta_lifecycle_last_check_timestamp_seconds{job="night \\"ly\\\\"} 1772445605
    # HELP okta_lifecycle_finished_timestamp_seconds End of the job's latest run.
    # TYPE okta_lifecycle_finished_timestamp_seconds gauge
    okta_lifecycle_finished_timestamp_seconds{job="night \\"ly\\\\"} 1795507385
    # HELP okta_lifecycle_duration_seconds Seconds at work, all executions of the run together.
    # TYPE okta_lifecycle_duration_seconds gauge
    okta_lifecycle_duration_seconds{job="night \\"ly\\\\"} 185
    # HELP okta_lifecycle_rows Rows of the run's input.
    # TYPE okta_lifecycle_rows gauge
    okta_lifecycle_rows{job="night \\"ly\\\\"} 12
    # HELP okta_lifecycle_tasks Tasks of the run by result.
    # TYPE okta_lifecycle_tasks gauge
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="succeeded"} 20
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="unchanged"} 2
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="failed"} 0
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="skipped"} 2
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="in_doubt"} 0
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="not_run"} 0
    okta_lifecycle_tasks{job="night \\"ly\\\\",result="unsettled"} 0
    # HELP okta_lifecycle_lost_activation_links Applied tasks of the run whose activation link is lost.
    # TYPE okta_lifecycle_lost_activation_links gauge
    okta_lifecycle_lost_activation_links{job="night \\"ly\\\\"} 0
    # HELP okta_lifecycle_people People of the run by what became of them.
    # TYPE okta_lifecycle_people gauge
    okta_lifecycle_people{job="night \\"ly\\\\",state="done"} 12
    okta_lifecycle_people{job="night \\"ly\\\\",state="need_you"} 0
    okta_lifecycle_people{job="night \\"ly\\\\",state="left_alone"} 0
    # HELP okta_lifecycle_requests Requests of the run by HTTP status.
    # TYPE okta_lifecycle_requests gauge
    okta_lifecycle_requests{job="night \\"ly\\\\",status="200"} 43
    okta_lifecycle_requests{job="night \\"ly\\\\",status="429"} 1
    okta_lifecycle_requests{job="night \\"ly\\\\",status="none"} 1
    # HELP okta_lifecycle_retries Requests of the run that were sent again, by cause.
    # TYPE okta_lifecycle_retries gauge
    okta_lifecycle_retries{job="night \\"ly\\\\",cause="rate_limited"} 1
    okta_lifecycle_retries{job="night \\"ly\\\\",cause="connection"} 1
    okta_lifecycle_retries{job="night \\"ly\\\\",cause="server_errors"} 0
    "
  `)
  const seen = new Set<string>()
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(# HELP okta_lifecycle_\w+ .+|# TYPE okta_lifecycle_\w+ gauge|okta_lifecycle_\w+\{\w+="([^"\\]|\\.)*"(,\w+="([^"\\]|\\.)*")*\} -?[\d.e+]+)$/,
    )
    if (line.startsWith('#')) continue
    const series = line.slice(0, line.lastIndexOf(' '))
    expect(seen.has(series), series).toBe(false)
    seen.add(series)
  }
})
