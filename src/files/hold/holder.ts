import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { z } from 'zod'

/** The process that holds something. */
const holderSchema = z.object({
  host: z.string(),
  /** Of the machine's start; null where the system names none. */
  boot_id: z.string().nullable(),
  /** The namespace that the process id counts in; null where there are none. */
  pid_namespace: z.string().nullable(),
  pid: z.number(),
  /** The process's own start, in the system's ticks: a process id alone may be somebody else's by now. */
  process_started: z.string().nullable(),
  since: z.string(),
  /** The run that a job is held for; a run's own hold names none. */
  run: z.string().nullable(),
})

export type Holder = Readonly<z.infer<typeof holderSchema>>

/** Reads a holder as {@link describeMyself} describes it; null for anything else, such as what a power cut left. */
export function parseHolder(text: string): Holder | null {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** This process as a holder. */
export async function describeMyself(run: string | null): Promise<Holder> {
  return {
    host: hostname(),
    boot_id: await readText('/proc/sys/kernel/random/boot_id'),
    pid_namespace: await readNamespace(),
    pid: process.pid,
    process_started: (await processOf(process.pid)).started,
    since: new Date().toISOString(),
    run,
  }
}

/** Whether both run under the same kernel since the same start of it, and count processes alike. Names prove nothing. */
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

/** Seconds since the machine started, the same for all its processes; null where the system does not say. */
export async function uptimeSeconds(): Promise<number | null> {
  const text = await readText('/proc/uptime')
  const seconds = text === null ? Number.NaN : Number.parseFloat(text)
  return Number.isFinite(seconds) ? seconds : null
}

/**
 * When a process started, in the system's ticks; null when there is no such process. `known` is false when that can't be
 * found out: there is no /proc, or it may not be read.
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
  // The second field is the command in parentheses, which may hold anything; the state follows, the start is the 22nd.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // A dead process that its parent has not looked at yet holds nothing.
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
