import type { World } from './world.ts'

/** A bug that is put into the program for a history, and the invariant that it breaks. */
export interface PlantedBug {
  readonly name: string
  readonly breaks: string
  /** Puts it in. Returns how to take it out again. */
  readonly plant: (world: World) => () => void
}

export const plantedBugs: readonly PlantedBug[] = []
