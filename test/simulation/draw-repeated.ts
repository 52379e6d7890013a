import type { Draws } from './draws.ts'
import { numbers, plainRun, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * The same story where few users are reactivated, most answers are lost, and the job says to do it again: calls are repeated
 * as often as they may be, and mails as soon.
 */
export function drawRepeated(scenario: Scenario, draws: Draws): Scenario {
  const users = numbers(draws.int('users reactivated', 1, 4)).map((number) =>
    plainUser('Again', number, draws.pick('status reactivated', ['PROVISIONED', 'RECOVERY'] as const)),
  )
  const calls = numbers(users.length * 6)
  return {
    ...plainRun(scenario, users, 'reactivate'),
    sendEmail: draws.chance('reactivated by mail', 0.6) ? true : scenario.sendEmail,
    inDoubt: 'retry',
    faults: calls
      .filter(() => draws.chance('answer of a reactivate', 0.7))
      .map((number) => ({ of: 'POST', number, kind: 'lost_answer', clockMs: 0 })),
    disturbances: scenario.disturbances.slice(0, draws.int('disturbed as they are reactivated', 0, 1)),
  }
}
