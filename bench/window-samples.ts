import { setInterval } from 'node:timers/promises'

/** The lifecycle calls of one rate-limit window of the token. */
export interface WindowUse {
  /** When it was seen last, in milliseconds of the bench's own clock. */
  readonly at: number
  /** Calls of the run. */
  readonly ours: number
  /** Calls of other clients with the same token. */
  readonly others: number
}

/** What the others asked for and got, all of them together. */
export interface OthersCounts {
  readonly calls: number
  readonly granted: number
  readonly refused: number
}

interface Seen {
  readonly at: number
  readonly reset: number
  readonly used: number
  readonly granted: number
}

const bucket = '/api/v1/users'

async function ask<T>(url: string, path: string): Promise<T> {
  const response = await fetch(`${url}/sandbox/${path}`)
  return (await response.json()) as T
}

/** What the simulated other clients have asked for and got up to now. */
export async function othersOf(url: string): Promise<OthersCounts> {
  const { neighbours } = await ask<{ neighbours: OthersCounts[] }>(url, 'neighbours')
  const sum = (of: (one: OthersCounts) => number) => neighbours.reduce((total, one) => total + of(one), 0)
  return {
    calls: sum((one) => one.calls),
    granted: sum((one) => one.granted),
    refused: sum((one) => one.refused),
  }
}

/**
 * Watches the token's counter of lifecycle calls until the signal: who used how much of each window. Twice a second, so
 * that one look falls into the last second of every window, after the others' last calls in it.
 */
export async function sampleWindows(url: string, signal: AbortSignal): Promise<WindowUse[]> {
  const last: Seen[] = []
  try {
    for await (const _tick of setInterval(500, undefined, { signal })) {
      const seen = await look(url)
      if (seen === null) continue
      if (last.at(-1)?.reset === seen.reset) last.pop()
      last.push(seen)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return last.map(({ at, used, granted }, index) => {
    const others = granted - (last[index - 1]?.granted ?? 0)
    return { at, ours: used - others, others }
  })
}

/** Null if no window is open, or if another client called between two questions that belong together. */
async function look(url: string): Promise<Seen | null> {
  const before = await othersOf(url)
  const { counters } = await ask<{
    counters: { bucket: string; client: string; reset: number; used: number }[]
  }>(url, 'limits')
  const after = await othersOf(url)
  const counter = counters.find((one) => one.bucket === bucket && one.client !== 'org')
  if (counter === undefined || before.granted !== after.granted) return null
  return { at: performance.now(), reset: counter.reset, used: counter.used, granted: after.granted }
}
