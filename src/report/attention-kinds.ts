import type { SkipReason } from '../rules/result.ts'
import type { ReportedTask } from './report-row.ts'

/**
 * How to go on: with a command on the run, with its `failed.csv` as a new input, with a new run that makes new
 * activation links, or with nothing that can be typed.
 */
export type WayOn = 'retry' | 'resume' | 'feed' | 'new_links' | 'none'

/** A kind of trouble, for a person: what it is, what to do, and what to type then. */
export interface AttentionKind {
  readonly title: string
  readonly advice: string
  readonly wayOn: WayOn
}

/** What decides the kind of a task that needs a person. */
export type Troubled = Pick<
  ReportedTask,
  'result' | 'reason' | 'error_code' | 'attempts' | 'verified' | 'activation_link'
>

/** The name of a task's kind: tasks with the same name have the same remedy. */
export function kindNameOf(task: Troubled): string {
  const { result, reason, error_code: code, attempts, verified } = task
  if (task.activation_link === 'lost') return 'link lost'
  if (result === 'skipped') return `skipped ${reason ?? 'invalid_row'}`
  if (result !== 'failed') return result
  if (verified === 'not_held') return 'failed not held'
  if (reason === 'other_user') return 'failed other_user'
  if (code !== null) return `failed ${code}`
  return attempts === 0 ? 'failed unsent' : 'failed'
}

/** The kind of a troubled task. */
export function attentionKindOf(task: Troubled): AttentionKind {
  if (task.activation_link === 'lost') return linkLost
  if (task.reason === 'other_user') return task.result === 'in_doubt' ? inDoubt : otherUser
  if (task.result === 'skipped') return skips[task.reason ?? 'invalid_row'] ?? skips.invalid_row
  if (task.result === 'in_doubt') return inDoubt
  if (task.result === 'unsettled') return unsettled
  if (task.result === 'not_run') return notRun
  if (task.verified === 'not_held') return notHeld
  if (task.error_code === null) return task.attempts === 0 ? failedUnsent : failed
  return refusals[task.error_code] ?? refusedWith(task.error_code)
}

/**
 * Where a kind comes in the order in which a person should look. Equal ones are ordered by how many tasks they have.
 */
export function urgencyOf({ result, activation_link: link }: Troubled): number {
  if (link === 'lost') return 2
  return { in_doubt: 0, unsettled: 1, failed: 2, skipped: 3, not_run: 4, succeeded: 5, unchanged: 5 }[result]
}

const inDoubt: AttentionKind = {
  title: 'in doubt: may have been done',
  advice:
    'A call was sent, and nothing shows whether Okta carried it out. Look these users up in Okta. Those that are as they should be need nothing more; a retry looks at the others again.',
  wayOn: 'retry',
}

const unsettled: AttentionKind = {
  title: 'sent, outcome not known yet',
  advice:
    'The run stopped before Okta answered. Resuming it finds out what became of these calls, before anything else.',
  wayOn: 'resume',
}

const notRun: AttentionKind = {
  title: 'not run',
  advice: 'The run stopped before their turn. Nothing was sent for them. Resuming the run does them.',
  wayOn: 'resume',
}

const linkLost: AttentionKind = {
  title: 'done, but the activation link is lost',
  advice:
    'Okta carried out the action, and nobody has the link that it made, so these users may have no way in. If a message names a file to look in first, do that. For the others make new links: put their okta_user_id from results.csv into a file new-links.csv under the heading id, and run reactivate on it, with a job that has no steps, sends no mail and names a file under report.activation_links.',
  wayOn: 'new_links',
}

const failed: AttentionKind = {
  title: 'failed',
  advice: 'Each message says why. Fix what can be fixed, then try these again.',
  wayOn: 'retry',
}

const notHeld: AttentionKind = {
  title: 'done, but did not hold',
  advice:
    'Okta accepted the call, but the user was not as it should be when the run looked again. Often a directory has changed it back. Look the users up in Okta and in their directory, then try again.',
  wayOn: 'retry',
}

const failedUnsent: AttentionKind = {
  title: 'failed without being sent',
  advice:
    'The user is in a status that does not allow the action, or is not the one that the row means. Each message says which. Nothing was sent. Change the user in Okta or the row, then try again.',
  wayOn: 'retry',
}

const otherUser: AttentionKind = {
  title: 'names somebody else by now',
  advice:
    'The login or short name in these rows stood for one user at first, and Okta now shows another for it. Nothing was sent. Each message names both. Find out which of them is right, put the id in failed.csv, empty that cell of its last column that begins with "not read:", then run that file.',
  wayOn: 'feed',
}

function refusedWith(code: string): AttentionKind {
  return {
    title: `refused by Okta (${code})`,
    advice: "Each message has Okta's own words. Fix the cause in Okta, then try these again.",
    wayOn: 'retry',
  }
}

