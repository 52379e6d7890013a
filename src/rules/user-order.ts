import { foldLogin, keysOf, normalizeUserKey } from '../okta/user.ts'
import { NameTable } from './name-table.ts'
import type { RowTrace } from './row-order.ts'

type Park = (wait: () => Promise<void>) => Promise<void>

interface ActiveRow {
  readonly sequence: number
  readonly key: string
  userId: string | null
  user: { readonly id: string; readonly login: string } | null
  /** Called when the row ends. Few rows have any. */
  readonly waiting: (() => void)[]
  /** What the preceding row of the same key handed over when it finished. */
  predecessor: Predecessor | null
  /** Called when the row begins to wait for another one. */
  onWait: () => void
}

/** The preceding row of the same key, and the user that it meant. */
export interface Predecessor {
  readonly user: { readonly id: string; readonly login: string }
  readonly trace: RowTrace
}

/** A row's place in the order of its user's rows. */
export interface Place {
  /** Calls a function whenever the row begins to wait for another one. */
  onWait(call: () => void): void
  /** Waits for earlier rows with the same key. A later row must not even read the user before they end. */
  waitForSameKey(): Promise<void>
  /** To be called before each read of the user: {@link claim} then tells whether a row has ended since. */
  beginRead(): void
  /**
   * Claims the user that the row turned out to mean, after every earlier row that may mean the same user has finished.
   *
   * @returns whether a row of the user has ended since {@link beginRead}; if so, the read may be out of date
   */
  claim(user: { readonly id: string; readonly login: string }): Promise<boolean>
  /** What the preceding row of the same key left, if it has just finished; null for every other row. */
  predecessor(): Predecessor | null
  /** What the user's preceding row left; null if this row is the user's first. */
  preceding(userId: string): RowTrace | null
  /** Ends the row and lets the user's next row go on. With `trace` null, the row leaves no trace. */
  finish(userId: string | null, trace: RowTrace | null): void
}

/** Rows of a user are counted up to this many. */
export const mostCounted = 255

/** At least this many ends of rows are remembered: more than occur while a user is read. */
const mostEnded = 5_000

/**
 * Keeps the rows of each user in the input's order, even if one row names the id and another the login.
 *
 * Rows are read in parallel, so at first nobody knows which user a row means. An earlier row that is not read yet may
 * mean the same user only if its key is the user's id, login or short name. A row waits for such rows only. It waits
 * for the last of them, which waits for those before it: so rows never wait in a circle, and the end of a row wakes one
 * row and not thousands.
 */
export class UserOrder {
  readonly #activeByKey = new Map<string, ActiveRow[]>()
  readonly #activeById = new Map<string, ActiveRow[]>()
  /**
   * For each user's id, the number of the trace that the user's rows so far have left, and how many rows those are: the
   * one times {@link mostCounted} plus 1, plus the other. A table of its own for the counts would take much memory.
   */
  #traces = new NameTable()
  /** The distinct traces, of which there are few, and their numbers. */
  readonly #distinct: RowTrace[] = []
  readonly #numbers = new Map<string, number>()
  /** The number that was asked for last: mostly the next one is the same. */
  #latest = 0
  readonly #park: Park
  #sequence = 0
  #waiting = 0
  /** The users of the rows that ended last, in the order of their ends, and how many ended before those. */
  #ended: string[] = []
  #endedBefore = 0

  /** @param park waits for another row without taking the place of a row at work */
  constructor(park: Park = (wait) => wait()) {
    this.#park = park
  }

  /** Rows that wait for another row to end. */
  get waiting(): number {
    return this.#waiting
  }

  /** Forgets what rows have left behind, before the input is gone through again. No row may be at work. */
  clear(): void {
    this.#traces = new NameTable()
  }

