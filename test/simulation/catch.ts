import { drawScenario } from './draw-scenario.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { play } from './play.ts'

/** How a planted bug was caught. */
export interface Catch {
  /** How many seeds it took; null if none of them showed it. */
  readonly seeds: number | null
  readonly violation: string
}

/**
 * Plays seeds with a bug until the invariant breaks that it is meant to break.
 *
 * @param bug what to put in for each history; undefined for a bug that is in the program already
 */
export async function catchBug(
  breaks: string,
  bug: PlantedBug | undefined,
  seeds: { readonly first: number; readonly most: number },
): Promise<Catch> {
  for (let count = 1; count <= seeds.most; count++) {
    const { violations } = await play(drawScenario(seeds.first + count - 1), bug)
    const violation = violations.find((line) => line.startsWith(`${breaks} `))
    if (violation !== undefined) return { seeds: count, violation }
  }
  return { seeds: null, violation: '' }
}
