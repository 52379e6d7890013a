import { removeNow, writeNow } from './prepare.ts'
import { runsDirectory, type World } from './world.ts'

/** The files of a run's directory, by name. What holds the run is none of them. */
export type RunCopy = ReadonlyMap<string, Buffer>

/** Copies a run's directory as it is now, as a backup does. */
export function copyRun(world: World, run: string): RunCopy {
  const copy = new Map<string, Buffer>()
  for (const name of namesOf(world, run)) {
    const bytes = world.files.read(`${runsDirectory}/${run}/${name}`)
    if (bytes !== null) copy.set(name, Buffer.from(bytes))
  }
  return copy
}

/** The name under which the copy of a run is kept that was made as it began. */
export function asBegun(run: string): string {
  return `${run} as it began`
}

/** Copies a run as it begins, and once more while it is at work, as a backup does, if it has begun by then. */
export function backUpLater(world: World, run: string, copies: Map<string, RunCopy>): void {
  for (let at = 10; at <= 500; at += 10)
    world.time.plan(at, null, () => {
      const copy = copies.has(asBegun(run)) ? null : copyRun(world, run)
      if (copy?.has('run.json') === true) copies.set(asBegun(run), copy)
    })
  world.time.plan(
    world.draws.pick('backed up by', [300, 600, 2_000]) * world.draws.next('backed up at'),
    null,
    () => {
      const copy = copyRun(world, run)
      if (copy.has('run.json') && copy.has('journal.ndjson')) copies.set(run, copy)
    },
  )
}

/** Files that are put back together. Where both the journal and its head are, nothing could show that they are older. */
const mixes = [
  ['run.json'],
  ['run.json', 'journal.ndjson'],
  ['run.json', 'journal.head'],
  ['run.json', 'summary.json'],
  ['journal.ndjson'],
  ['journal.ndjson', 'summary.json'],
  ['journal.head'],
] as const

/**
 * Puts some files of a copy back, and one of the others is perhaps lost. A file that the copy lacks is removed. `run.json` is
 * perhaps from a still older copy.
 */
export function mixCopy(world: World, run: string, copy: RunCopy, older: RunCopy | undefined): void {
  const isFirst = world.draws.chance('run.json is from the beginning', 0.3)
  const mix: readonly string[] = isFirst
    ? ['run.json', 'journal.ndjson']
    : world.draws.pick('put back', mixes)
  // Where two of the three that tell of each other are older, the third must be there.
  const isOlder = mix.includes('run.json') && mix.some((name) => name.startsWith('journal'))
  // A run.json of before any call is at odds with a journal that has some, whatever else is there.
  const isAtOdds = isFirst && copy.get('journal.ndjson')?.includes('"event":"intent"') === true
  const names = isOlder && !isAtOdds ? ['summary.json'] : ['journal.ndjson', 'journal.head', 'summary.json']
  const others = names.filter((name) => !mix.includes(name))
  const lost = world.draws.chance('one is lost', 0.4) ? world.draws.pick('which is lost', others) : null
  putBack(world, run, [...mix, ...(lost === null ? [] : [lost])], (name) => {
    const first = name === 'run.json' && isFirst ? older?.get(name) : undefined
    return name === lost ? undefined : (first ?? copy.get(name))
  })
  world.note(`put back of ${run}: ${mix.join(', ')}${lost === null ? '' : `; lost: ${lost}`}`)
}

/** Puts back a journal and what was kept beside it, or all but `run.json`, from a copy that was made at an earlier stop. */
export function putStopBack(world: World, run: string, copy: RunCopy): void {
  const mix = world.draws.chance('with the reports of the stop', 0.5)
    ? [...copy.keys()].filter((name) => name !== 'run.json')
    : ['journal.ndjson', 'journal.head']
  putBack(world, run, mix, (name) => copy.get(name))
  world.note(`put back of ${run}, as it was at a stop: ${mix.join(', ')}`)
}

/** @param bytesOf what a file is to be; undefined for one that is to be gone */
function putBack(
  world: World,
  run: string,
  names: readonly string[],
  bytesOf: (name: string) => Buffer | undefined,
): void {
  const before = linesOf(world.files.read(journalOf(run)))
  for (const name of names) {
    const bytes = bytesOf(name)
    if (bytes === undefined) removeNow(world, `${runsDirectory}/${run}/${name}`)
    else writeNow(world, `${runsDirectory}/${run}/${name}`, bytes)
  }
  world.disk.syncAll()
  noteLoss(world, run, before.slice(linesOf(world.files.read(journalOf(run))).length))
}

/** Puts a copy in the place of a run's directory. What was written since is lost. */
export function restoreRun(world: World, run: string, copy: RunCopy): void {
  const lost = linesOf(world.files.read(journalOf(run))).slice(linesOf(copy.get('journal.ndjson')).length)
  for (const name of namesOf(world, run))
    if (!copy.has(name)) removeNow(world, `${runsDirectory}/${run}/${name}`)
  for (const [name, bytes] of copy) writeNow(world, `${runsDirectory}/${run}/${name}`, bytes)
  world.disk.syncAll()
  noteLoss(world, run, lost)
  world.note(`an older copy of ${run} is restored, without ${lost.length} lines of its journal`)
}

/** Notes that a run's journal has lost lines, for those who judge what may be known. */
export function noteLoss(world: World, run: string, lost: readonly string[]): void {
  world.journals.forget()
  world.noteLost(run, lost)
  world.cuts.set(run, [...(world.cuts.get(run) ?? []), world.time.now])
}

function journalOf(run: string): string {
  return `${runsDirectory}/${run}/journal.ndjson`
}

function linesOf(journal: Buffer | null | undefined): readonly string[] {
  return (journal?.toString('utf8') ?? '').split('\n').slice(0, -1)
}

function namesOf({ disk, files }: World, run: string): readonly string[] {
  const directory = disk.find(`${runsDirectory}/${run}`)
  if (directory?.kind !== 'directory') return []
  return [...directory.names.keys()].filter(
    (name) => name !== 'lock' && files.read(`${runsDirectory}/${run}/${name}`) !== null,
  )
}
