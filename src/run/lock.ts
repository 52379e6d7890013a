import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, readlink, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { exitCodes, KnownError } from '../known-error.ts'

/** The process that holds a run. */
interface Holder {
  readonly host: string
  /** Of the machine's start; null where the system tells none. */
  readonly boot_id: string | null
  /** The namespace that the process id counts in; null where there are none. */
  readonly pid_namespace: string | null
  readonly pid: number
  /** The process's own start, in the system's ticks: a process id alone may be somebody else's by now. */
  readonly process_started: string | null
  readonly since: string
}

/** A held lock. */
export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the lock of a run directory, for one process at a time.
 *
 * The lock is a directory of numbered files, each naming its holder; the highest number holds. A file is put there whole
 * and only if its number is free (`link`), so that of two processes in the same moment one gets it. If the highest
 * holder is dead, the next number is free to take. Whoever took a number looks once more: if a higher one has appeared,
 * it came too late and gives way.
 *
 * @throws KnownError with exit code 5 where another process holds it
 */
export async function acquireLock(directory: string): Promise<Lock> {
  const lockDirectory = join(directory, 'lock')
  await mkdir(lockDirectory, { recursive: true, mode: 0o700 })
  const me = await describeMyself()
  const draft = join(lockDirectory, `draft-${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(me)}\n`, { mode: 0o600 })
  try {
    for (;;) {
      const numbers = await heldNumbers(lockDirectory)
      const highest = numbers.at(-1) ?? 0
      const holder = await readHolder(join(lockDirectory, String(highest)))
      if (holder !== null && (await isAlive(holder, me))) throw heldBy(directory, holder, me)
      const mine = join(lockDirectory, String(highest + 1))
      if (!(await linked(draft, mine))) continue
      const now = await heldNumbers(lockDirectory)
      if ((now.at(-1) ?? 0) > highest + 1) {
        await removed(mine)
        continue
      }
      for (const number of now) if (number <= highest) await removed(join(lockDirectory, String(number)))
      return { release: () => removed(mine) }
    }
  } finally {
    await removed(draft)
  }
}

/** Whether a live process holds the run, as far as can be told from here. */
export async function isLocked(directory: string): Promise<boolean> {
  const lockDirectory = join(directory, 'lock')
  try {
    const highest = (await heldNumbers(lockDirectory)).at(-1) ?? 0
    const holder = await readHolder(join(lockDirectory, String(highest)))
    return holder !== null && (await isAlive(holder, await describeMyself()))
  } catch {
    // No lock was ever taken.
    return false
  }
}

async function heldNumbers(lockDirectory: string): Promise<number[]> {
  const names = await readdir(lockDirectory)
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
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

async function readHolder(path: string): Promise<Holder | null> {
  const text = await readText(path)
  return text === null ? null : (JSON.parse(text) as Holder)
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

function heldBy(directory: string, holder: Holder, me: Holder): KnownError {
  const elsewhere = holder.host !== me.host || holder.pid_namespace !== me.pid_namespace
  const next = elsewhere
    ? `Look there whether it is at work. If it certainly is not: rm -r ${join(directory, 'lock')}`
    : 'Try again when it has ended; okta-lifecycle status shows how far it is.'
  return new KnownError(
    `Another process holds this run: process ${holder.pid} on ${holder.host}, since ${holder.since} (${directory}).`,
    next,
    exitCodes.heldElsewhere,
  )
}
