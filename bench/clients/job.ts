import { readFileSync } from 'node:fs'

/** The command line of a benchmark client. */
export interface ClientJob {
  readonly url: string
  readonly token: string
  readonly ids: readonly string[]
  readonly inFlight: number
  readonly reads: boolean
}

/** Reads `URL TOKEN IDS_FILE IN_FLIGHT reads|no-reads`. */
export function idsFrom(argv: readonly string[]): ClientJob {
  const [, , url = '', token = '', file = '', inFlight = '1', reads = ''] = argv
  const [, ...ids] = readFileSync(file, 'utf8').trim().split('\n')
  return { url, token, ids, inFlight: Number(inFlight), reads: reads === 'reads' }
}

/** Writes a client's result as the last line of standard output. */
export function report(result: { readonly succeeded: number; readonly failed: number }): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
