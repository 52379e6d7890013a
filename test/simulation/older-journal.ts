import { removeNow, writeNow } from './prepare.ts'
import { readRun } from './reports.ts'
import { noteLoss } from './run-copies.ts'
import { runsDirectory, type World } from './world.ts'

/** What a person has put in the place of a run's journal. */
export interface OlderJournal {
  /** Cuts that it tells of itself. */
  readonly cutsKept: number
  /** Whether it is no older copy, but one of which the disk has damaged a line, or all from one on. */
  readonly isDamaged: boolean
  /** Whether the person who has restored it says so at once. */
  readonly isTold: boolean
}

/**
 * Somebody restores an older copy of the journal, and knows it; or the disk has damaged a line of it, or all from one on.
 *
 * @param isUnknown whether it is an older copy, nobody knows it, and what was kept beside the journal is lost
 * @returns null if the journal is too short for that
 */
export function restoreOlderJournal(world: World, run: string, isUnknown: boolean): OlderJournal | null {
  const path = `${runsDirectory}/${run}/journal.ndjson`
  const lines = (world.files.read(path)?.toString('utf8') ?? '').split('\n').slice(0, -1)
  // A retry that has lost what it took over is not gone on with at all.
  const least = readRun(world, run)?.carried_over?.lines ?? 1
  const kept = Math.max(least, Math.floor(lines.length * world.draws.between('kept lines', 0, 1)))
  if (lines.length < 2 || kept >= lines.length) return null
  const older = `${lines.slice(0, kept).join('\n')}\n`
  const losesHead = isUnknown || world.draws.chance('head is lost with the journal', 0.3)
  // What is kept beside a journal is not synced, so a loss of power may have left less there.
  const isTold =
    !isUnknown &&
    ((world.disk.powerLosses > 0 && !losesHead) || world.draws.chance('tells of the older journal', 0.5))
  const cutsKept = older.split('"event":"cut"').length - 1
  const isDamaged = !isUnknown && world.draws.chance('damaged line', 0.5)
  // Up to the end, there is no line that a later one vouches for.
  const count = isDamaged && world.draws.chance('damaged to the end', 0.4) ? lines.length : 1
  const rest = lines
    .slice(kept)
    .map((line, i) => (i < count ? line.replace('"event":"', '"event":"#') : line))
  writeNow(world, path, isDamaged ? [...lines.slice(0, kept), ...rest, ''].join('\n') : older)
  if (losesHead) {
    world.note(
      `journal.head is lost as well: ${isDamaged ? 'damaged' : 'older'}, ${isTold ? 'told' : 'not told'}`,
    )
    const head = `${runsDirectory}/${run}/journal.head`
    if (world.draws.chance('head is removed', 0.5)) removeNow(world, head)
    else writeNow(world, head, world.draws.pick('head is', ['', 'hello\n']))
  }
  world.disk.syncAll()
  noteLoss(world, run, lines.slice(kept))
  world.note(`an older journal of ${run} is restored: ${kept} of ${lines.length} lines`)
  return { cutsKept, isDamaged, isTold }
}

/**
 * Whether a person adds to the next command that the sound part of a run's journal is to be taken: on their own only if they
 * know of an older journal that the program has not noted yet, and otherwise if they are asked for it.
 */
export function takesSoundPart(
  world: World,
  run: string,
  { cutsKept, isDamaged, isTold }: OlderJournal,
): boolean {
  const journal = world.files.read(`${runsDirectory}/${run}/journal.ndjson`)?.toString('utf8') ?? ''
  const isNoted = !world.cuts.has(run) || journal.split('"event":"cut"').length - 1 > cutsKept
  const isAsked = world.processes.at(-1)?.output.join('').includes('--take-sound-part') === true
  if (isNoted) return isAsked && world.cuts.has(run)
  return isDamaged ? world.draws.chance('takes the sound part', 0.7) : isTold || isAsked
}