  /** Gives a row its place. Must be called in the order of the input. */
  enter(userKey: string): Place {
    const key = normalizeUserKey(userKey)
    const row: ActiveRow = {
      sequence: this.#sequence++,
      key,
      userId: null,
      user: null,
      waiting: [],
      predecessor: null,
      onWait: () => {},
    }
    let readFrom: number | null = null
    push(this.#activeByKey, key, row)
    return {
      onWait: (call) => {
        row.onWait = call
      },
      waitForSameKey: async () => {
        await this.#waitFor(row, () => lastBefore(row, this.#activeByKey.get(key)))
      },
      beginRead: () => {
        readFrom = this.#endedBefore + this.#ended.length
      },
      claim: async (user) => {
        const waited = await this.#waitFor(row, () => this.#mayMean(user, row))
        if (row.userId === null) {
          row.userId = user.id
          row.user = { id: user.id, login: user.login }
          push(this.#activeById, user.id, row)
        }
        return waited || (readFrom !== null && this.#hasEnded(user.id, readFrom))
      },
      predecessor: () => row.predecessor,
      preceding: (userId) => this.traceOf(userId),
      finish: (userId, trace) => {
        if (userId !== null && trace !== null) this.#leave(userId, trace)
        if (userId !== null) this.#noteEnd(userId)
        remove(this.#activeByKey, key, row)
        if (row.userId !== null) remove(this.#activeById, row.userId, row)
        const next = nextOf(row, this.#activeByKey.get(key))
        if (next !== null)
          next.predecessor = row.user === null || trace === null ? null : { user: row.user, trace }
        for (const goOn of row.waiting) goOn()
      },
    }
  }

  #noteEnd(userId: string): void {
    this.#ended.push(userId)
    if (this.#ended.length < 2 * mostEnded) return
    this.#ended = this.#ended.slice(mostEnded)
    this.#endedBefore += mostEnded
  }

  /**
   * Whether a row of the user has ended since the moment when `since` rows in all had ended; also true if that moment
   * is too long ago to be known.
   */
  #hasEnded(userId: string, since: number): boolean {
    return since < this.#endedBefore || this.#ended.includes(userId, since - this.#endedBefore)
  }

  /** What the user's rows so far have left; null if there is none. */
  traceOf(userId: string): RowTrace | null {
    const number = this.#traces.find(userId)
    return number === null ? null : (this.#distinct[Math.floor(number / (mostCounted + 1))] ?? null)
  }

  /** How many rows have left a trace with a user; {@link mostCounted} if there are as many or more. */
  rowsOf(userId: string): number {
    return (this.#traces.find(userId) ?? 0) % (mostCounted + 1)
  }

  #leave(userId: string, trace: RowTrace): void {
    const count = Math.min(this.rowsOf(userId) + 1, mostCounted)
    this.#traces.set(userId, this.#numberOf(trace) * (mostCounted + 1) + count)
  }

  /**
   * Remembers a row that is already done. Must wait until every earlier row that may mean the same user has finished,
   * so that those are not judged by what this row left behind. Must be called in the order of the input.
   *
   * @param userKey the key as written in the row
   * @param user whom it turned out to mean
   * @param traceAfter what it left, given what the user's preceding row left
   */
  remember(
    userKey: string,
    user: { readonly id: string; readonly login: string },
    traceAfter: (preceding: RowTrace | null) => RowTrace,
  ): void {
    const place = { sequence: this.#sequence++ }
    const settle = (): void => {
      // A resumed run remembers hundreds of thousands of rows before the first one is at work.
      const earlier =
        this.#activeByKey.size === 0
          ? null
          : (lastBefore(place, this.#activeByKey.get(normalizeUserKey(userKey))) ??
            this.#mayMean(user, place))
      // `settle` is called before any row that waits for the same one goes on, because such a row began to wait later.
      if (earlier !== null) earlier.waiting.push(settle)
      else this.#leave(user.id, traceAfter(this.traceOf(user.id)))
    }
    settle()
  }

  /** The last unfinished earlier row that means the user or may mean the user. */
  #mayMean(
    user: { readonly id: string; readonly login: string },
    row: Pick<ActiveRow, 'sequence'>,
  ): ActiveRow | null {
    let last = lastBefore(row, this.#activeById.get(user.id))
    const login = foldLogin(user.login)
    for (const key of keysOf(user)) {
      const sameKey = lastBefore(row, this.#activeByKey.get(key), (other) => {
        // An earlier row may still be at work on somebody else under this very login.
        return other.userId === null || other.userId === user.id || key === login
      })
      if (sameKey !== null && (last === null || sameKey.sequence > last.sequence)) last = sameKey
    }
    return last
  }

  async #waitFor(row: Pick<ActiveRow, 'onWait'>, find: () => ActiveRow | null): Promise<boolean> {
    let waited = false
    for (let other = find(); other !== null; other = find()) {
      const { waiting } = other
      this.#waiting++
      row.onWait()
      await this.#park(() => new Promise<void>((resolve) => waiting.push(resolve)))
      this.#waiting--
      waited = true
    }
    return waited
  }

  #numberOf(trace: RowTrace): number {
    if (isSame(this.#distinct[this.#latest], trace)) return this.#latest
    this.#latest = this.#find(trace)
    return this.#latest
  }

  #find(trace: RowTrace): number {
    const name = `${trace.inDoubt} ${trace.ledTo ?? ''} ${trace.signature}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#distinct.push(trace) - 1
    this.#numbers.set(name, number)
    return number
  }
}

function isSame(one: RowTrace | undefined, other: RowTrace): boolean {
  if (one === undefined) return false
  return one.signature === other.signature && one.inDoubt === other.inDoubt && one.ledTo === other.ledTo
}

function lastBefore(
  row: Pick<ActiveRow, 'sequence'>,
  others: readonly ActiveRow[] | undefined,
  counts: (other: ActiveRow) => boolean = () => true,
): ActiveRow | null {
  let last: ActiveRow | null = null
  for (const other of others ?? []) {
    if (other.sequence >= row.sequence || !counts(other)) continue
    if (last === null || other.sequence > last.sequence) last = other
  }
  return last
}

/** The first row after one among rows of the same key. */
function nextOf(row: ActiveRow, others: readonly ActiveRow[] | undefined): ActiveRow | null {
  return others?.find((other) => other.sequence > row.sequence) ?? null
}

function push(map: Map<string, ActiveRow[]>, name: string, row: ActiveRow): void {
  const rows = map.get(name)
  if (rows === undefined) map.set(name, [row])
  else rows.push(row)
}

function remove(map: Map<string, ActiveRow[]>, name: string, row: ActiveRow): void {
  const rows = map.get(name)
  if (rows === undefined) return
  const at = rows.indexOf(row)
  if (at !== -1) rows.splice(at, 1)
  if (rows.length === 0) map.delete(name)
}
