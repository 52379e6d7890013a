import { randomUUID } from 'node:crypto'
import { link, mkdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { exitCodes, FixableError, KnownError } from '../../messages/known-error.ts'
import { RunStopped } from '../../messages/stop.ts'
import { asCannotWrite } from '../cannot-write.ts'
import { readRegular } from '../read-regular.ts'
import { Hold } from './hold.ts'
import { describeMyself, type Holder } from './holder.ts'
import { type Held, holdDirectory, readNumbers, signPath } from './numbers.ts'
import { type Look, lookAt } from './observe.ts'

/** A holder without a sign of life for this long, by the observer's own monotonic clock, is considered dead. */
const silenceMs = 60_000
const lookEveryMs = 1_000

/** What to hold, with the words for a process that can't get it. */
export interface HoldSubject {
  readonly directory: string
  /** The name that follows the words "Another process holds". */
  readonly name: string
  /** The run for which a job is held, as other processes are told; null for a run's own hold. */
  readonly run: string | null
  /** The command that shows how far the holder is; `run` is null if its hold names none. */
  readonly status: (run: string | null) => string
}

export interface AcquireOptions {
  /** Called once when a holder must be watched, because it may be alive on another machine. */
  readonly onWatch?: (message: string) => void
  /** Ends the watching. */
  readonly signal?: AbortSignal
  /** Waits for some milliseconds, or until the signal aborts; by default with a timer. */
  readonly sleep?: Sleep
}

type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>

const byTimer: Sleep = (milliseconds, signal) =>
  sleepFor(milliseconds, undefined, signal === undefined ? {} : { signal })

/**
 * Takes the holds of several directories in the given order. Only one process can have a hold at a time. All are
 * watched at the same time.
 *
 * A lock directory contains numbered files that name their holders. The highest number counts, and no number is ever
 * used twice. A file appears complete and only if its name is free (`link`), so that only one of two simultaneous
 * processes gets it. A holder that leaves renames its file to `N.released`. The next number is free to take if the
 * highest one is released, if this machine can prove that its holder is dead, or if its holder has given no sign of
 * life for a minute.
 *
 * @throws KnownError with exit code 5 when another process holds one of them
 * @throws FixableError when the system refuses a file
 */
export async function acquireHolds(
  subjects: readonly HoldSubject[],
  options: AcquireOptions = {},
): Promise<readonly Hold[]> {
  const holds: Hold[] = []
  // A disk that is full refuses a write without saying to which file.
  let place = 'A file'
  try {
    for (const { directory } of subjects) await makeHoldDirectory(directory)
    const seen = await watchAll(subjects, options)
    for (const [index, subject] of subjects.entries()) {
      place = `A file in ${holdDirectory(subject.directory)}`
      holds.push(await take(subject, seen[index] ?? null))
    }
    return holds
  } catch (error) {
    for (const hold of holds.reverse()) await hold.release()
    throw asCannotWrite(error, place) ?? error
  }
}

/** The directory itself must be there: if another process has just removed it, it is not begun anew. */
async function makeHoldDirectory(directory: string): Promise<void> {
  try {
    await mkdir(holdDirectory(directory), { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/**
 * Waits until every directory is free, or its holder is dead or has been silent for a minute.
 *
 * @returns for each directory the silent holder to take over from; null if there is none
 */
async function watchAll(
  subjects: readonly HoldSubject[],
  { onWatch, signal, sleep = byTimer }: AcquireOptions,
): Promise<readonly (Held | null)[]> {
  const me = await describeMyself(null)
  const silentSince = new Map<string, { readonly sign: string; readonly at: number }>()
  for (let first = true; ; first = false) {
    const silent: (Held | null)[] = []
    let waiting = false
    for (const subject of subjects) {
      const look = await lookAt(holdDirectory(subject.directory), me)
      const heldUp = judge(subject, look, silentSince, me)
      if (heldUp === 'wait') {
        waiting = true
        if (first && look.kind === 'silent') onWatch?.(describeWatch(subject, look.held))
      }
      silent.push(look.kind === 'silent' ? look.held : null)
    }
    if (!waiting) return silent
    await sleepUnlessStopped(sleep, signal)
  }
}

/** @throws RunStopped when the signal ends the watching */
async function sleepUnlessStopped(sleep: Sleep, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(lookEveryMs, signal)
  } catch (error) {
    if (signal?.aborted === true) throw new RunStopped()
    throw error
  }
}

/** @throws KnownError with exit code 5 if the holder is alive */
function judge(
  subject: HoldSubject,
  look: Look,
  silentSince: Map<string, { readonly sign: string; readonly at: number }>,
  me: Holder,
): 'go' | 'wait' {
  if (look.kind === 'free' || look.kind === 'dead') return 'go'
  if (look.kind === 'alive') throw heldBy(subject, look.held, me)
  const sign = `${look.held.number} ${look.held.sign}`
  const known = silentSince.get(subject.directory)
  if (known === undefined) {
    silentSince.set(subject.directory, { sign, at: performance.now() })
    return 'wait'
  }
  if (known.sign !== sign) throw heldBy(subject, look.held, me)
  return performance.now() - known.at >= silenceMs ? 'go' : 'wait'
}

async function take(subject: HoldSubject, silent: Held | null): Promise<Hold> {
  const lockDirectory = holdDirectory(subject.directory)
  const me = await describeMyself(subject.run)
  const draft = join(lockDirectory, `draft-${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(me)}\n`, { mode: 0o600 })
  try {
    for (;;) {
      // The numbers are read before the holder is looked at. A process that takes a number after that picks the same one
      // as this process does, and `link` lets only one of them have it.
      const numbers = await readNumbers(lockDirectory)
      const look = await lookAt(lockDirectory, me)
      // A silent holder must be the one that was watched, without a new sign. Any other holder came in the meantime.
      const overtaken = look.kind === 'silent' && silent !== null && isSame(look.held, silent)
      if (look.kind === 'alive' || (look.kind === 'silent' && !overtaken)) {
        throw heldBy(subject, look.held, me)
      }
      const number = Math.max(0, ...numbers.map((other) => other.number)) + 1
      const mine = join(lockDirectory, String(number))
      if (!(await linked(draft, mine))) continue
      const others = (await readNumbers(lockDirectory)).filter(({ name }) => name !== String(number))
      if (others.some((other) => other.number >= number)) {
        await removed(mine)
        continue
      }
      if (overtaken && silent !== null && !(await isStillSilent(lockDirectory, silent))) {
        await rename(mine, `${mine}.released`)
        throw heldBy(subject, silent, me)
      }
      for (const other of others) {
        await removed(join(lockDirectory, other.name))
        await removed(signPath(lockDirectory, other.number))
      }
      // Each holder leaves its number behind. Where there is none, there was no holder, or somebody has removed it.
      const former = overtaken ? 'silent' : numbers.length === 0 ? 'unknown' : 'ended'
      return await Hold.begin(lockDirectory, { number, id: me.id }, subject.name, former)
    }
  } finally {
    await removed(draft)
  }
}

function isSame(held: Held, known: Held): boolean {
  return held.number === known.number && held.sign === known.sign
}

/** False if the holder woke up at the moment of the take-over and gave a sign. Both processes then give way. */
async function isStillSilent(lockDirectory: string, silent: Held): Promise<boolean> {
  try {
    return (await readRegular(signPath(lockDirectory, silent.number))) === silent.sign
  } catch {
    return silent.sign === ''
  }
}

async function linked(draft: string, target: string): Promise<boolean> {
  try {
    await link(draft, target)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // The draft was just written next to it, so missing permission is not the cause.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP') {
      throw new FixableError(
        `The file system of ${target} has no hard links (${code}). Without them two processes could hold the same run.`,
        'Choose a --runs-dir on a file system with hard links, such as a local disk',
        exitCodes.nothingSent,
        { cause: error },
      )
    }
    throw error
  }
}

async function removed(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch {
    // Gone already, or the directory with it.
  }
}

function describeWatch({ name }: HoldSubject, { holder }: Held): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)} may be held by process ${holder.pid} on ${holder.host}, which can't be checked from here. Watching for a sign of life for up to ${silenceMs / 1000} s.`
}

function heldBy({ directory, name, status }: HoldSubject, { holder }: Held, me: Holder): KnownError {
  const where = holder.host === me.host ? '' : ` on ${holder.host}`
  const run = holder.run === null ? '' : `run ${holder.run}, `
  return new KnownError(
    `Another process holds ${name}: ${run}process ${holder.pid}${where}, since ${holder.since} (${directory}).`,
    `Try again when it has ended. To see how far it has got: ${status(holder.run)}`,
    exitCodes.heldElsewhere,
  )
}
