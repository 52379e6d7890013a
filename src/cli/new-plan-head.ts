import { randomUUID } from 'node:crypto'
import type { Prepared } from '../job/prepare.ts'
import { type SavedPlanHead, savedPlanVersion } from '../plan/saved-plan-schema.ts'
import type { TokenOwner } from '../rules/guards.ts'
import type { CheckedInput } from '../run/check-input.ts'
import type { RunOrg } from './org.ts'
import { sourceFilesOf } from './source-files.ts'
import { programVersion } from './version.ts'

/** What a plan is made of. */
interface NewPlan {
  readonly prepared: Prepared
  readonly checked: CheckedInput
  readonly org: RunOrg
  readonly owner: TokenOwner
  readonly acceptRefusals: boolean
  readonly acceptUnusual: boolean
}

/** The head of a plan that is about to be saved. */
export async function newPlanHead({
  prepared,
  checked,
  org,
  owner,
  acceptRefusals,
  acceptUnusual,
}: NewPlan): Promise<SavedPlanHead> {
  const { job, copy, input, survey } = checked
  return {
    okta_lifecycle_plan: savedPlanVersion,
    plan_id: randomUUID(),
    created_at: new Date().toISOString(),
    versions: { okta_lifecycle: programVersion, node: process.version },
    org_url: org.orgUrl,
    owner: owner ?? 'none',
    job,
    accept_refusals: acceptRefusals,
    ...(acceptUnusual ? { accept_unusual: true } : {}),
    from_job_file: prepared.jobFile !== null,
    files: await sourceFilesOf(prepared, copy.sha256),
    encoding: input.encoding,
    format: job.input.format,
    input_rows: survey.rows,
  }
}
