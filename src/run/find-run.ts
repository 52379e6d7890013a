import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path'
import { exists } from '../files/exists.ts'
import { KnownError, Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { storeOf } from '../messages/store-place.ts'
import { cannotLook, type ListedRun, listRuns } from './list-runs.ts'
import { lookForRun } from './look-at-run.ts'
import { runFileName } from './run-file.ts'

/** Where a run is. */
export interface RunPlace {
  /** Its real place, in the directory where the runs beside it are. */
  readonly directory: string
  /** The link by which it was named; null if it was named by its place. Runs that go on from it may lie beside the link. */
  readonly link: string | null
}

/**
 * Finds a run: by path, by id in the runs directory, or the latest run.
 *
 * @param mayBeLost whether what is left of a run without a `run.json` counts as one, too
 * @throws Refusal when there is no such run, when its `run.json` is gone, or when that can't be found out
 */
export async function findRun(
  runsDirectory: string,
  run: string | undefined,
  latest: boolean,
  mayBeLost = false,
): Promise<RunPlace> {
  if (run !== undefined && latest) {
    throw new Refusal('Name either a run or --latest, not both.', 'okta-lifecycle resume --latest')
  }
  if ((run === undefined && !latest) || run === '') {
    throw new Refusal('No run is given.', 'Give its id, or --latest; all runs: okta-lifecycle runs')
  }
  try {
    if (run === undefined) return await findLatest(runsDirectory, mayBeLost)
    return isPath(run) ? await findAtPath(run, mayBeLost) : await findById(runsDirectory, run, mayBeLost)
  } catch (error) {
    if (error instanceof KnownError) throw error
    throw cannotLook(runsDirectory, error)
  }
}

/** An id has no separator. What has one is a path, seen from where the command is typed. */
function isPath(run: string): boolean {
  return /[/\\]/.test(run) || run === '.' || run === '..'
}

async function findAtPath(path: string, mayBeLost: boolean): Promise<RunPlace> {
  const place = await placeOf(path)
  if (place !== null && (await isRun(place.directory, mayBeLost))) return place
  throw new Refusal(
    `There is no run at ${path}.`,
    'Check the path, which is seen from the current directory. To list all runs: okta-lifecycle runs',
  )
}

/** Never looks anywhere but in the runs directory: another one may have a run with the same id. */
async function findById(runsDirectory: string, id: string, mayBeLost: boolean): Promise<RunPlace> {
  // A name that begins with a dot is not a run.
  const place = id.startsWith('.') ? null : await placeOf(join(runsDirectory, id))
  if (place !== null && (await isRun(place.directory, mayBeLost))) return place
  const store = storeOf(runsDirectory)
  if (store !== null)
    throw new Refusal(
      `There is no run ${id} in ${store}.`,
      `Check the id. To list the runs: okta-lifecycle runs --store ${shellWord(store)}`,
    )
  const isHere = await exists(join(id, runFileName)).catch(() => false)
  throw new Refusal(
    `There is no run ${id} in ${runsDirectory}.`,
    isHere
      ? `Check --runs-dir. To name the run in the current directory, type a path: ./${shellWord(id)}`
      : `Check the id, or name another directory with --runs-dir DIR. To list the runs: ls ${shellWord(runsDirectory)}`,
  )
}

/**
 * Whether there is a run in a directory, readable or not.
 *
 * @throws Refusal when all but its `run.json` is there, or when it is a link to what is not there
 */
async function isRun(directory: string, mayBeLost: boolean): Promise<boolean> {
  const look = await lookForRun(directory)
  if (!mayBeLost && look.kind === 'unreadable' && look.restore !== null)
    throw new Refusal(look.why, look.restore)
  // Somebody else's run.json is refused by whoever reads it.
  return look.kind !== 'none' || (await exists(join(directory, runFileName)))
}

/**
 * Where a path leads: as it was typed, if the text leads where the system goes and into the directory where the runs
 * beside it are; neither a link to a run nor a name such as `.` does. Otherwise the real path. Null if nothing is there.
 */
async function placeOf(typed: string): Promise<RunPlace | null> {
  // `r1/` and `r1/.` are r1.
  const path = typed.replace(/(?<=[^/\\])(?:[/\\]+\.?)+$/, '')
  const real = await realPathOf(path)
  if (real === null) return null
  const above = dirname(path)
  const isNamed = !['', '.', '..'].includes(basename(path))
  // Behind a link, `..` is not what the text says.
  const isBeside = isNamed && (await realpath(normalize(above)).catch(() => null)) === dirname(real)
  if (isBeside && basename(path) === basename(real)) return { directory: path, link: null }
  const isLink = isNamed && (await lstat(path)).isSymbolicLink()
  return { directory: isBeside ? join(above, basename(real)) : real, link: isLink ? path : null }
}

/** A link that leads nowhere, or in a circle, is in its own place. Null if nothing is there. */
async function realPathOf(path: string): Promise<string | null> {
  try {
    return await realpath(path)
  } catch {
    // It may be such a link.
  }
  try {
    const own = join(await realpath(dirname(path)), basename(path))
    await lstat(own)
    return own
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

async function findLatest(runsDirectory: string, mayBeLost: boolean): Promise<RunPlace> {
  const runs = await Promise.all(
    (await listRuns(runsDirectory)).map(async (run) => ({ ...run, began: await timeOf(run) })),
  )
  // Ids that users choose don't sort by time.
  const [newest] = runs.toReversed().sort((a, b) => b.began - a.began)
  if (newest !== undefined) return await findById(runsDirectory, newest.name, mayBeLost)
  throw new Refusal(
    `There are no runs in ${storeOf(runsDirectory) ?? runsDirectory}.`,
    storeOf(runsDirectory) !== null
      ? 'Submit a run: okta-lifecycle submit'
      : 'Name another directory with --runs-dir DIR, or start a run: okta-lifecycle run',
  )
}

/**
 * When a run began or, if its `run.json` does not say, when its directory was made. A copy, or a file system that does
 * not keep that time, may make a run seem newer than it is; then somebody looks at it.
 *
 * @throws Refusal for one whose directory can't be reached: it may be the latest run
 */
async function timeOf({ directory, look }: ListedRun): Promise<number> {
  if (look.kind === 'run') return Date.parse(look.run.created_at)
  const made = await stat(directory).catch(() => null)
  if (made === null)
    throw new Refusal(
      `Which run is the latest can't be found out: ${look.why}`,
      `${look.restore ?? `Restore ${directory} from a backup`}, or name the run by its id`,
    )
  return made.birthtimeMs > 0 ? made.birthtimeMs : made.ctimeMs
}
