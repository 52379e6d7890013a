import { lstat, readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exists } from '../files/exists.ts'
import { readRegular } from '../files/read-regular.ts'
import { Refusal } from '../messages/known-error.ts'
import { hasStartMark, traceOfRun } from './run-directory.ts'
import { type RunFile, readRunFile, runFileName } from './run-file.ts'

/**
 * What a directory of the runs directory holds.
 * - `run`: a run of ours.
 * - `none`: no run. It has no `run.json`, as after a start that broke off, or one that somebody else made.
 * - `unreadable`: perhaps a run, but that can't be found out. `job` is its job, if at least that is known. `restore` says
 *   how to get back a `run.json` that is not there at all, as an imperative; null when it is there.
 */
export type RunLook =
  | { readonly kind: 'run'; readonly run: RunFile }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'unreadable'
      readonly job: string | null
      readonly why: string
      readonly restore: string | null
    }

/** Finds out what a directory of the runs directory holds, by its `run.json`. */
export async function lookAtRun(directory: string): Promise<RunLook> {
  try {
    return { kind: 'run', run: await readRunFile(directory) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return await lookAgain(join(directory, runFileName), error.message)
  }
}

/** The same, but a directory without `run.json` in which a run has begun is what is left of that run. */
export async function lookForRun(directory: string): Promise<RunLook> {
  const look = await lookAtRun(directory)
  if (look.kind !== 'none') return look
  const trace = await traceOfRun(directory)
  // A retry writes what it takes over before its run.json. As long as our mark is there, nothing was ever sent.
  if (trace === null || (await hasStartMark(directory))) return look
  const what = (await exists(join(directory, runFileName)))
    ? ', but its run.json is not that of a run'
    : ' but no run.json'
  const found = lost(`${directory} has ${trace}${what}.`, `Restore run.json in ${directory} from a backup`)
  return { ...found, job: await jobOfSummary(directory) }
}

/** The job that a run's summary names; null if it can't be read, or names none. */
async function jobOfSummary(directory: string): Promise<string | null> {
  const text = await readRegular(join(directory, 'summary.json')).catch(() => '')
  const job = fieldOf(parse(text), 'job')
  return typeof job === 'string' ? job : null
}

async function lookAgain(path: string, why: string): Promise<RunLook> {
  let text: string
  try {
    text = await readRegular(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return { kind: 'unreadable', job: null, why, restore: null }
    return (await lookAtLink(dirname(path))) ?? (await lookAtLink(path)) ?? { kind: 'none' }
  }
  const content = parse(text)
  // A file that was cut off is not JSON any more. Whole JSON that names no run is somebody else's.
  if (content !== undefined && typeof fieldOf(content, 'run_id') !== 'string') return { kind: 'none' }
  const job = fieldOf(fieldOf(content, 'job'), 'name')
  return { kind: 'unreadable', job: typeof job === 'string' ? job : null, why, restore: null }
}

/** A link to what is not there, as to a disk that is not mounted, may lead to a run. Null for everything else. */
async function lookAtLink(path: string): Promise<RunLook | null> {
  const named = await lstat(path).catch(() => null)
  if (named?.isSymbolicLink() !== true || (await exists(path))) return null
  const target = await readlink(path)
  return lost(
    `${path} is a link to ${target}, which is not there.`,
    `Bring ${target} back: mount its disk, or restore it from a backup`,
  )
}

function lost(why: string, restore: string): Extract<RunLook, { kind: 'unreadable' }> {
  return { kind: 'unreadable', job: null, why, restore }
}

/** Undefined for a text that is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
