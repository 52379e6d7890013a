import type { PlantedBug } from './planted-bugs.ts'
import { type Played, play } from './play.ts'
import { noBounds, type Scenario } from './scenario.ts'

const mostTries = 400
const lists = [
  'disturbances',
  'faults',
  'colleagues',
  'heirs',
  'denials',
  'hollow',
  'moves',
  'rows',
  'protect',
] as const
const plainStore = {
  restartMs: 500,
  runsAtOnce: 1,
  parts: 1,
  isOneJob: false,
  slowMs: 50,
  lost: 0,
  unheard: 0,
  repeated: 0,
  refused: null,
} as const
const plain: Partial<Scenario> = {
  format: 'csv',
  ownDates: false,
  limits: { lifecycle: 600, reads: 1000 },
  orgConcurrency: 75,
  othersPerMinute: 0,
  stalls: false,
  untold: null,
  respondAsync: false,
  inDoubt: 'keep',
  concurrency: 1,
  steps: null,
  goesOn: [],
  sendEmail: null,
  links: false,
  readFirst: true,
  shortNames: true,
  onlyStatus: null,
  maxFailures: null,
  bounds: noBounds,
  sameNames: false,
  undoneAfterMs: null,
  redoneAfterMs: null,
  again: false,
  verify: null,
  planned: null,
  past: null,
  order: 'user',
}

/** Leaves out of a scenario whatever is not needed to break the same invariant. */
export async function shrink(
  broken: Scenario,
  bug: PlantedBug | undefined,
): Promise<{ readonly scenario: Scenario; readonly played: Played }> {
  let scenario = broken
  let played = await play(scenario, bug)
  const kind = kindOf(played)
  let tries = 0
  const accept = async (smaller: Scenario): Promise<boolean> => {
    if (tries++ > mostTries) return false
    const result = await play(smaller, bug)
    if (kindOf(result) !== kind) return false
    scenario = smaller
    played = result
    return true
  }
  for (let again = true; again && tries < mostTries; ) {
    again = false
    for (const name of lists) {
      for (let size = Math.max(1, scenario[name].length >> 1); size >= 1; size >>= 1) {
        for (let at = 0; at < scenario[name].length; ) {
          const items = scenario[name]
          const rest = [...items.slice(0, at), ...items.slice(at + size)]
          const isEmptyInput = name === 'rows' && rest.length === 0
          if (!isEmptyInput && (await accept({ ...scenario, [name]: rest }))) again = true
          else at += size
        }
      }
    }
    for (const [name, value] of Object.entries(plain)) {
      const changed = { ...scenario, [name]: value }
      if (JSON.stringify(changed) !== JSON.stringify(scenario) && (await accept(changed))) again = true
    }
    for (const [name, value] of Object.entries(plainStore)) {
      if (scenario.store === null) break
      const changed = { ...scenario, store: { ...scenario.store, [name]: value } }
      if (JSON.stringify(changed) !== JSON.stringify(scenario) && (await accept(changed))) again = true
    }
  }
  return { scenario, played }
}

/** The invariant that was broken first; empty if none was. */
function kindOf({ violations }: Played): string {
  return violations[0]?.split(' ')[0] ?? ''
}