/**
 * What Okta's codes mean for a person.
 * Source: Okta's error codes, https://developer.okta.com/docs/reference/error-codes/
 */
const refusals: Readonly<Record<string, AttentionKind>> = {
  E0000001: {
    title: 'refused by Okta as not allowed for the user',
    advice:
      "The message has Okta's words for what is not allowed. Usually the user is not in a status that allows the action. Look the users up in Okta, then try again.",
    wayOn: 'retry',
  },
  E0000006: {
    title: 'not permitted for this token',
    advice:
      "The token's role does not cover these users: they may be administrators, or outside the groups that the role is for. Ask for a role that covers them, or have it done by somebody who has one, then try again.",
    wayOn: 'retry',
  },
  E0000007: {
    title: 'not found in Okta',
    advice:
      'Nobody has this login or id in this org. Check the spelling and whether the login has changed, correct the rows in failed.csv, then run that file.',
    wayOn: 'feed',
  },
  E0000009: {
    title: 'failed inside Okta',
    advice:
      'Okta had an error of its own, several times. Try these again later; if it persists, give Okta the request id.',
    wayOn: 'retry',
  },
  E0000011: {
    title: 'refused because the token was not accepted',
    advice:
      'The token has expired or was revoked. Set a new one, check it with okta-lifecycle doctor, then try again.',
    wayOn: 'retry',
  },
  E0000016: {
    title: 'refused by Okta: the user is active already, or locked',
    advice:
      'Okta activates only users who are waiting for it. Somebody who is locked out needs unlock, not activate.',
    wayOn: 'retry',
  },
  E0000023: {
    title: 'managed by another directory',
    advice:
      'These users come from another directory, such as Active Directory, and Okta does not let them be changed here. Do it in that directory.',
    wayOn: 'none',
  },
  E0000032: {
    title: 'could not be unlocked',
    advice:
      'Okta does not unlock them: they are not locked out, or their directory has locked them, and the lock must be lifted there.',
    wayOn: 'retry',
  },
  E0000038: {
    title: 'refused because of the status',
    advice:
      'The action is not allowed in the status that the user has now. Look the users up in Okta, then try again.',
    wayOn: 'retry',
  },
  E0000047: {
    title: 'refused because of the rate limit',
    advice:
      "Other clients are using up this org's rate limit. Try these again later, or with a smaller share.",
    wayOn: 'retry',
  },
  E0000112: {
    title: 'still being activated',
    advice: 'Okta is still busy with an earlier activation of these users. Try again in a few minutes.',
    wayOn: 'retry',
  },
}

/** The reasons for a skip that someone must look at. */
const skips: Readonly<Partial<Record<SkipReason, AttentionKind>>> & { readonly invalid_row: AttentionKind } =
  {
    invalid_row: {
      title: 'not understood: the row is bad',
      advice:
        'The row does not say for certain who the user is or what to do. Correct these rows in failed.csv, empty those cells of its last column that begin with "not read:", then run that file.',
      wayOn: 'feed',
    },
    protected: {
      title: 'protected by a guard',
      advice:
        'The job says that these users are left alone, or they have an administrator role. Decide about each: take the role away, change the guard, or do it by hand in Okta.',
      wayOn: 'none',
    },
    token_owner: {
      title: 'the owner of the API token',
      advice:
        "The run works with this user's token, so acting on this user would end the run. Use another user's token for this one.",
      wayOn: 'none',
    },
    other_login: {
      title: 'another person: the login in Okta differs',
      advice:
        'The id in the row belongs to a user whose login is not the one in the row. Find out which of the two is right, correct the row in your source, then run it as a new input.',
      wayOn: 'none',
    },
    earlier_step: {
      title: 'held back because an earlier step failed',
      advice:
        'An earlier action on the same user did not succeed. Once that is fixed, a retry does this one too.',
      wayOn: 'retry',
    },
    in_doubt: {
      title: 'held back because an earlier action is in doubt',
      advice:
        'It is not known whether an earlier action on the same user was done. A retry settles that first.',
      wayOn: 'retry',
    },
    superseded: {
      title: 'passed over for a later row',
      advice:
        'A later row of the same user was carried out already, and doing this one now would reverse their order. If the user should be as this row says, run it as a new input.',
      wayOn: 'none',
    },
    changed_since_plan: {
      title: 'changed since the plan was made',
      advice:
        'Somebody changed these users after the plan. Make a new plan for them, look at it, and run that.',
      wayOn: 'none',
    },
    changed_since_run: {
      title: 'changed since the run that is undone',
      advice:
        'Somebody changed these users after that run, so they were left as they are now. Decide about each in Okta.',
      wayOn: 'none',
    },
  }
