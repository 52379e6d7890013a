import type { Action } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'

/** What goes wrong with one request: the n-th of its kind. */
export interface Fault {
  readonly of: 'POST' | 'GET'
  readonly number: number
  /** `forbidden`: one call is refused as if the token might not make it. */
  readonly kind: (typeof postFaults)[number] | 'forbidden'
  /** How far a proxy's clock is off. */
  readonly clockMs: number
}

export const harmlessFaults = [
  'lost_request',
  'lost_answer',
  'hung',
  'proxy_before',
  'server_error',
  'strange_429',
  'portal',
  'bare_answer',
  'slow_answer',
  'refused_connection',
] as const
export const postFaults = [
  ...harmlessFaults,
  'late_answer',
  'late_effect',
  'timeout_effect',
  'proxy_after',
  'proxy_late',
  'server_error_after',
  'read_only',
  'org_429',
] as const

export interface UserSpec {
  readonly id: string
  readonly login: string
  readonly status: UserStatus
  /** Seconds before the world begins. */
  readonly changedBefore: number
  readonly factors: number
  /** Whether one of the factors outlives every reset. */
  readonly keepsFactor: boolean
  /** Whether the user has an admin role, and whether through a group. */
  readonly role: 'own' | 'through_group' | null
}

export interface RowSpec {
  /** Unique over all rows; it comes back in reports and in `failed.csv`. */
  readonly ref: string
  /** The key as it is written. */
  readonly user: string
  /** The id that the key means. */
  readonly id: string
  readonly action: Action
  /** What is wrong with the row, so that nobody may act on it: its key, or the number of its cells (in a workbook, it is hidden). */
  readonly bad: 'key' | 'cells' | null
  /** Whether the org has no such user. */
  readonly isNobody: boolean
  /** Whether the job's `where` selects it. */
  readonly selected: boolean
  /** When it is due, in ms after the world begins; null where the job has no `due`. */
  readonly dueMs: number | null
  /** What the row says of mail; null if nothing. */
  readonly sendEmail: boolean | null
  /** The login that the user must have, for the job's `check`. */
  readonly login: string
}

/** Something that happens to a process or its machine. */
export interface Disturbance {
  /** Which process, counted from 0. */
  readonly process: number
  /** Counts from the moment when the process's n-th call was applied; null: from its beginning. */
  readonly afterApplied: number | null
  readonly afterMs: number
  readonly kind:
    | 'SIGINT'
    | 'SIGTERM'
    | 'SIGKILL'
    | 'power'
    | 'pause'
    /** Its machine sleeps, and wakes up again with a monotonic clock that stood still. */
    | 'sleep'
    | 'full_disk'
    | 'read_only_disk'
    | 'clock_step'
    | 'rival'
    /** It is killed, and its run's journal is not there for a while, as where a copy of the directory lacks it. */
    | 'journal_away'
    /** Somebody picks up the file of activation links. */
    | 'links_moved'
    /** It is paused for longer than a hold lasts, and a process on another host wants its run. */
    | 'stolen'
    /** Another run of the job begins, on another host and over other users. */
    | 'next_run'
    /** It is paused for longer than a hold lasts, and another run of the job begins. */
    | 'overtaken'
    /** Somebody removes the directories of its holds, and a process on another host wants its run. */
    | 'holds_removed'
    /** The store does not answer for a while. */
    | 'store_away'
    /** For a while the store does what it is asked, and no answer arrives. */
    | 'answers_lost'
  /** How long a pause, a sleep or a trouble of the disk lasts, or how far a clock steps. */
  readonly ms: number
}

/** What somebody else does. After our n-th applied call to anybody, or at a time. */
export interface Colleague {
  readonly afterApplied: number | null
  readonly atMs: number
  readonly user: string
  readonly action: Action | 'enrol'
}

/** Somebody new who is given a user's login, after our n-th applied call to anybody, or at a time. */
export interface Heir {
  readonly afterApplied: number | null
  readonly atMs: number
  /** Whose login it is. */
  readonly of: string
  readonly id: string
}

/** While the token may do less. */
export interface Denial {
  /** Counts from our n-th applied call; null: from the beginning of the world. */
  readonly afterApplied: number | null
  readonly fromMs: number
  readonly toMs: number
  /** Null for everybody. */
  readonly users: readonly string[] | null
  /** `users`: neither reads nor calls. */
  readonly what: 'read' | 'send' | 'users' | 'owner'
}

/**
 * What a person does once a process has ended.
 * - `cut`: goes on from an older or damaged copy of the journal.
 * - `cut_with_head`: goes on from an older one without knowing it, and what was kept beside the journal is lost.
 * - `cut_before_undo`: undoes the run with such a journal.
 * - `copy_before_undo`: undoes a whole copy of it, made while it was at work, and knows that.
 * - `mixed_copy`: goes on after some of the files of such a copy were put back.
 * - `backed_up`: goes on with it once it is copied, for a later `mixed_copy`.
 * - `run_before`: goes on from an older copy of the run that was retried.
 */
export type Move =
  | 'resume'
  | 'retry'
  | 'feed'
  | 'undo'
  | 'cut'
  | 'cut_with_head'
  | 'cut_before_undo'
  | 'copy_before_undo'
  | 'mixed_copy'
  | 'backed_up'
  | 'run_before'

