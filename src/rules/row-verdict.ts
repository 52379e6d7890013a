import type { ValidRow } from '../input/row.ts'
import { shownTime } from '../messages/shown-time.ts'
import { foldLogin } from '../okta/user.ts'
import type { PlannedFacts } from './planned.ts'
import type { Reason, SkipReason } from './result.ts'

/** Why no task of a row is sent: its first task ends with this, and the later ones follow. */
export type RowVerdict =
  | { readonly result: 'skipped'; readonly reason: SkipReason; readonly message: string }
  | {
      readonly result: 'failed'
      readonly reason: Exclude<Reason, SkipReason> | null
      readonly message: string
    }

/** The beginning of the reason with which a plan expects a row to be skipped as not due. */
const notDueUntil = 'not due until '

/**
 * Judges whether a row is due. Null if it is.
 *
 * @param now epoch milliseconds by Okta's clock, never ahead of it
 */
export function judgeDue({ due }: Pick<ValidRow, 'due'>, now: number): RowVerdict | null {
  if (due === null || now >= due) return null
  const message = `${notDueUntil}${shownTime(new Date(due).toISOString())} UTC; a later run will do it`
  return { result: 'skipped', reason: 'not_due', message }
}

/**
 * Judges whether a row was due when a saved plan was made. Null if it was. A row that has become due since is not sent,
 * because the plan sends nothing for it; nobody needs to look at that.
 *
 * @param planned what the plan says about the tasks of the row
 */
export function judgeDueByPlan(
  planned: readonly Pick<PlannedFacts, 'expected' | 'reason'>[],
): RowVerdict | null {
  const [first] = planned
  if (first?.expected !== 'skipped' || first.reason?.startsWith(notDueUntil) !== true) return null
  const message = 'not due when the plan was made; a new plan, or a run without one, will do it'
  return { result: 'skipped', reason: 'not_due', message }
}

/**
 * Judges whether the user that Okta shows for a row's key is the one that the row means. Null if it is.
 *
 * Okta also finds a user by the part of the login before the @. So a text such as `Ada` or `Total` may find somebody
 * whom nobody meant, and counts only if short names are allowed.
 */
export function judgeUser(
  { user: key, keyKind, checkLogin }: Pick<ValidRow, 'user' | 'keyKind' | 'checkLogin'>,
  { id, login }: { readonly id: string; readonly login: string },
  shortNames: boolean,
): RowVerdict | null {
  const folded = foldLogin(key)
  const isNamed = key === id || folded === foldLogin(login)
  const isShortName = keyKind === 'short_name' && foldLogin(login).startsWith(`${folded}@`)
  if (!isNamed && !(shortNames && isShortName)) {
    const advice = isShortName
      ? 'use the whole login, or allow short names (--short-names)'
      : 'use the login or the id of the right user'
    const message = `Okta finds ${login} (${id}) for the key ${key}, which is not what the row says; ${advice}`
    return { result: 'failed', reason: null, message }
  }
  if (checkLogin === null || foldLogin(checkLogin) === foldLogin(login)) return null
  const message = `the row says that the login is ${checkLogin}, but in Okta it is ${login}`
  return { result: 'skipped', reason: 'other_login', message }
}

/** The user for whom a row's key stood in an earlier run. */
export interface MeantUser {
  readonly id: string
  readonly login: string | null
  /** The id of that run. */
  readonly run: string
}

/**
 * Judges whether the key of a retry's row still stands for the same user as in the run that is retried. Null if it
 * does. A login may have been given to somebody else since.
 *
 * @param meant null if no earlier run learned who that was
 */
export function judgeMeant(
  { user: key }: Pick<ValidRow, 'user'>,
  meant: MeantUser | null,
  { id, login }: { readonly id: string; readonly login: string },
): RowVerdict | null {
  if (meant === null || meant.id === id) return null
  const name = meant.login === null ? meant.id : `${meant.login} (${meant.id})`
  const message = `in run ${meant.run}, which this run retries, this row was for ${name}, but Okta now shows another user for ${key}: ${login} (${id})`
  return { result: 'failed', reason: 'other_user', message }
}

/**
 * How a task ends whose row has such a verdict: in doubt, if it may have been sent in a lost part of the journal, to
 * whomever the key stood for then.
 *
 * @param what the message of the verdict
 */
export function endedForOther(
  what: string,
  mayBeLost: boolean,
): { readonly result: 'failed' | 'in_doubt'; readonly message: string } {
  return mayBeLost
    ? {
        result: 'in_doubt',
        message: `a part of the journal was lost, and this task may have been sent in it; ${what}. Nothing was sent since then. Look both users up in Okta`,
      }
    : { result: 'failed', message: `${what}; nothing was sent. Use the id of the right user` }
}

/** The user for whom a name stood in an earlier row of the run. */
export interface NamedBefore {
  readonly id: string
  readonly login: string | null
  readonly row: number
  /** The name: a key or a login, folded. */
  readonly name: string
}

/**
 * The verdict on a row if Okta shows somebody else under a name that stood for `before` in an earlier row of the run.
 * Nobody can tell which of the two the row is about.
 */
export function namesAnother(
  { user: key }: Pick<ValidRow, 'user'>,
  before: NamedBefore,
  { id, login }: { readonly id: string; readonly login: string },
): RowVerdict {
  const name = before.login === null ? before.id : `${before.login} (${before.id})`
  const message = `in row ${before.row} the name ${before.name} stood for ${name}, but Okta now shows another user for ${key}: ${login} (${id})`
  return { result: 'failed', reason: 'other_user', message }
}
