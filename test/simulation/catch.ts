import { drawScenario } from './draw-scenario.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { play } from './play.ts'

/** How a planted bug was caught. */
export interface Catch {
  readonly bug: PlantedBug
  /** How many seeds it took; null if none of them showed it. */
  readonly seeds: number | null
  readonly violation: string
}

/** Plays seeds with a bug until the invariant breaks that it is meant to break. */
export async function catchBug(bug: PlantedBug, mostSeeds: number): Promise<Catch> {
  for (let seed = 1; seed <= mostSeeds; seed++) {
    const { violations } = await play(drawScenario(seed), bug)
    const violation = violations.find((line) => line.startsWith(`${bug.breaks} `))
    if (violation !== undefined) return { bug, seeds: seed, violation }
  }
  return { bug, seeds: null, violation: '' }
}

/** Says for each planted bug how many seeds it took. */
export async function catchAll(
  bugs: readonly PlantedBug[],
  mostSeeds: number,
  say: (line: string) => void,
): Promise<boolean> {
  let all = true
  for (const bug of bugs) {
    const { seeds, violation } = await catchBug(bug, mostSeeds)
    all &&= seeds !== null
    say(`${seeds === null ? `NOT within ${mostSeeds}` : `after ${seeds}`} seeds: ${bug.name} (${violation})`)
  }
  return all
}
