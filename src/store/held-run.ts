import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Elsewhere } from '../files/elsewhere.ts'
import { exists } from '../files/exists.ts'
import { type RunFile, readRunFile, runFileName } from '../run/run-file.ts'
import { lockedJob } from '../run/run-locks.ts'
import type { StoreHold } from '../run/run-store.ts'
import type { Claim } from './claim.ts'
import type { RunChange, RunFacts } from './tables.ts'
import { isKept, journalName, piecesOf } from './working-copy.ts'

/** A run that this process holds, with its working copy. */
export interface HeldRun {
  readonly directory: string
  readonly claim: Claim
  /** What the store has of each file, by a digest of it. */
  readonly kept: Map<string, string>
  /** Whether the store's journal is none of what the one here goes on from. */
  isJournalReplaced: boolean
}

/** What becomes of a run that its process leaves unfinished because it was told to end. */
export type Left = 'to_workers' | 'to_people'

/** A run whose working copy is as the store has it. */
export async function freshlyHeld(directory: string, claim: Claim): Promise<HeldRun> {
  const run: HeldRun = { directory, claim, kept: new Map(), isJournalReplaced: false }
  for (const name of (await readdir(directory)).filter(isKept))
    run.kept.set(name, await digestOf(join(directory, name)))
  return run
}

/** What is not in the store as it is in a working copy, and the digests of the files among it. */
export interface Unkept {
  readonly run: HeldRun
  readonly digests: ReadonlyMap<string, string>
  readonly change: RunChange
}

/** @param offered whether workers may take the run up from now on */
export async function unkeptOf(run: HeldRun, left: Left, offered: boolean): Promise<Unkept> {
  const { directory, claim, isJournalReplaced } = run
  const digests = new Map<string, string>()
  for (const name of (await readdir(directory)).filter(isKept)) {
    // The copies of input and plan never change.
    const isConstant = name !== runFileName && name !== 'summary.json'
    if (isConstant && run.kept.has(name)) continue
    const digest = await digestOf(join(directory, name))
    if (run.kept.get(name) !== digest) digests.set(name, digest)
  }
  const begun = await exists(join(directory, runFileName))
  const journal = join(directory, journalName)
  const change: RunChange = {
    runId: claim.runId,
    epoch: claim.epoch,
    holder: claim.holder,
    files: [...digests.keys()].map((name) => ({ name, pieces: () => piecesOf(join(directory, name), 0) })),
    isJournalReplaced,
    journal: (await exists(journal)) ? (from) => piecesOf(journal, from) : null,
    facts: begun ? factsOf(await readRunFile(directory), left, offered) : null,
  }
  return { run, digests, change }
}

function factsOf(run: RunFile, left: Left, offered: boolean): RunFacts {
  return {
    orgUrl: run.org_url,
    job: run.job.name,
    lockJob: lockedJob(run),
    planId: run.plan?.id ?? null,
    createdAt: run.created_at,
    state: run.state,
    isWanted: offered || isWanted(run.state, left),
  }
}

/** Whether workers may take a run that is in a state; null if that stays as it was. */
function isWanted(state: RunFile['state'], left: Left): boolean | null {
  switch (state) {
    // What has begun outlives the process that began it.
    case 'running':
      return true
    case 'finished':
    case 'stopped':
    case 'closed':
      return false
    case 'interrupted':
      return left === 'to_workers' ? null : false
    case 'new':
      return null
  }
}

/** A claim as a hold, with its working copy. */
export class HoldOnClaim implements StoreHold {
  /** A working copy belongs to this process alone. */
  readonly former = 'ended'
  readonly elsewhere: Elsewhere
  readonly #claim: Claim
  readonly #released: () => Promise<void>

  constructor({ claim }: HeldRun, elsewhere: Elsewhere, released: () => Promise<void>) {
    this.#claim = claim
    this.elsewhere = elsewhere
    this.#released = released
  }

  get valid(): boolean {
    return this.#claim.valid
  }

  async ensure(): Promise<void> {
    await this.#claim.ensure()
  }

  async release(): Promise<void> {
    await this.#claim.release()
    await this.#released()
  }
}

async function digestOf(path: string): Promise<string> {
  const { size } = await stat(path)
  return `${size} ${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`
}
