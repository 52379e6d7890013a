import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes, FixableError, KnownError } from '../../messages/known-error.ts'
import { asCannotWrite } from '../cannot-write.ts'
import { Hold } from './hold.ts'
import { describeMyself, type Holder } from './holder.ts'
import { type Held, holdDirectory, readNumbers, signPath } from './numbers.ts'
import { type Look, lookAt } from './observe.ts'

/** Without a sign for so long, by the observer's own monotonic clock, a holder is taken for dead. */
const silenceMs = 60_000
const lookEveryMs = 1_000

/** What is to be held, in the words of who is refused it. */
export interface HoldSubject {
  readonly directory: string
  /** What is held, to follow the words "Another process holds". */
  readonly name: string
  /** The run that a job is held for, for who is refused it meanwhile; null for a run's own hold. */
  readonly run: string | null
  /** What to type to see how far the holder is; `run` is null where its hold names none. */
  readonly status: (run: string | null) => string
}

export interface AcquireOptions {
  /** Called once when a holder has to be watched: it may be alive elsewhere, and only time tells. */
  readonly onWatch?: (message: string) => void
  /** Ends the watching. */
  readonly signal?: AbortSignal
}

/**
 * Takes holds of several directories, for one process at a time, in the order given. All are watched at the same time.
 *
 * A hold is a directory of numbered files, each naming its holder; the highest number counts, and no number is ever used
 * twice. A file is put there whole and only if its name is free (`link`), so that of two processes in the same moment
 * one gets it. A holder that leaves renames its file to `N.released`. If the highest is released, or its holder is proven
 * dead by this machine, or has given no sign for a minute, the next number is free to take.
 *
 * @throws KnownError with exit code 5 when another process holds one of them
 * @throws FixableError when the system refuses a file
 */
export async function acquireHolds(
  subjects: readonly HoldSubject[],
  options: AcquireOptions = {},
): Promise<readonly Hold[]> {
  const holds: Hold[] = []
  try {
    for (const { directory } of subjects) {
      await mkdir(holdDirectory(directory), { recursive: true, mode: 0o700 })
    }
    const seen = await watchAll(subjects, options)
    for (const [index, subject] of subjects.entries()) holds.push(await take(subject, seen[index] ?? null))
    return holds
  } catch (error) {
    for (const hold of holds.reverse()) await hold.release()
    throw asCannotWrite(error) ?? error
  }
}

/**
 * Waits until every directory is free, or its holder dead or silent for a minute.
 *
 * @returns for each the silent holder that it is taken over from; null where there is none
 */
async function watchAll(
  subjects: readonly HoldSubject[],
  { onWatch, signal }: AcquireOptions,
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
    await sleep(lookEveryMs, undefined, signal === undefined ? {} : { signal })
  }
}

/** @throws KnownError with exit code 5 for a holder that is seen alive */
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
      // Before the look: whoever takes a number after it takes this one, and `link` then lets only one of us have it.
      const numbers = await readNumbers(lockDirectory)
      const look = await lookAt(lockDirectory, me)
      // What was silent all the time must still be what it was; anything else is somebody who came meanwhile.
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
      return await Hold.begin(lockDirectory, number, subject.name, overtaken)
    }
  } finally {
    await removed(draft)
  }
}

function isSame(held: Held, known: Held): boolean {
  return held.number === known.number && held.sign === known.sign
}

/** A holder that woke in the very moment of the take-over has given a sign, and both give way. */
async function isStillSilent(lockDirectory: string, silent: Held): Promise<boolean> {
  try {
    return (await readFile(signPath(lockDirectory, silent.number), 'utf8')) === silent.sign
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
    // The draft was just written beside it, so it is not permission that is missing.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP') {
      throw new FixableError(
        `The file system of ${target} has no hard links, and without them two processes could hold one run (${code}).`,
        'Choose a --runs-dir on a file system that has hard links, such as a local disk',
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
  return `${name[0]?.toUpperCase()}${name.slice(1)} may be held by process ${holder.pid} on ${holder.host}, which can't be looked at from here: watching for a sign of life, for at most ${silenceMs / 1000} s.`
}

function heldBy({ directory, name, status }: HoldSubject, { holder }: Held, me: Holder): KnownError {
  const where = holder.host === me.host ? '' : ` on ${holder.host}`
  const run = holder.run === null ? '' : `run ${holder.run}, `
  return new KnownError(
    `Another process holds ${name}: ${run}process ${holder.pid}${where}, since ${holder.since} (${directory}).`,
    `Try again when it has ended; ${status(holder.run)} shows how far it is.`,
    exitCodes.heldElsewhere,
  )
}
