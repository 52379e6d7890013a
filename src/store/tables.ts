import type { FirstFacts, SharedRow } from '../budget/shared-row.ts'
import type { Claimant, NotClaimed } from './may-claim.ts'
import type { DueSchedule, KeptSchedule, LastTime, Schedule } from './schedule.ts'
import type { StoreUrl } from './store-url.ts'

/** What was left to people just now, because the store or a part of it is a restored copy. */
export interface Restored {
  /** Whether the whole store is one. */
  readonly isWhole: boolean
  /** Runs that have not ended. */
  readonly runs: number
  /** Finished runs of a whole store: they may have been retried or taken back since the copy. */
  readonly finished: number
  readonly schedules: number
}

/**
 * All that the program asks of a store, as operations with values. Each is done as a whole or not at all. Each may throw
 * the driver's error: then it may have been done all the same, unless `isAway` does not know the error.
 */
export interface Tables {
  readonly url: StoreUrl
  /** What was left to people just now, because the store is a restored copy. */
  readonly restored: Restored
  /**
   * Leaves runs and schedules to people whose rows were put back from an older copy since. To be asked before it is asked
   * what workers may take.
   */
  leaveRestored(): Promise<Restored>
  readonly claims: ClaimTable
  readonly runs: RunTable
  readonly schedules: ScheduleTable
  readonly workers: WorkerTable
  readonly budgets: BudgetTable
  readonly close: () => Promise<void>
}

/** A claim on a run, as the store's row names it. */
export interface ClaimMark {
  readonly runId: string
  readonly epoch: number
  /** The claimant's {@link Claimant.holder}. */
  readonly holder: string
}

export interface ClaimTable {
  /**
   * Claims a run unless `whyNotClaimed` speaks against it. Whoever claims runs of one job does so one after the other.
   *
   * @param only `wanted`: only if workers may take it
   * @param forMs how long the claim stands from now
   * @returns the claim's epoch, which no other claim on the run has, or why there is none
   */
  take(runId: string, claimant: Claimant, only: 'wanted' | 'any', forMs: number): Promise<number | NotClaimed>
  /** Lets a claim stand for so long from now. Returns whether the run still was the claim's. */
  renew(claim: ClaimMark, forMs: number): Promise<boolean>
  /** Ends a claim. Nothing is left of a run that never began. */
  release(claim: ClaimMark): Promise<void>
}

/** What the row of a run tells. */
interface RunLook {
  readonly state: string
  /** Whether workers may take it. */
  readonly isWanted: boolean
  /**
   * Whether the run was put back from an older copy: its journal may lack what was sent after the copy and, if it has ended,
   * nothing tells of a run that has gone on from it since.
   */
  readonly isRestored: boolean
  readonly host: string | null
  /** How long the claim on it stands yet, in ms; null if there is none. */
  readonly heldForMs: number | null
}

/** What `run.json` says for everybody to see. */
export interface RunFacts {
  readonly orgUrl: string
  readonly job: string
  /** The job of which it must be the only run at work; null for none. */
  readonly lockJob: string | null
  readonly planId: string | null
  /** RFC 3339. */
  readonly createdAt: string
  readonly state: string
  /** Whether workers may take it; null if that stays as it was. */
  readonly isWanted: boolean | null
}

type Pieces = AsyncIterable<Buffer>

/** What a holder changes about a run. */
export interface RunChange extends ClaimMark {
  /** Files to keep in place of those of their names. */
  readonly files: readonly { readonly name: string; readonly pieces: () => Pieces }[]
  /** Whether nothing of the store's journal is part of the one here. */
  readonly isJournalReplaced: boolean
  /** What the journal here has from a byte on; null if there is none. */
  readonly journal: ((from: number) => Pieces) | null
  /** Null for a run that has no `run.json` yet. */
  readonly facts: RunFacts | null
}

/** What became of changes. Nothing was changed unless they were kept. */
export type Kept =
  | { readonly kind: 'kept' }
  /** A run is no longer the claim's. */
  | { readonly kind: 'overtaken' }
  /** A run that begins its work would be the second one of its job at work. */
  | { readonly kind: 'job_held'; readonly of: string; readonly by: NotClaimed }
  /** Another run carries out the saved plan; null if it is gone by now. */
  | { readonly kind: 'plan_taken'; readonly by: string | null }

/** A run that waits, and its last epoch. */
type OpenRun = Omit<ClaimMark, 'holder'>

/** A run's files as they were at one moment. */
export interface RunSnapshot {
  readonly names: readonly string[]
  readonly journalBytes: number
  readonly file: (name: string) => Pieces
  /** The journal in the pieces in which it was added, each with the place of its first byte. */
  readonly journal: () => AsyncIterable<{ readonly at: number; readonly bytes: Buffer }>
}

/** A part of a file, or the whole of it; those of one file come one after the other. */
export interface FilePart {
  readonly runId: string
  readonly name: string
  readonly bytes: Buffer
}

