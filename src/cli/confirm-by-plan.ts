import { counted } from '../messages/counted.ts'
import { visible } from '../messages/shown.ts'
import { RunStopped } from '../messages/stop.ts'
import type { PlannedRow } from '../plan/plan-rows.ts'
import type { PlanEnd } from '../plan/plan-schema.ts'
import { describeTime, describeTotals } from '../plan/render-plan.ts'
import { wouldSend } from '../rules/expectation.ts'
import { type MakePlanOptions, makePlan, planBrokenOff } from './make-plan.ts'
import { confirmSending } from './terminal/confirm.ts'

/** The most logins that a question shows. */
const mostLogins = 20

/**
 * Plans a run before it begins, shows what it would do, and asks whether to send it.
 *
 * @param again what to type to be asked again
 * @throws Refusal when the answer is no; KnownError when the plan stops, for example because Okta refuses the token;
 *   RunStopped when a signal ends it
 */
export async function confirmByPlan(
  options: Omit<MakePlanOptions, 'onRow' | 'onOwner'>,
  again: string,
): Promise<void> {
  const { org, stop, say } = options
  say('Reading the users to show what the run would do. Only reads are sent; Ctrl-C ends it.')
  const logins = new LoginsBehindKeys()
  try {
    const { end, time, brokenOff } = await makePlan({
      ...options,
      onRow: async (planned) => {
        logins.see(planned)
        return true
      },
    })
    if (brokenOff !== null) throw new RunStopped()
    for (const line of [...describeTotals(end, org.orgUrl), describeTime(time), ...logins.lines()]) say(line)
    await confirmSending(stop, end.totals.deactivated_users, again)
  } catch (error) {
    const { reason } = stop
    if (!(error instanceof RunStopped) || reason === null || reason.state === 'interrupted') throw error
    throw planBrokenOff(reason, again)
  }
}

/** Shows what a saved plan would do, and asks whether to send it. Throws as {@link confirmByPlan} does. */
export async function confirmSavedPlan(
  end: PlanEnd,
  { org, stop, say }: Pick<MakePlanOptions, 'org' | 'stop' | 'say'>,
  again: string,
): Promise<void> {
  for (const line of describeTotals(end, org.orgUrl)) say(line)
  await confirmSending(stop, end.totals.deactivated_users, again)
}

/** The users to whom something would be sent and whose login is not what the row says. */
class LoginsBehindKeys {
  readonly #shown: string[] = []
  #count = 0

  see({ tasks, user }: PlannedRow): void {
    const [first] = tasks
    if (user === null || first === undefined || !tasks.some(({ expected }) => wouldSend(expected))) return
    if (first.user.toLowerCase() === user.login.toLowerCase()) return
    this.#count++
    if (this.#shown.length < mostLogins) this.#shown.push(`  ${visible(`${first.user} = ${user.login}`)}`)
  }

  lines(): readonly string[] {
    if (this.#count === 0) return []
    const more = this.#count - this.#shown.length
    return [
      'Logins behind the keys:',
      ...this.#shown,
      ...(more === 0 ? [] : [`  and ${counted(more, 'row')} more; okta-lifecycle plan shows all`]),
    ]
  }
}
