/**
 * What the page shows, apart from its rows: the program writes it as JSON into the page's last data block. Everything
 * is text or numbers for a person; the page decides nothing about a run.
 */
export interface PageFacts {
  /** The run in one line, such as `412 of 415 people are deactivated. 3 need you.` */
  readonly headline: string
  readonly run: string
  readonly job: string
  readonly org: string
  /** When the last execution ended, RFC 3339 UTC. */
  readonly finished: string
  /** Why the run did not finish; null if it did. */
  readonly stopped: string | null
  /** What to do next, with the command to type. */
  readonly next: string
  readonly people: Readonly<Record<'total' | 'done' | 'need_you' | 'left_alone', number>>
  readonly totals: readonly Total[]
  /** Each kind of trouble, the worst first. */
  readonly attention: readonly Attention[]
  readonly lag: PageLag | null
  readonly timeline: Timeline | null
  readonly facts: readonly Fact[]
  /** What the report can't show, one sentence each. */
  readonly notShown: readonly string[]
  /** The names of a row's cells, in their order. The first ones are those of `results.csv`. */
  readonly columns: readonly string[]
  /** The place of the first of the input's own columns among them. */
  readonly firstOfInput: number
  /** For each column that can be filtered: its values, the most frequent first, and how many tasks have each. */
  readonly values: Readonly<Record<string, readonly ValueCount[]>>
  /** All tasks of the run. */
  readonly tasks: number
  /** Whether the page has the tasks' rows. If there are too many, it names the file that has them instead. */
  readonly hasRows: boolean
  /** The file next to the page that has a line for each task. */
  readonly resultsFile: string
}

/** A value of a column, and how many tasks have it. */
export interface ValueCount {
  readonly value: string
  readonly count: number
}

/** A whole and the parts that add up to it. */
export interface Total {
  readonly name: string
  readonly count: number
  readonly parts: readonly { readonly name: string; readonly count: number }[]
}

/** A kind of trouble: who has it, and what to do about it. */
export interface Attention {
  readonly title: string
  readonly tasks: number
  /** What to do, in sentences. */
  readonly advice: string
  /** The command to type then; null if there is none. */
  readonly command: string | null
  /** How its tasks ended, such as `failed`. */
  readonly result: string
  /** The filters that show these tasks in the table, by column. */
  readonly filters: Readonly<Record<string, string>>
  /** Some of the tasks: the first ones in the input. */
  readonly examples: readonly { readonly row: number; readonly user: string; readonly message: string }[]
}

/** How long after their due times tasks were done, in seconds. */
export interface PageLag {
  readonly tasks: number
  readonly median: number
  readonly p95: number
  readonly worst: number
  readonly bound: number | null
  readonly overBound: number
  /** The worst ones over the bound, each with the user's login, or the key if the login is not known. */
  readonly late: readonly { readonly row: number; readonly user: string; readonly lag: number }[]
}

/** The times at which requests were sent in the rate-limit bucket of the lifecycle calls. */
export interface Timeline {
  /** Epoch milliseconds by Okta's clock at which the first bar begins. */
  readonly from: number
  /** Seconds that a bar covers. */
  readonly step: number
  /** The number of requests in each bar. */
  readonly counts: readonly number[]
  /** The limit in requests per window, from Okta's headers; null if they were absent. */
  readonly limit: number | null
  /** The fraction of the limit that the run could use, above 0 and up to 1. */
  readonly share: number
}

/** A fact about the run. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** A cell of a row: what `results.jsonl` has under the column's name. */
export type PageCell = string | number | boolean | null | object

/** A task: its cells in the order of {@link PageFacts.columns}, then why it needs somebody; null if it needs nobody. */
export type PageRow = readonly PageCell[]
