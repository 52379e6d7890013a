import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, readlink, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import { asCannotWrite } from './cannot-write.ts'

/** The process that holds a lock. */
const holderSchema = z.object({
  host: z.string(),
  /** Of the machine's start; null where the system tells none. */
  boot_id: z.string().nullable(),
  /** The namespace that the process id counts in; null where there are none. */
  pid_namespace: z.string().nullable(),
  pid: z.number(),
  /** The process's own start, in the system's ticks: a process id alone may be somebody else's by now. */
  process_started: z.string().nullable(),
  since: z.string(),
  /** The run that a job's lock was taken for; a run's own lock names none. */
  run: z.string().nullable().optional(),
})

type Holder = Readonly<z.infer<typeof holderSchema>>

/** A held lock. */
export interface Lock {
  release(): Promise<void>
}

/** What a lock is for, in the words of who is refused it. */
export interface LockSubject {
  /** What is held, to follow the words "Another process holds". */
  readonly name: string
  /** The run that takes the lock, for who is refused it meanwhile; null where the lock is the run's own. */
  readonly run: string | null
  /** What to type to see how far the holder is; `run` is null where its lock names none. */
  readonly status: (run: string | null) => string
}

const thisRun: LockSubject = { name: 'this run', run: null, status: () => 'okta-lifecycle status' }

/**
 * Takes the lock of a directory, a run's by default, for one process at a time.
 *
 * The lock is a directory of numbered files, each naming its holder; the highest number counts, and no number is ever
 * used twice. A file is put there whole and only if its name is free (`link`), so that of two processes in the same
 * moment one gets it. A holder that leaves renames its file to `N.released`. If the highest is released, or its holder is
 * dead, the next number is free to take. Whoever took a number looks once more: if the same or a higher one is there
 * beside it, it came too late and gives way. Only the holder clears what lies below its own number.
 *
 * @throws KnownError with exit code 5 where another process holds it
 * @throws CannotWrite where the system refuses a file
 */
export async function acquireLock(directory: string, subject: LockSubject = thisRun): Promise<Lock> {
  const lockDirectory = join(directory, 'lock')
  try {
    return await take(directory, lockDirectory, subject)
  } catch (error) {
    throw asCannotWrite(error) ?? error
  }
}

async function take(directory: string, lockDirectory: string, subject: LockSubject): Promise<Lock> {
  await mkdir(lockDirectory, { recursive: true, mode: 0o700 })
  const me = { ...(await describeMyself()), run: subject.run }
  const draft = join(lockDirectory, `draft-${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(me)}\n`, { mode: 0o600 })
  try {
    for (;;) {
      const highest = highestOf(await readEntries(lockDirectory))
      const holder = await holderOf(lockDirectory, highest)
      if (holder !== null && (await isAlive(holder, me))) throw heldBy(directory, subject, holder, me)
      const number = (highest?.number ?? 0) + 1
      const mine = join(lockDirectory, String(number))
      if (!(await linked(draft, mine))) continue
      const others = (await readEntries(lockDirectory)).filter(({ name }) => name !== String(number))
      if (others.some((other) => other.number >= number)) {
        await removed(mine)
        continue
      }
      for (const { name } of others) await removed(join(lockDirectory, name))
      return { release: () => renamed(mine, `${mine}.released`) }
    }
  } finally {
    await removed(draft)
  }
}

/** Whether a live process holds the run, as far as can be told from here. */
export async function isLocked(directory: string): Promise<boolean> {
  const lockDirectory = join(directory, 'lock')
  try {
    const holder = await holderOf(lockDirectory, highestOf(await readEntries(lockDirectory)))
    return holder !== null && (await isAlive(holder, await describeMyself()))
  } catch {
    // No lock was ever taken.
    return false
  }
}

/** A file of the lock directory: a number that is or was held. */
interface Entry {
  readonly name: string
  readonly number: number
  readonly released: boolean
}

async function readEntries(lockDirectory: string): Promise<Entry[]> {
  const names = await readdir(lockDirectory)
  return names.flatMap((name) => {
    const [, number, released] = /^(\d+)(\.released)?$/.exec(name) ?? []
    return number === undefined ? [] : [{ name, number: Number(number), released: released !== undefined }]
  })
}

/** The entry that counts: the highest number, and of two with the same the one that is held. */
function highestOf(entries: readonly Entry[]): Entry | null {
  const [highest] = entries.toSorted((a, b) => b.number - a.number || Number(a.released) - Number(b.released))
  return highest ?? null
}

/** Who holds an entry; null where it is released, gone meanwhile, or was left unreadable by a power cut. */
async function holderOf(lockDirectory: string, entry: Entry | null): Promise<Holder | null> {
  if (entry === null || entry.released) return null
  const text = await readText(join(lockDirectory, entry.name))
  const parsed = holderSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : null
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}

async function linked(draft: string, target: string): Promise<boolean> {
  try {
    await link(draft, target)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function renamed(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch {
    // Gone already, with its directory.
  }
}

async function removed(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch {
    // Gone already, or the directory with it.
  }
}

async function describeMyself(): Promise<Holder> {
  return {
    host: hostname(),
    boot_id: await readText('/proc/sys/kernel/random/boot_id'),
    pid_namespace: await readNamespace(),
    pid: process.pid,
    process_started: await startOf(process.pid),
    since: new Date().toISOString(),
  }
}

/** Whether the holder may still be at work. What can't be looked at from here counts as alive. */
async function isAlive(holder: Holder, me: Holder): Promise<boolean> {
  if (holder.host !== me.host) return true
  if (holder.boot_id !== me.boot_id) return false
  if (holder.pid_namespace !== me.pid_namespace) return true
  const started = await startOf(holder.pid)
  if (started !== null || holder.process_started !== null) return started === holder.process_started
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, in the system's ticks; null where there is none, or no /proc. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readText(`/proc/${pid}/stat`)
  if (text === null) return null
  // The second field is the command in parentheses, which may hold anything; the state follows, the start is the 22nd.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // A dead process that its parent has not looked at yet holds nothing.
  if (fields[0] === 'Z' || fields[0] === 'X') return null
  return fields[19] ?? null
}

async function readNamespace(): Promise<string | null> {
  try {
    return await readlink('/proc/self/ns/pid')
  } catch {
    return null
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    return null
  }
}

function heldBy(directory: string, subject: LockSubject, holder: Holder, me: Holder): KnownError {
  const run = holder.run ?? null
  const elsewhere = holder.host !== me.host || holder.pid_namespace !== me.pid_namespace
  const next = elsewhere
    ? `Look there whether it is at work. If it certainly is not: rm -r ${join(directory, 'lock')}`
    : `Try again when it has ended; ${subject.status(run)} shows how far it is.`
  return new KnownError(
    `Another process holds ${subject.name}: ${run === null ? '' : `run ${run}, `}process ${holder.pid} on ${holder.host}, since ${holder.since} (${directory}).`,
    next,
    exitCodes.heldElsewhere,
  )
}
