import { join } from 'node:path'
import { readRegular } from '../files/read-regular.ts'
import { Refusal } from '../messages/known-error.ts'
import { type RunFile, readRunFile, runFileName } from './run-file.ts'

/**
 * What a directory of the runs directory holds.
 * - `run`: a run of ours.
 * - `none`: no run. It has no `run.json`, as after a start that broke off, or one that somebody else made.
 * - `unreadable`: perhaps a run, but that can't be found out. `job` is its job, if at least that is known.
 */
export type RunLook =
  | { readonly kind: 'run'; readonly run: RunFile }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly job: string | null; readonly why: string }

/** Finds out what a directory of the runs directory holds. */
export async function lookAtRun(directory: string): Promise<RunLook> {
  try {
    return { kind: 'run', run: await readRunFile(directory) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return await lookAgain(join(directory, runFileName), error.message)
  }
}

async function lookAgain(path: string, why: string): Promise<RunLook> {
  let text: string
  try {
    text = await readRegular(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'none' } : { kind: 'unreadable', job: null, why }
  }
  const content = parse(text)
  // A file that was cut off is not JSON any more. Whole JSON that names no run is somebody else's.
  if (content !== undefined && typeof fieldOf(content, 'run_id') !== 'string') return { kind: 'none' }
  const job = fieldOf(fieldOf(content, 'job'), 'name')
  return { kind: 'unreadable', job: typeof job === 'string' ? job : null, why }
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
