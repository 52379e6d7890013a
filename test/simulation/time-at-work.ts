import type { World } from './world.ts'

/** What is about to leave when the time is up still does within this time. */
const leavingMs = 100

/**
 * I36: an execution sends nothing after it has been at work for as long as the job allows. It has been at work at least since
 * its first call. In a world where no process stands still, nor its disk.
 */
export function checkTimeAtWork(world: World): void {
  const { bounds, disturbances, stalls } = world.scenario
  if (bounds.durationS === null || stalls) return
  const standsStill = new Set(['pause', 'sleep', 'stolen', 'overtaken'])
  if (disturbances.some(({ kind }) => standsStill.has(kind))) return
  for (const { pid, bearsAll } of world.processes) {
    if (bearsAll) continue
    const sent = world.departures.filter((one) => one.pid === pid)
    const until = (sent[0]?.at ?? 0) + bounds.durationS * 1000 + leavingMs
    const late = sent.find(({ at }) => at > until)
    if (late !== undefined)
      world.violate(
        `I36 ${pid} sends ${late.action} for ${late.key} at ${late.at.toFixed(0)}, though its time was up by ${until.toFixed(0)}`,
      )
  }
}
