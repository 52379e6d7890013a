import type { Draws } from './draws.ts'
import { numbers } from './plain-story.ts'
import type { Fault, Scenario } from './scenario.ts'

/**
 * The same story where Okta refuses some calls in a row as if the token might not make them, and single reads at any time.
 * At the end of a step, only those who are held are left to show why.
 */
export function drawFlicker(scenario: Scenario, draws: Draws): Scenario {
  const byStep = scenario.steps !== null || draws.chance('flicker by step', 0.6)
  const steps = byStep ? (scenario.steps ?? (['suspend', 'unsuspend', 'suspend'] as const)) : null
  const most = scenario.rows.length * (steps?.length ?? 1) * 2
  const first = draws.int('refused from', 2, Math.max(2, most / 2))
  const last = first + draws.int('refused in a row', 1, 12)
  const calls = numbers(most).filter((number) => number >= first && number <= last)
  const reads = numbers(most * 2).filter(() => draws.chance('refused read', 0.12))
  const forbidden = (of: Fault['of'], number: number): Fault => ({
    of,
    number,
    kind: 'forbidden',
    clockMs: 0,
  })
  return {
    ...scenario,
    steps,
    order: byStep ? 'step' : scenario.order,
    faults: [
      ...calls.map((number) => forbidden('POST', number)),
      ...reads.map((number) => forbidden('GET', number)),
      ...scenario.faults,
    ],
  }
}
