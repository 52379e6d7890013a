import { findUnusual } from '../rules/unusual.ts'
import type { CheckedInput } from '../run/check-input.ts'
import { readJobHistory, tableColumns } from '../run/job-history.ts'
import type { RunOrg } from './org.ts'

/**
 * What is unusual about the input of a job file, compared with the job's earlier runs in the org. Null if nothing is,
 * if the job turns that off, and for a simulated org, which has no history.
 */
export async function findUnusualInput(
  { job, survey, mapping }: Pick<CheckedInput, 'job' | 'survey' | 'mapping'>,
  fromJobFile: boolean,
  org: RunOrg | null,
  runsDirectory: string,
): Promise<string | null> {
  if (!fromJobFile || org === null || job.guards.unusual === 'off') return null
  const history = await readJobHistory(runsDirectory, job.name, org.orgUrl)
  // An input that can't be compared counts as unusual.
  if ('unreadable' in history) {
    const why = history.unreadable.replace(/\.$/, '')
    return `what is usual is not known, because an earlier run can't be read: ${why}; restore it, or move its directory out of ${runsDirectory}`
  }
  const { dueUsers: users, sample, duplicateRows: repeatedRows } = survey
  const columns = tableColumns(job.input.format, mapping.columns)
  return findUnusual({ users, sample, columns, repeatedRows }, history.past)
}
