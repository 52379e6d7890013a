import { setInterval } from 'node:timers/promises'
import { Pool } from 'undici'
import { benchToken } from './org.ts'

/** The calls of another client on the same counter, and its refusals. */
export interface NeighbourReport {
  readonly sent: number
  readonly refused: number
}

/**
 * Another program of the company on the same rate-limit counter: a fixed number of calls a window, evenly, until
 * stopped. It reads a user's factors, which counts like a lifecycle call.
 */
export function startNeighbour(
  url: string,
  userId: string,
  callsPerWindow: number,
  windowSeconds: number,
): { stop: () => Promise<NeighbourReport> } {
  const pool = new Pool(url, { connections: 4 })
  const stopping = new AbortController()
  const calls: Promise<number>[] = []
  const path = `/api/v1/users/${userId}/factors`

  async function call(): Promise<number> {
    const response = await pool.request({
      method: 'GET',
      path,
      headers: { authorization: `SSWS ${benchToken}` },
    })
    await response.body.dump()
    return response.statusCode
  }

  const ticking = (async () => {
    try {
      const every = (windowSeconds * 1000) / callsPerWindow
      for await (const _tick of setInterval(every, undefined, { signal: stopping.signal })) calls.push(call())
    } catch (error) {
      if (!stopping.signal.aborted) throw error
    }
  })()

  return {
    stop: async () => {
      stopping.abort()
      await ticking
      const statuses = await Promise.all(calls)
      await pool.close()
      return { sent: statuses.length, refused: statuses.filter((status) => status === 429).length }
    },
  }
}
