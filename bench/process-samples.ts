import { readdir, readFile, readlink } from 'node:fs/promises'
import { setInterval } from 'node:timers/promises'

/** What one process holds at one time, as Linux shows it from outside. */
export interface ProcessSample {
  /** Milliseconds of the bench's own clock. */
  readonly at: number
  readonly megabytes: number
  readonly sockets: number
  /** Open files, pipes and the like. */
  readonly otherFiles: number
  readonly threads: number
}

/** Samples a process until the signal. Source: proc(5). */
export async function sampleProcess(
  pid: number,
  everyMilliseconds: number,
  signal: AbortSignal,
): Promise<ProcessSample[]> {
  const samples: ProcessSample[] = []
  try {
    for await (const _tick of setInterval(everyMilliseconds, undefined, { signal })) {
      const sample = await look(pid)
      if (sample !== null) samples.push(sample)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return samples
}

/** Null if the process has ended. */
async function look(pid: number): Promise<ProcessSample | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const number = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1])
    const files = await readdir(`/proc/${pid}/fd`)
    const targets = await Promise.all(
      files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => null)),
    )
    const sockets = targets.filter((target) => target?.startsWith('socket:')).length
    // A file that was closed between the list and the look is not open.
    const otherFiles = targets.filter((target) => target !== null && !target.startsWith('socket:')).length
    const megabytes = number('VmRSS') / 1024
    if (Number.isNaN(megabytes)) return null
    return { at: performance.now(), megabytes, sockets, otherFiles, threads: number('Threads') }
  } catch {
    return null
  }
}

/** The medians of the first and the last third of some values. */
export interface Trend {
  readonly first: number
  readonly last: number
  readonly most: number
}

export function trendOf(values: readonly number[]): Trend {
  const third = Math.ceil(values.length / 3)
  return {
    first: median(values.slice(0, third)),
    last: median(values.slice(-third)),
    most: Math.max(...values),
  }
}

/** The upper one of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
