import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseSystemError } from '../../files/system-error.ts'
import type { JobFile } from '../../job/job.ts'
import { readJobFile } from '../../job/read-job-file.ts'
import { KnownError } from '../../messages/known-error.ts'
import { readNotifyAddress } from '../../notify/address.ts'
import type { Action } from '../../okta/actions.ts'
import { adminProtection } from '../../rules/guards.ts'
import { type Check, fine, wrong } from './check.ts'
import type { GuardWants } from './observe-org.ts'

/** The job file, as far as it matters here. */
export interface ExaminedJob {
  readonly checks: readonly Check[]
  /** The guards as the file has them; empty if there is none. */
  readonly guards: NonNullable<JobFile['guards']>
  /** The actions that a run may send; null if the file does not tell. */
  readonly actions: readonly Action[] | null
}

/** Reads the job file and checks that its input exists. Without a job file there is nothing to examine. */
export async function examineJob(path: string | undefined): Promise<ExaminedJob> {
  if (path === undefined) return { checks: [], guards: {}, actions: null }
  try {
    const { job, directory } = await readJobFile(path)
    const checks = [
      fine('job', `${path} is a valid job file.`),
      ...(await examineInput(directory, job.input?.file)),
      ...(job.notify === undefined ? [] : [examineNotification()]),
    ]
    return { checks, guards: job.guards ?? {}, actions: job.steps?.map(({ action }) => action) ?? null }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { checks: [wrong('job', error.message, error.next)], guards: {}, actions: null }
  }
}

async function examineInput(directory: string, file: string | undefined): Promise<readonly Check[]> {
  if (file === undefined) return []
  const path = resolve(directory, file)
  try {
    await stat(path)
    return [fine('input', `The input ${path} is there.`)]
  } catch (error) {
    const why = parseSystemError(error)?.why ?? String(error)
    return [
      wrong(
        'input',
        `The input of the job, ${path}, can't be read: ${why}.`,
        'Correct input.file in the job',
      ),
    ]
  }
}

/** Whether the end of a run could be told. Nothing is sent there: who reads it would take it for a run's. */
function examineNotification(): Check {
  try {
    const { origin } = readNotifyAddress(process.env)
    return fine('notify', `Notifications go to ${origin}; whether it takes them was not tried.`)
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return wrong('notify', error.message, error.next)
  }
}

/** What the guards need to know about the org. */
export function wantsOf({ guards, actions }: Pick<ExaminedJob, 'guards' | 'actions'>): GuardWants {
  const { protect_admins, protect_groups = [], protect = [] } = guards
  return {
    admins: adminProtection(protect_admins ?? null, actions),
    groups: protect_groups,
    users: protect.map((entry) => entry.trim()).filter((entry) => !entry.includes('*')),
  }
}