/** What else bounds a run of the job, until a person lifts it; null: nothing. */
export interface Bounds {
  /** How many users the input may name. */
  readonly users: number | null
  /** What part of an execution's tasks may fail. */
  readonly failureRate: number | null
  /** How long an execution may be at work, in s. */
  readonly durationS: number | null
}

export const noBounds: Bounds = { users: null, failureRate: null, durationS: null }

/** All that is drawn before a history begins. Leaving things out gives a smaller one. */
export interface Scenario {
  readonly seed: number
  readonly users: readonly UserSpec[]
  readonly rows: readonly RowSpec[]
  readonly format: 'csv' | 'xlsx'
  /** Whether the job has a format of its own for dates. */
  readonly ownDates: boolean
  /** Null where each row names its action. */
  readonly steps: readonly Action[] | null
  /** The steps, from 1, whose failure does not stop the later ones of their row. */
  readonly goesOn: readonly number[]
  readonly inDoubt: 'keep' | 'retry'
  readonly respondAsync: boolean
  /** Null for Okta's own default of each action. */
  readonly sendEmail: boolean | null
  /** Whether the job names a file for activation links. */
  readonly links: boolean
  readonly readFirst: boolean
  readonly shortNames: boolean
  /** Whether the job has `input.where`, `input.due` and `input.check`, and the input a column that says who gets a mail. */
  readonly rules: {
    readonly where: boolean
    readonly due: boolean
    readonly check: boolean
    readonly mail: boolean
  }
  readonly protect: readonly string[]
  /** What the job says of administrators; null if nothing. */
  readonly protectAdmins: boolean | null
  /** The ids of the members of the group that the job protects; null if it protects none. */
  readonly members: readonly string[] | null
  readonly onlyStatus: readonly UserStatus[] | null
  /** How many failures the job bears in an execution; null: any number. */
  readonly maxFailures: number | null
  readonly bounds: Bounds
  /** Whether all machines have the same host name, as containers may. */
  readonly sameNames: boolean
  readonly share: number
  readonly concurrency: number
  readonly requestTimeoutS: number
  readonly limits: { readonly lifecycle: number; readonly reads: number }
  readonly orgConcurrency: number
  readonly orgClockMs: number
  /** Something on the way removes `Date` from the org's first answers, and perhaps the limits as well; null if not. */
  readonly untold: { readonly answers: number; readonly limitsToo: boolean } | null
  readonly transitionMs: number
  readonly othersPerMinute: number
  /** Whether some syncs take up to 40 s, and some connections up to their limit. */
  readonly stalls: boolean
  readonly faults: readonly Fault[]
  readonly disturbances: readonly Disturbance[]
  readonly colleagues: readonly Colleague[]
  /** No row names them by their own names. */
  readonly heirs: readonly Heir[]
  /** Somebody takes back each of our calls so many ms later; null where nobody does. */
  readonly undoneAfterMs: number | null
  /** And does it again so many ms after our call; null where nobody does. */
  readonly redoneAfterMs: number | null
  readonly denials: readonly Denial[]
  /** Whether the input is given once more at the end, to be done if anything has changed. */
  readonly again: boolean
  /** The job's `verify`; null where it says nothing. */
  readonly verify: boolean | { readonly for: string } | null
  /** Which of our deactivations Okta accepts although the user is back at once, counted from 1. */
  readonly hollow: readonly number[]
  readonly moves: readonly Move[]
  /** What others do between the plan that the first run carries out and that run; null where it carries out none. */
  readonly planned: readonly { readonly user: string; readonly action: Action }[] | null
  /** The job's earlier runs: ordinary nights, one of which named the same users if it is an `old` input; null: none. */
  readonly past: 'usual' | 'old' | null
  /** The job's `order`: whether each step is done for all before the next one begins. */
  readonly order: 'user' | 'step'
  /** The store that keeps the runs, and its workers; null where they are in a runs directory. */
  readonly store: StoreSpec | null
}

/** A store, its workers, and the way to it. */
export interface StoreSpec {
  /** When each worker is first started, in ms after the world begins. */
  readonly workers: readonly number[]
  /** How soon somebody starts a worker again that has ended, in ms. */
  readonly restartMs: number
  /** How many runs a worker carries out at once. */
  readonly runsAtOnce: number
  /** Into how many runs, each with users of its own, the input is divided. */
  readonly parts: number
  /** Whether these runs are of one job, so that each waits for the one before. */
  readonly isOneJob: boolean
  /** How long the longest answers take, in ms. */
  readonly slowMs: number
  /** What part of the answers is lost. */
  readonly lost: number
  /** What part of what is announced is never heard, and what part of it is heard twice. */
  readonly unheard: number
  readonly repeated: number
  /** The worker whose token Okta refuses for a while, in ms after the world begins; null if none. */
  readonly refused: { readonly worker: number; readonly fromMs: number; readonly toMs: number } | null
}

/** The run of the job that begins beside others, and its users, who are ACTIVE and in no other input. */
export const nextRun = {
  id: 'n1',
  users: ['next0', 'next1', 'next2'].map((name, index) => ({
    id: `00uNext${index}`.padEnd(20, '0'),
    login: `${name}@example.com`,
  })),
} as const

/** The group that a job may protect. */
export const groupId = '00gSim00000000000000'

/** The user who owns the token. */
export const ownerId = '00uOwner000000000000'
