import { type Action, actionNames } from '../okta/actions.ts'
import type { People } from './people.ts'

/** What became of people, as the verb of a sentence. */
const outcomes: Readonly<Record<Action, readonly [one: string, many: string]>> = {
  activate: ['is activated', 'are activated'],
  deactivate: ['is deactivated', 'are deactivated'],
  reactivate: ['is reactivated', 'are reactivated'],
  reset_factors: ['has no factors left', 'have no factors left'],
  suspend: ['is suspended', 'are suspended'],
  unlock: ['is unlocked', 'are unlocked'],
  unsuspend: ['is unsuspended', 'are unsuspended'],
}

/**
 * A run in words: `412 of 415 people are deactivated. 3 need you.`
 *
 * @param action where the run led people; null if that differs from person to person
 * @param notVerified accepted calls that were to be verified but could not be
 * @param lostLinks activation links that were asked for and are lost
 * @param notUndone for an undo, how many things it could not take back
 */
export function headlineOf(
  { total, done, need_you, left_alone }: People,
  action: Action | null,
  notVerified = 0,
  lostLinks = 0,
  notUndone = 0,
): string {
  if (total === 0) return 'The input names nobody, so there was nothing to do.'
  const [one, many] = action === null ? ['is done', 'are done'] : outcomes[action]
  return [
    `${grouped(done)} of ${grouped(total)} ${total === 1 ? 'person' : 'people'} ${done === 1 || total === 1 ? one : many}.`,
    ...(need_you === 0
      ? notUndone === 0
        ? ['Nobody needs you.']
        : []
      : [`${grouped(need_you)} ${need_you === 1 ? 'needs' : 'need'} you.`]),
    ...(notUndone === 0 ? [] : ['Not everything was undone.']),
    ...(lostLinks === 0
      ? []
      : [`${grouped(lostLinks)} ${lostLinks === 1 ? 'activation link is' : 'activation links are'} lost.`]),
    ...(left_alone === 0
      ? []
      : [`${grouped(left_alone)} ${left_alone === 1 ? 'was' : 'were'} left alone, as asked.`]),
    ...(notVerified === 0
      ? []
      : [
          `${grouped(notVerified)} ${notVerified === 1 ? 'call that Okta accepted is' : 'calls that Okta accepted are'} not verified.`,
        ]),
  ].join(' ')
}

/**
 * Where a run leads people: the last step of a job with steps, else the one action of all rows; null if there are
 * several.
 *
 * @param steps the actions of the job's steps; null if the job has none
 * @param counted the names of the actions that have tasks
 */
export function goalOf(steps: readonly Action[] | null, counted: readonly string[]): Action | null {
  const last = steps?.at(-1)
  if (last !== undefined) return last
  const found = actionNames.filter((name) => counted.includes(name))
  return found.length === 1 ? (found[0] ?? null) : null
}

/** `12,345`. */
function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
