import type { SharedRow } from '../../src/budget/shared-row.ts'
import type { ClaimRow } from '../../src/store/may-claim.ts'
import type { LastTime, Schedule } from '../../src/store/schedule.ts'

/** A piece of a journal. */
interface JournalPiece {
  readonly at: number
  readonly epoch: number
  readonly bytes: Buffer
}

/** A run of a store that is kept in memory. Times are ms by the store's clock. */
export interface StoredRun {
  readonly runId: string
  createdAt: number
  orgUrl: string | null
  job: string | null
  lockJob: string | null
  planId: string | null
  state: string
  wanted: boolean
  restored: boolean
  epoch: number
  holder: string | null
  host: string | null
  claimedUntil: number | null
  readonly files: Map<string, Buffer>
  journal: readonly JournalPiece[]
}

interface StoredSchedule extends Schedule {
  since: number
  dueAt: number | null
  takenUntil: number | null
  taking: number
  last: LastTime
}

interface StoredWorker {
  readonly orgs: readonly string[]
  readonly seenAt: number
}

/** Everything that a store holds. */
export class StoreRows {
  readonly runs = new Map<string, StoredRun>()
  readonly schedules = new Map<string, StoredSchedule>()
  readonly workers = new Map<string, StoredWorker>()
  readonly budgets = new Map<string, SharedRow | null>()

  /** Whether the rows of a bucket are there, and none of them shows a limit. */
  isLimitUnknown(bucket: string): boolean {
    const rows = [...this.budgets].flatMap(([name, row]) =>
      row !== null && JSON.parse(name)[2] === bucket ? [row] : [],
    )
    return (
      rows.length > 0 && rows.every(({ budget }) => budget.window === null && budget.earlierLimit === null)
    )
  }
}

export function newStoredRun(runId: string, createdAt: number): StoredRun {
  return {
    runId,
    createdAt,
    orgUrl: null,
    job: null,
    lockJob: null,
    planId: null,
    state: 'new',
    wanted: false,
    restored: false,
    epoch: 0,
    holder: null,
    host: null,
    claimedUntil: null,
    files: new Map(),
    journal: [],
  }
}

export function journalBytes({ journal }: StoredRun): number {
  const last = journal.at(-1)
  return last === undefined ? 0 : last.at + last.bytes.length
}

/** Whether a claim on a run has not run out. */
export function isHeld({ claimedUntil }: StoredRun, now: number): boolean {
  return claimedUntil !== null && claimedUntil >= now
}

export function claimRowOf(run: StoredRun, now: number): ClaimRow {
  const { runId, holder, host, wanted, createdAt } = run
  return { runId, holder, host, isHeld: isHeld(run, now), isWanted: wanted, createdAt }
}

/** The runs of a job that are held, or that workers may take. */
export function activeOfJob(
  rows: StoreRows,
  of: { readonly orgUrl: string | null; readonly lockJob: string | null },
  now: number,
): readonly ClaimRow[] {
  if (of.lockJob === null) return []
  return [...rows.runs.values()]
    .filter(({ orgUrl, lockJob }) => orgUrl === of.orgUrl && lockJob === of.lockJob)
    .map((run) => claimRowOf(run, now))
    .filter((run) => run.isHeld || run.isWanted)
}
