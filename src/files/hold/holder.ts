import { randomUUID } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import * as z from 'zod'

/** The process that has a hold. */
const holderSchema = z.object({
  /** The id of this hold alone. Absent in holds of older versions. */
  id: z.string().optional(),
  host: z.string(),
  /** The id of the machine's boot; null if the system has none. */
  boot_id: z.string().nullable(),
  /** The namespace of the process id; null if the system has none. */
  pid_namespace: z.string().nullable(),
  pid: z.number(),
  /** The start time of the process, in the system's ticks. Needed because process ids are reused. */
  process_started: z.string().nullable(),
  since: z.string(),
  /** The run that a job is held for; null for a run's own hold. */
  run: z.string().nullable(),
})

export type Holder = Readonly<z.infer<typeof holderSchema>>

/**
 * Parses a holder that {@link describeMyself} described; null for anything else, such as a file that a power cut left
 * incomplete.
 */
export function parseHolder(text: string): Holder | null {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** A holder whose file can't be read. Nothing can be proved of it: it is watched for signs of life. */
export const unreadableHolder: Holder = {
  host: 'a host that its file no longer names',
  boot_id: null,
  pid_namespace: null,
  pid: 0,
  process_started: null,
  since: 'an unknown time',
  run: null,
}

/** This process as a holder. */
export async function describeMyself(run: string | null): Promise<Holder & { readonly id: string }> {
  return {
    id: randomUUID(),
    host: hostname(),
    boot_id: await readText('/proc/sys/kernel/random/boot_id'),
    pid_namespace: await readNamespace(),
    pid: process.pid,
    process_started: (await processOf(process.pid)).started,
    since: new Date().toISOString(),
    run,
  }
}

/**
 * Whether both processes are on the same boot of the same machine, in the same pid namespace. Host names prove nothing.
 */
export function sharesMachine(holder: Holder, me: Holder): boolean {
  return (
    holder.boot_id !== null &&
    holder.boot_id === me.boot_id &&
    holder.pid_namespace !== null &&
    holder.pid_namespace === me.pid_namespace
  )
}

/** Whether this machine can prove that the holder's process is gone. */
export async function isProvenDead(holder: Holder, me: Holder): Promise<boolean> {
  if (!sharesMachine(holder, me) || holder.process_started === null) return false
  const { known, started } = await processOf(holder.pid)
  return known && started !== holder.process_started
}

/** Seconds since the machine started, the same for all its processes; null if the system does not say. */
export async function uptimeSeconds(): Promise<number | null> {
  const text = await readText('/proc/uptime')
  const seconds = text === null ? Number.NaN : Number.parseFloat(text)
  return Number.isFinite(seconds) ? seconds : null
}

/**
 * The start time of a process, in the system's ticks; null if there is no such process. `known` is false if that can't
 * be found out, because there is no /proc or it can't be read.
 */
async function processOf(pid: number): Promise<{ known: boolean; started: string | null }> {
  let text: string
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const gone = code === 'ENOENT' || code === 'ESRCH'
    return { known: gone && (await readText('/proc/self/stat')) !== null, started: null }
  }
  // The second field is the command in parentheses, which may contain anything. The state follows; the start is field
  // 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // A zombie is dead and holds nothing.
  if (fields[0] === 'Z' || fields[0] === 'X') return { known: true, started: null }
  return { known: true, started: fields[19] ?? null }
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
