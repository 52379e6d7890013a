import type { Applied } from './org.ts'
import type { SimProcess } from './process.ts'
import { sending } from './program.ts'
import type { SimStore } from './sim-store.ts'
import { callName, longestStallMs, type World } from './world.ts'

/** A change that the org has made for a task of ours. */
export type Ours = Applied & { readonly by: NonNullable<Applied['by']> }

/** The `ref` of a row of a run. */
export type RefOf = (run: string, row: number) => string

/** Whether a process had the answer that ended in good order, before a report, on a disk that could be written. */
export function wasAnswered(world: World, { answeredAt, by }: Ours, reportedAt: number): boolean {
  if (isLost(world, by.run, answeredAt)) return false
  const process = world.processes.find(({ pid }) => pid === by.pid)
  // A process in good order gives a run up that another one has taken.
  if (world.store !== null && !wasKept(world, world.store, answeredAt, by)) return false
  if (process !== undefined && isGivenUp(world, process, by, answeredAt)) return false
  const code = process?.exitCode ?? null
  return (
    answeredAt !== null && answeredAt <= reportedAt && code !== null && code !== 5 && !isDiskTroubled(world)
  )
}

/**
 * Whether the process had the answer long enough, before it ended and before a report, to write it down on a disk that
 * could be written.
 */
export function wasKnown(
  world: World,
  { answeredAt, by }: Ours,
  reportedAt = Number.POSITIVE_INFINITY,
): boolean {
  const process = world.processes.find(({ pid }) => pid === by.pid)
  if (answeredAt === null || process === undefined || isLost(world, by.run, answeredAt)) return false
  if (world.store !== null && !wasKept(world, world.store, answeredAt, by)) return false
  // One whose holds were removed leaves the run to the other as soon as that one writes.
  const removedAt = world.holdsRemovedAt ?? Number.POSITIVE_INFINITY
  if (process.exitCode === 5 && answeredAt > removedAt - writingMs) return false
  // A process that was paused may have lost its hold by the time when it could go on writing.
  const pausedAt = process.pausedAt.find((at) => at >= answeredAt) ?? Number.POSITIVE_INFINITY
  const writing = world.scenario.stalls ? longestStallMs : writingMs
  return Math.min(process.endedAt, pausedAt, reportedAt) - answeredAt > writing && !isDiskTroubled(world)
}

/** Whether the intent of a call, or its answer, stood in a part of its run's journal that was lost by a time. */
export function isForgotten(
  world: World,
  { by, at }: Ours,
  time: number,
  what: 'intent' | 'answer' = 'intent',
): boolean {
  const losses = world.lostLines.get(`${what} ${callName(by)}`) ?? []
  // A call may arrive long after its intent was written, and lost.
  const since = what === 'intent' ? (departureOf(world, by)?.at ?? at) : at
  return losses.some((lostAt) => since < lostAt && lostAt <= time)
}

/** Whether an answer came as its process ended, after a stop had waited for it as long as it waits. */
function isGivenUp(
  world: World,
  { endedAt }: SimProcess,
  by: Ours['by'],
  answeredAt: number | null,
): boolean {
  if (answeredAt === null || endedAt - answeredAt > writingMs) return false
  const left = departureOf(world, by)?.at ?? answeredAt
  return answeredAt - left >= sending.drain * 1000
}

/** When and for whom a call left. */
function departureOf(world: World, by: Ours['by']): World['departures'][number] | undefined {
  return world.departures.find(
    ({ run, row, step, attempt, pid }) =>
      run === by.run && row === by.row && step === by.step && attempt === by.attempt && pid === by.pid,
  )
}

/** Whether an older journal has taken the place of the one in which an answer was written down. */
function isLost(world: World, run: string, answeredAt: number | null): boolean {
  return answeredAt !== null && answeredAt < (world.cuts.get(run)?.at(-1) ?? 0)
}

/** Whether the store was there when an answer arrived, and nobody had taken the run since its call had left. */
function wasKept(world: World, store: SimStore, answeredAt: number | null, by: Ours['by']): boolean {
  if (answeredAt === null || !store.wasThere(answeredAt, 0, writingMs)) return false
  const left = departureOf(world, by)
  return !store.takings.some(
    ({ run, at }) => run === by.run && at > (left?.at ?? 0) && at < answeredAt + writingMs,
  )
}

/** Within this time a process has written down what it saw. */
const writingMs = 1_500

function isDiskTroubled(world: World): boolean {
  return world.scenario.disturbances.some(({ kind }) => kind.endsWith('disk'))
}
