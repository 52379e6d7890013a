import type { RunFile } from '../run/run-file.ts'
import { type Redactor, redactedText } from './redactor.ts'

/**
 * `run.json` without what names people. Nothing is kept by default: what is not listed here is left out, and paths, file
 * names and sentences are replaced.
 */
export function redactRun(run: RunFile, redactor: Redactor): RunFile {
  const { input, owner } = run
  const { user_sample: _, ...knownOfInput } = input
  return {
    format: run.format,
    run_id: run.run_id,
    created_at: run.created_at,
    versions: run.versions,
    job: redactJob(run.job, redactor),
    from_job_file: run.from_job_file,
    input: { ...knownOfInput, name: redactedText, sha256: redactor.digest(input.sha256) },
    org_url: run.org_url,
    owner:
      owner === null || owner === 'none'
        ? owner
        : { id: redactor.name(owner.id), login: redactor.name(owner.login) },
    ...(run.plan === undefined ? {} : { plan: { ...run.plan, sha256: redactor.digest(run.plan.sha256) } }),
    confirmed: run.confirmed,
    ...(run.retry_of === undefined ? {} : { retry_of: run.retry_of }),
    ...(run.put_back === undefined ? {} : { put_back: run.put_back }),
    ...(run.undo_of === undefined ? {} : { undo_of: run.undo_of }),
    ...(run.not_undone === undefined ? {} : { not_undone: run.not_undone.map(() => redactedText) }),
    ...(run.earlier_runs === undefined ? {} : { earlier_runs: run.earlier_runs }),
    ...(run.closed_by === undefined ? {} : { closed_by: run.closed_by }),
    ...(run.closed_from === undefined ? {} : { closed_from: run.closed_from }),
    state: run.state,
    reason: run.reason === null ? null : redactedText,
  }
}

/** Whom the job protects, the cells that it selects by, and paths may name people. */
function redactJob(job: RunFile['job'], redactor: Redactor): RunFile['job'] {
  const { guards, input, report } = job
  const { where } = input
  return {
    ...job,
    description: job.description === null ? null : redactedText,
    input: {
      ...input,
      sheet: input.sheet === null ? null : redactedText,
      where:
        where === null
          ? null
          : Object.fromEntries(
              Object.entries(where).map(([column, cells]) => [
                column,
                cells.map((cell) => redactor.value(cell) ?? ''),
              ]),
            ),
    },
    guards: { ...guards, protect: guards.protect.map((entry) => redactor.value(entry) ?? '') },
    report: { ...report, activation_links: report.activation_links === null ? null : redactedText },
  }
}
