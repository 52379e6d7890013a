import { nextInputName } from './input.ts'
import type { SimProcess } from './process.ts'
import { startResume, startRun } from './program.ts'
import { readRun } from './reports.ts'
import { type Disturbance, nextRun } from './scenario.ts'
import { home, linksPath, runsDirectory, type World } from './world.ts'

/** Longer than a hold lasts without a sign of life. */
const longPauseMs = 100_000

/**
 * Lets something happen to a process or its machine.
 *
 * @param run the run that it will be about by then
 */
export function disturb(
  world: World,
  process: SimProcess,
  disturbance: Disturbance,
  run: () => string,
  startRival: () => void = () => void startResume(world, run(), 'host-b'),
): void {
  const { afterApplied, afterMs } = disturbance
  const strike = (): void => {
    world.time.plan(afterMs, null, () => {
      if (!process.ended) struck(world, process, disturbance, run, startRival)
    })
  }
  if (afterApplied === null) strike()
  else
    process.onApplied.push((count) => {
      if (count === afterApplied) strike()
    })
}

function struck(
  world: World,
  process: SimProcess,
  { kind, ms }: Disturbance,
  run: () => string,
  startRival: () => void,
): void {
  const { time, disk } = world
  const later = (delay: number, work: () => void): void => void time.plan(delay, null, work)
  const paused = (): void => {
    process.pausedAt.push(time.now)
    time.pause(process)
  }
  const rival = (): void => {
    if (readRun(world, run()) !== null) startRival()
  }
  const next = (): void => {
    if (readRun(world, nextRun.id) === null) startRun(world, `${home}/${nextInputName}`, nextRun.id, 'host-b')
  }
  world.note(`disturbance: ${kind}`)
  switch (kind) {
    case 'SIGINT':
    case 'SIGTERM':
      time.plan(0, process, () => process.signal(kind))
      return
    case 'SIGKILL':
      world.kill(process)
      return
    case 'power':
      world.cutPower()
      return
    case 'pause':
      paused()
      later(ms, () => time.goOn(process))
      return
    case 'sleep':
      paused()
      later(ms, () => {
        process.sleptMs += ms
        process.wokeAt = time.now
        time.goOn(process)
      })
      return
    case 'stolen':
      paused()
      rival()
      later(longPauseMs + ms / 10, () => time.goOn(process))
      return
    case 'full_disk':
    case 'read_only_disk':
      disk.state = kind === 'full_disk' ? 'full' : 'read_only'
      later(ms, () => {
        disk.state = 'well'
      })
      return
    case 'clock_step':
      world.wallOffset += ms % 400 === 200 ? -ms * 100 : ms * 100
      return
    case 'rival':
      rival()
      return
    case 'holds_removed':
      if (disk.state !== 'well') return
      removeHolds(world, run())
      later(ms / 100, rival)
      return
    case 'store_away':
      world.store?.goAway(ms)
      return
    case 'answers_lost':
      world.store?.loseAnswers(ms)
      return
    case 'journal_away':
      world.kill(process)
      takeAway(world, `${runsDirectory}/${run()}/journal.ndjson`)
      later(ms, () => world.bringBack())
      return
    case 'links_moved':
      moveLinks(world)
      return
    case 'next_run':
      next()
      return
    case 'overtaken':
      paused()
      next()
      later(longPauseMs + ms / 10, () => time.goOn(process))
      return
  }
}

/** Takes a file away until it is brought back. */
function takeAway(world: World, path: string): void {
  const { disk } = world
  const file = disk.find(path)
  if (file === null || disk.state !== 'well') return
  const { directory, name } = disk.place(path, 'rename')
  disk.change(directory, [[name, null]])
  disk.syncAll()
  world.away.set(path, file)
}

/** Removes the holds of a run and of all jobs, as somebody does who takes them for the remains of a dead process. */
function removeHolds(world: World, run: string): void {
  const { disk } = world
  world.holdsRemovedAt ??= world.time.now
  const jobs = disk.find(`${runsDirectory}/.jobs`)
  const held = [
    disk.find(`${runsDirectory}/${run}`),
    ...(jobs?.kind === 'directory' ? jobs.names.values() : []),
  ]
  for (const node of held)
    if (node?.kind === 'directory' && node.names.has('lock')) disk.change(node, [['lock', null]])
  disk.syncAll()
}

/** Moves the file of activation links away, as somebody does who picks up the links so far. */
function moveLinks(world: World): void {
  const { disk, time } = world
  const file = disk.find(linksPath)
  if (file === null || disk.state !== 'well') return
  const { directory, name } = disk.place(linksPath, 'rename')
  disk.change(directory, [
    [name, null],
    [`picked${time.now.toFixed(0)}.csv`, file],
  ])
  disk.syncAll()
  world.linksMovedAt = time.now
}