export interface RunTable {
  /** Adds a run. Returns false if there is one of that id that has begun. */
  begin(runId: string): Promise<boolean>
  /** Null if there is no such run. */
  look(runId: string): Promise<RunLook | null>
  /**
   * Adds bytes to a run's journal if the run is the claim's and its journal ends where they begin. The same bytes
   * at the same place are added once, however often this is done under the claim.
   *
   * @returns whether they are there, and the claim stands
   */
  append(claim: ClaimMark, at: number, bytes: Buffer): Promise<boolean>
  /** Keeps changes of runs that a process holds, all of them or none. */
  keep(changes: readonly RunChange[], claimant: Claimant): Promise<Kept>
  /** Removes runs, all of them or none. Returns whether each claim stood. */
  remove(claims: readonly ClaimMark[]): Promise<boolean>
  /**
   * The runs that workers may take and nobody holds, the oldest first.
   *
   * @param orgs the URLs of the orgs that the worker has credentials for
   */
  open(orgs: readonly string[]): Promise<readonly OpenRun[]>
  /** Reads a run's files as they are at one moment, also while a worker goes on. */
  read<T>(runId: string, work: (run: RunSnapshot) => Promise<T>): Promise<T>
  /** The run with a file of that name that was created last; null if there is none. */
  latest(fileName: string): Promise<string | null>
  /**
   * The files of some names of many runs.
   *
   * @param of all runs, or the latest `most` ones of a job and all that carry out a saved plan
   */
  files(
    names: readonly string[],
    of: 'all' | { readonly job: string | null; readonly most: number },
  ): AsyncIterable<FilePart>
  /** The first piece of each journal. */
  beginnings(): AsyncIterable<Omit<FilePart, 'name'>>
}

export interface ScheduleTable {
  /** Keeps a schedule in place of an earlier one of the job. */
  keep(schedule: Schedule): Promise<void>
  /** Returns whether there was one. */
  remove(id: string): Promise<boolean>
  all(): Promise<readonly KeptSchedule[]>
  /** The store's time, in epoch ms. By it, and by no worker's, a schedule is due. */
  now(): Promise<number>
  /** Notes that a schedule is due. To note it twice does no harm. Returns false if the time has not come yet. */
  noteDue(id: string, at: Date): Promise<boolean>
  /**
   * Takes a schedule that is due and is one of some orgs. It is left to others again if what became of it is not noted
   * in time.
   */
  takeDue(orgs: readonly string[]): Promise<DueSchedule | null>
  /**
   * Notes what became of a schedule when it was due, unless another worker has taken it since.
   *
   * @param again whether it is tried again, after some minutes
   */
  noteLastTime(
    due: Taken & Pick<DueSchedule, 'at'>,
    last: Pick<LastTime, 'run' | 'error'>,
    again: boolean,
  ): Promise<void>
  /** Says that a schedule is still seen to, unless another worker has taken it since: the time begins again. */
  keepTaken(taken: Taken): Promise<void>
  /** Leaves a schedule that is due to other workers at once, unless one of them has taken it since. */
  giveBack(taken: Taken): Promise<void>
}

/** A schedule that is due, as the worker names it that has taken it. */
type Taken = Pick<DueSchedule, 'id' | 'taking'>

/** What a run that waits may wait for. */
interface WaitFacts {
  readonly orgUrl: string
  /** Workers that are there, and those of them that have credentials for the org. */
  readonly workers: number
  readonly able: number
  /** The run of the same job that goes first; null if none does. */
  readonly before: string | null
}

export interface WorkerTable {
  /** Notes that a worker is there, and the orgs that it has credentials for. */
  note(claimant: Claimant, orgs: readonly string[]): Promise<void>
  forget(claimant: Claimant): Promise<void>
  /** Null if there is no such run. */
  waitFacts(runId: string): Promise<WaitFacts | null>
}

/** One of Okta's counters. */
export interface CounterKey {
  /** The org's URL. */
  readonly org: string
  readonly principal: string
  readonly bucket: string
}

/** What became of a change of a budget. Nothing was changed unless it says so. */
export type Changed<T> =
  | { readonly kind: 'changed'; readonly change: T; readonly at: number }
  /** Another process has taken the run over. */
  | { readonly kind: 'overtaken' }
  /** The claim has run out, and nobody has taken the run: it may be renewed. */
  | { readonly kind: 'ended' }
  /** The row can't be read. */
  | { readonly kind: 'damaged' }

export interface BudgetTable {
  /**
   * Changes the budget of a counter while nobody else does.
   *
   * @param first for a counter that nobody has used
   * @param claim must stand; null for what is asked before there is a run
   * @param change gets the store's time in epoch ms
   */
  change<T extends { readonly row: SharedRow }>(
    key: CounterKey,
    first: FirstFacts,
    claim: ClaimMark | null,
    change: (row: SharedRow, at: number) => T,
  ): Promise<Changed<T>>
}
