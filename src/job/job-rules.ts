import { shown } from '../messages/shown.ts'
import type { Action } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { JobStep } from './step.ts'

/** The parts of a job, from its file or merged, that the rules about combinations of keys check. */
export interface JobParts {
  readonly action?: Action | null | undefined
  readonly steps?: readonly Pick<JobStep, 'action'>[] | null | undefined
  readonly read_first?: boolean | undefined
  readonly input?: { readonly check?: object | null | undefined } | undefined
  readonly guards?:
    | {
        readonly protect?: readonly string[] | undefined
        readonly protect_file?: string | undefined
        readonly only_status?: readonly UserStatus[] | null | undefined
      }
    | undefined
}

/** Two keys of a job that don't go together. */
export interface Conflict {
  readonly kind: 'action_and_steps' | 'repeated_step' | 'guard_needs_read'
  /** The key to point at. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Checks the rules about combinations of keys. Returns every conflict. */
export function findConflicts(job: JobParts): readonly Conflict[] {
  const conflicts: Conflict[] = []
  const steps = job.steps ?? null
  if (steps !== null && (job.action ?? null) !== null) {
    conflicts.push({
      kind: 'action_and_steps',
      path: ['steps'],
      message: `either action or steps was expected, but both were found (action: ${job.action})`,
    })
  }
  for (const [index, step] of (steps ?? []).entries()) {
    if (index > 0 && steps?.[index - 1]?.action === step.action) {
      conflicts.push({
        kind: 'repeated_step',
        path: ['steps', index],
        message: `a step other than the one before was expected, but ${step.action} was found twice in a row`,
      })
    }
  }
  if (job.read_first === false) {
    for (const guard of ['protect', 'protect_file', 'only_status'] as const) {
      if ((job.guards?.[guard]?.length ?? 0) === 0) continue
      conflicts.push({
        kind: 'guard_needs_read',
        path: ['guards', guard],
        message: `this guard needs each user to be read first, but read_first: false was found`,
      })
    }
    if ((job.input?.check ?? null) !== null) {
      conflicts.push({
        kind: 'guard_needs_read',
        path: ['input', 'check'],
        message: 'the comparison of logins needs each user to be read first, but read_first: false was found',
      })
    }
  }
  return conflicts
}

/** A path into a job as messages show it: `steps[1]`, `guards.only_status`; `job` for the job as a whole. */
export function showPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else {
      const key = String(part)
      const plain = /^[$\w-]+$/.test(key) ? key : shown(key)
      text += text === '' ? plain : `.${plain}`
    }
  }
  return text === '' ? 'job' : text
}
