import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseSystemError } from '../../files/system-error.ts'
import type { JobFile } from '../../job/job.ts'
import { readProtectFile } from '../../job/protect-file.ts'
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
    const list = await examineProtectFile(directory, job.guards?.protect_file)
    const checks = [
      fine('job', `${path} is a valid job file.`),
      ...list.checks,
      ...(await examineLinksPlace(directory, job.report?.activation_links)),
      ...(await examineInput(directory, job.input?.file)),
      ...(job.notify === undefined ? [] : [examineNotification()]),
    ]
    const protect = [...(job.guards?.protect ?? []), ...list.entries]
    const guards = { ...job.guards, ...(protect.length === 0 ? {} : { protect }) }
    return { checks, guards, actions: job.steps?.map(({ action }) => action) ?? null }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { checks: [wrong('job', error.message, error.next)], guards: {}, actions: null }
  }
}

/** The entries of the job's list of protected users, or what is wrong with it. */
async function examineProtectFile(
  directory: string,
  file: string | undefined,
): Promise<{ readonly checks: readonly Check[]; readonly entries: readonly string[] }> {
  if (file === undefined) return { checks: [], entries: [] }
  const path = resolve(directory, file)
  try {
    const entries = await readProtectFile(path)
    return {
      checks: [
        fine(
          'protect_file',
          `${path} has ${entries.length === 1 ? '1 entry' : `${entries.length} entries`}.`,
        ),
      ],
      entries,
    }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { checks: [wrong('protect_file', error.message, error.next)], entries: [] }
  }
}

/** Whether there is a directory for the file of activation links. */
async function examineLinksPlace(directory: string, file: string | undefined): Promise<readonly Check[]> {
  if (file === undefined) return []
  const path = resolve(directory, file)
  const [place, there] = [await lookAt(dirname(path)), await lookAt(path)]
  if (place?.isDirectory() !== true)
    return [
      wrong(
        'activation_links',
        `The directory for the activation links, ${dirname(path)}, is not there.`,
        'Make it, or correct report.activation_links in the job',
      ),
    ]
  if (there !== null && !there.isFile())
    return [
      wrong(
        'activation_links',
        `${path} is not a regular file, so activation links can't be kept there.`,
        'Correct report.activation_links in the job',
      ),
    ]
  return [fine('activation_links', `Activation links go to ${path}.`)]
}

async function lookAt(path: string): Promise<Stats | null> {
  return await stat(path).catch(() => null)
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
