import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import type { JobFile } from '../../job/job.ts'
import { prepare } from '../../job/prepare.ts'
import { readProtectFile } from '../../job/protect-file.ts'
import { readJobFile } from '../../job/read-job-file.ts'
import { counted } from '../../messages/counted.ts'
import { KnownError } from '../../messages/known-error.ts'
import { readNotifyAddress } from '../../notify/address.ts'
import type { Action } from '../../okta/actions.ts'
import { proxyFor } from '../../okta/proxy.ts'
import { adminProtection } from '../../rules/guards.ts'
import { checkInput } from '../../run/check-input.ts'
import { checkHoldsLinks } from '../../run/link-file.ts'
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

/** Reads the job file and its input. Without a job file there is nothing to examine. */
export async function examineJob(path: string | undefined): Promise<ExaminedJob> {
  if (path === undefined) return { checks: [], guards: {}, actions: null }
  try {
    const { job, directory } = await readJobFile(path)
    const list = await examineProtectFile(directory, job.guards?.protect_file)
    const checks = [
      fine('job', `${path} is a valid job file.`),
      ...list.checks,
      ...(await examineLinksPlace(directory, job.report?.activation_links)),
      ...(list.isWrong ? [] : await examineInput(path, directory, job)),
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

interface ProtectFile {
  readonly checks: readonly Check[]
  readonly entries: readonly string[]
  readonly isWrong: boolean
}

/** The entries of the job's list of protected users, or what is wrong with it. */
async function examineProtectFile(directory: string, file: string | undefined): Promise<ProtectFile> {
  if (file === undefined) return { checks: [], entries: [], isWrong: false }
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
      isWrong: false,
    }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { checks: [wrong('protect_file', error.message, error.next)], entries: [], isWrong: true }
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
        `The directory for the activation links, ${dirname(path)}, does not exist.`,
        'Create it, or correct report.activation_links in the job',
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
  try {
    await checkHoldsLinks(path)
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return [wrong('activation_links', error.message, error.next)]
  }
  return [fine('activation_links', `Activation links go to ${path}.`)]
}

async function lookAt(path: string): Promise<Stats | null> {
  return await stat(path).catch(() => null)
}

/** Reads the job's input as a run would, from beginning to end. */
async function examineInput(job: string, directory: string, { input }: JobFile): Promise<readonly Check[]> {
  if (input?.file === undefined) return []
  const path = resolve(directory, input.file)
  const there = await lookAt(path)
  if (there === null)
    return [wrong('input', `The input of the job, ${path}, does not exist.`, 'Correct input.file in the job')]
  if (!there.isFile() && !there.isDirectory())
    return [fine('input', `${path} is a pipe or a device, which only the run itself reads.`)]
  try {
    const prepared = await prepare(undefined, { job })
    const { input: read, survey } = await inTemporaryDirectory((copy) => checkInput(prepared, copy))
    return [
      fine('input', `${read.name} can be read: ${counted(survey.rows, 'row')}, ${survey.invalidRows} bad.`),
    ]
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return [wrong('input', error.message, error.next)]
  }
}

/**
 * Whether a notification of a run's end could be sent. None is sent here: a reader would take it for that of a real
 * run.
 */
function examineNotification(): Check {
  try {
    const { origin } = readNotifyAddress(process.env)
    proxyFor(origin, process.env)
    return fine('notify', `Notifications go to ${origin}. Whether they are accepted there was not tried.`)
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
