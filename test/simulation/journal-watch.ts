/** An intent as a journal's writer has handed it to the system. */
export interface WatchedIntent {
  readonly path: string
  readonly run: string
  readonly row: number
  readonly step: number
  readonly attempt: number
  readonly user: string
  /** Where its line ends in the file. */
  readonly end: number
  /** Whether a later event has closed it. */
  settled: boolean
}

interface Line {
  readonly event: string
  readonly row: number
  readonly step: number
  readonly attempt: number
  readonly user_id: string
  readonly result: string
  readonly verdict?: string
}

/** Looks over the shoulder of every process that writes a journal: what does it say at the moment when a call leaves? */
export class JournalWatch {
  /** By process and user. */
  readonly #latest = new Map<string, WatchedIntent>()
  readonly #results = new Map<
    string,
    { readonly result: string; readonly path: string; readonly end: number }
  >()
  readonly #violate: (line: string) => void

  constructor(violate: (line: string) => void) {
    this.#violate = violate
  }

  written(pid: number, path: string, bytes: Buffer, at: number): void {
    if (!path.endsWith('journal.ndjson')) return
    const run = path.split('/').at(-2) ?? ''
    let end = at
    for (const text of bytes.toString('utf8').split('\n')) {
      end += Buffer.byteLength(text) + 1
      if (text !== '') this.#take(pid, path, run, JSON.parse(text) as Line, end)
    }
  }

  /** The last intent for a user that a process has written. */
  latestIntent(pid: number, user: string): WatchedIntent | null {
    return this.#latest.get(`${pid} ${user}`) ?? null
  }

  /** After a loss of power: what was written may be gone. */
  forget(): void {
    this.#results.clear()
  }

  /** A process takes back what it has written after another one's lines. */
  cut(path: string, length: number): void {
    for (const [name, known] of this.#results)
      if (known.path === path && known.end > length) this.#results.delete(name)
  }

  #take(pid: number, path: string, run: string, line: Line, end: number): void {
    const { event, row, step, attempt, user_id: user } = line
    if (event === 'intent') {
      this.#latest.set(`${pid} ${user}`, { path, run, row, step, attempt, user, end, settled: false })
      if (this.#results.has(`${run} ${row} ${step}`))
        this.#violate(`I3 run ${run} begins row ${row} step ${step} again, which has a result`)
      return
    }
    if (event === 'result') {
      const name = `${run} ${row} ${step}`
      const known = this.#results.get(name)
      if (known !== undefined)
        this.#violate(`I3 run ${run} row ${row} has two results: ${known.result}, ${line.result}`)
      this.#results.set(name, { result: line.result, path, end })
    }
    if (event !== 'result' && event !== 'answer' && event !== 'not_applied' && event !== 'verdict') return
    for (const intent of this.#latest.values()) {
      if (intent.run === run && intent.row === row && intent.step === step) intent.settled = true
    }
  }
}
