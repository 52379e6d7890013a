import * as z from 'zod'
import { type Action, actionNames } from '../okta/actions.ts'
import { describeFound } from './explain-issue.ts'

/** What a failed step does to the later steps of its row. */
const failureRules = ['stop', 'go_on'] as const

/** One of a job's steps. */
export interface JobStep {
  readonly action: Action
  /** Whether a failure of the step stops the later steps of its row or lets them go on. */
  readonly if_failed: (typeof failureRules)[number]
}

function explainStep({ input }: { readonly input?: unknown }): string {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  const expected = isObject
    ? `{ action, if_failed }, with action one of ${actionNames.join(', ')} and if_failed stop or go_on,`
    : `one of ${actionNames.join(', ')}`
  return `${expected} was expected, but ${isObject ? JSON.stringify(input) : describeFound(input)} was found`
}

const forms = [
  z.enum(actionNames),
  z.strictObject({
    action: z.enum(actionNames),
    if_failed: z.enum(failureRules).optional().meta({
      description: 'Whether a failure of this step stops the later steps of its row.',
      default: 'stop',
    }),
  }),
] as const

/** A step as a job writes it: the action alone, or the action and the effect of its failure. */
export const jobStep = z.union(forms, { error: explainStep }).transform((step): JobStep => {
  return typeof step === 'string'
    ? { action: step, if_failed: 'stop' }
    : { action: step.action, if_failed: step.if_failed ?? 'stop' }
})

/** The actions of a job's steps, for people: `suspend, deactivate`. */
export function nameSteps(steps: readonly JobStep[]): string {
  return steps.map(({ action }) => action).join(', ')
}

/**
 * Whether the later steps of a row go on after this step, counted from 1, has failed. False if the job has no steps.
 */
export function goesOn(steps: readonly JobStep[] | null, step: number): boolean {
  return steps?.[step - 1]?.if_failed === 'go_on'
}
