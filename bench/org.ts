import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The simulated org of one measurement, in its own process. */
export interface BenchOrg {
  readonly url: string
  /** Requests that the org answered, by HTTP status. */
  answers(): Promise<Readonly<Record<string, number>>>
  stop(): Promise<void>
}

export interface BenchOrgOptions {
  readonly seedFile: string
  /** Lifecycle calls a window, as the headers show it. */
  readonly limit: number
  readonly windowSeconds: number
  readonly latencyMs: number
  /** Reads of one user a window, likewise. Default: twice the lifecycle calls. */
  readonly readLimit?: number
  /** More flags of the sandbox. */
  readonly more?: readonly string[]
}

export const benchToken = 'bench-token'

/** Starts the built sandbox. */
export async function startOrg(options: BenchOrgOptions): Promise<BenchOrg> {
  // As in Okta, reads have their own counter, larger than that of lifecycle calls.
  const readLimit = options.readLimit ?? options.limit * 2
  const child = spawn(
    process.execPath,
    [
      'dist/main.js',
      'sandbox',
      ...['--seed', options.seedFile, '--token', benchToken, '--limit', String(options.limit)],
      ...['--window', String(options.windowSeconds), '--latency', String(options.latencyMs)],
      // The flag takes the org's limit, of which a token may use half.
      ...['--bucket-limit', `/api/v1/users/{id:.+}=${readLimit * 2}`],
      ...(options.more ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    url,
    answers: async () => {
      const response = await fetch(`${url}/sandbox/traffic`)
      const traffic = (await response.json()) as { answers: Record<string, number> }
      return traffic.answers
    },
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
