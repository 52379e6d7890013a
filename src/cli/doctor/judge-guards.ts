import { shown } from '../../messages/shown.ts'
import { type Answer, describeAnswer } from '../../okta/answer.ts'
import type { Check } from './check.ts'
import { fine, wrong } from './check.ts'
import type { OrgObservation } from './observe-org.ts'

function statusOf(answer: Answer): number {
  return answer.kind === 'answered' ? answer.httpStatus : 0
}

/** Whether the guards of the job can be checked: a guard that can't be checked stops a run. */
export function judgeGuards({ assignees, roles, groups, users }: OrgObservation): readonly Check[] {
  return [...judgeAdmins([assignees, roles]), ...groups.flatMap(judgeGroup), ...users.flatMap(judgeUser)]
}

function judgeAdmins(asked: readonly (Answer | null)[]): readonly Check[] {
  const answers = asked.filter((answer) => answer !== null)
  if (answers.length === 0) return []
  const refusal = answers.find((answer) => statusOf(answer) !== 200)
  if (refusal === undefined) return [fine('guard_admins', 'The admin roles can be read.')]
  const off = 'set guards.protect_admins: false in the job, or add --no-protect-admins'
  return [
    wrong(
      'guard_admins',
      `The admin roles can't be read, so protect_admins can't be checked: ${describeAnswer(refusal)}.`,
      statusOf(refusal) === 404
        ? `This org does not say who has an admin role. If administrators may be acted on, ${off}`
        : `Grant the permission "View roles, resources, and admin assignments" (and to a service app the scope okta.roles.read), or, if administrators may be acted on, ${off}`,
    ),
  ]
}

function judgeGroup([id, answer]: OrgObservation['groups'][number]): readonly Check[] {
  const status = statusOf(answer)
  if (status === 200) return [fine('guard_groups', `The members of the group ${shown(id)} can be read.`)]
  return [
    wrong(
      'guard_groups',
      `The members of the group ${shown(id)} in protect_groups can't be read: ${describeAnswer(answer)}.`,
      status === 404
        ? 'Correct the id of the group in the job'
        : 'Grant the permission "View groups and their details" (and to a service app the scope okta.groups.read)',
    ),
  ]
}

function judgeUser([entry, answer]: OrgObservation['users'][number]): readonly Check[] {
  const status = statusOf(answer)
  if (status === 200) return []
  if (status === 403)
    return [
      fine(
        'guard_protect',
        `The credentials may not read ${shown(entry)}, an entry of protect, so it protects only by comparison of ids and logins.`,
      ),
    ]
  return [
    wrong(
      'guard_protect',
      status === 404
        ? `${shown(entry)}, an entry of protect, matches no user of this org, so it protects nobody.`
        : `${shown(entry)}, an entry of protect, could not be looked up: ${describeAnswer(answer)}.`,
      `Correct the entry ${shown(entry)} in the job`,
    ),
  ]
}
