import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Elsewhere } from '../files/elsewhere.ts'
import { exists } from '../files/exists.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { exitCodes, KnownError, Refusal } from '../messages/known-error.ts'
import { type RunFile, readRunFile, runFileName } from '../run/run-file.ts'
import { lockedJob } from '../run/run-locks.ts'
import type { RunStore, StoreHold, StoreHoldReport } from '../run/run-store.ts'
import { Claim, type Claimant, type NotClaimed, otherOfJob } from './claim.ts'
import type { Database, Query } from './database.ts'
import { bytesOf, numberOf, textOf } from './row.ts'
import { copyFromStore, isCopied, isKept, journalName, keepFile, keepJournal } from './working-copy.ts'

/** A run that this process holds, with its working copy. */
interface HeldRun {
  readonly directory: string
  readonly claim: Claim
  /** What the store has of each file, by a digest of it. */
  readonly kept: Map<string, string>
  /** Whether the store's journal is none of what the one here goes on from. */
  isJournalReplaced: boolean
}

/** What becomes of a run that its process leaves unfinished because it was told to end. */
type Left = 'to_workers' | 'to_people'

/** The runs of a store, as one process works on them. */
export class StoreOfRuns implements RunStore {
  readonly #database: Database
  readonly #claimant: Claimant
  readonly #left: Left
  readonly #held = new Map<string, HeldRun>()
  readonly #offered = new Set<HeldRun>()

  constructor(database: Database, claimant: Claimant, left: Left) {
    this.#database = database
    this.#claimant = claimant
    this.#left = left
  }

  async hold(directory: string): Promise<StoreHold> {
    const runId = basename(directory)
    if (!(await exists(join(directory, runFileName)))) await this.#begin(directory, runId)
    const taken = await Claim.take(this.#database, runId, this.#claimant, 'any')
    if ('kind' in taken) throw notClaimed(directory, taken)
    return await this.held(directory, taken)
  }

  /** A hold on a run that was claimed already, with a fresh working copy. */
  async held(directory: string, claim: Claim): Promise<StoreHold> {
    try {
      await copyFromStore(this.#database, claim.runId, directory, { files: isCopied, journal: true })
      const run: HeldRun = { directory, claim, kept: new Map(), isJournalReplaced: false }
      for (const name of (await readdir(directory)).filter(isKept))
        run.kept.set(name, await digestOf(join(directory, name)))
      this.#held.set(directory, run)
      return new HoldOnClaim(run, this.#elsewhere(run), async () => await this.#released(run))
    } catch (error) {
      await claim.release()
      throw error
    }
  }

  /**
   * Makes sure that a run's journal is not that of a restored copy, which does not know what was sent since.
   *
   * @param takesSoundPart whether the run goes on as from an older journal
   * @throws Refusal if it is
   */
  async checkNotRestored(directory: string, takesSoundPart: boolean): Promise<void> {
    const [run] = await this.#database.query('SELECT restored FROM okta_lifecycle.run WHERE run_id = $1', [
      basename(directory),
    ])
    if (run?.restored !== true || takesSoundPart) return
    throw new Refusal(
      `The store was restored from an older copy, and run ${basename(directory)} may have sent calls since then that the copy knows nothing of.`,
      `To look each user up before anything is sent: ${commandFor('resume', runNameOf(directory), '--take-sound-part')}`,
    )
  }

  /** The claim on a run; null for one that is not held. */
  claimOf(directory: string): Claim | null {
    return this.#held.get(directory)?.claim ?? null
  }

  async offer(directory: string): Promise<void> {
    const held = this.#held.get(directory)
    if (held === undefined) throw new Error('A run that is not held was offered.')
    this.#offered.add(held)
    await this.#keepAll(held.claim)
  }

  async remove(directories: readonly string[]): Promise<void> {
    const held = directories.flatMap((directory) => this.#held.get(directory) ?? [])
    const [first] = held
    if (first === undefined || held.length < directories.length)
      throw new Error('A run that is not held was to be removed.')
    await first.claim.write(async (database) => await removeAll(database, held))
  }

  async #released(run: HeldRun): Promise<void> {
    this.#held.delete(run.directory)
    if (!this.#offered.delete(run)) return
    const { runId, epoch } = run.claim
    const { Announcements } = await import('./announcements.ts')
    try {
      const announcements = await Announcements.open(this.#database.url)
      await announcements.announce(runId, epoch).finally(() => announcements.close())
    } catch {
      // Workers look by themselves as well, only later.
    }
  }

  async reportHold(runId: string): Promise<StoreHoldReport> {
    const [run] = await this.#database.query(
      `SELECT host, wanted, claimed_until > clock_timestamp() AS held,
              extract(epoch FROM clock_timestamp() - claimed_until) + 15 AS silent
         FROM okta_lifecycle.run WHERE run_id = $1`,
      [runId],
    )
    if (run?.held !== true)
      return { kind: 'free', host: null, lastSignSeconds: null, waits: run?.wanted === true }
    const lastSignSeconds = Math.max(0, Math.round(Number(run.silent)))
    return { kind: 'working', host: textOf(run, 'host'), lastSignSeconds, waits: false }
  }

  /** @throws Refusal when the store has a run with that id */
  async #begin(directory: string, runId: string): Promise<void> {
    const [created] = await this.#database.query(
      'INSERT INTO okta_lifecycle.run (run_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1',
      [runId],
    )
    if (created !== undefined) return
    const [begun] = await this.#database.query(
      'SELECT 1 FROM okta_lifecycle.run_file WHERE run_id = $1 AND name = $2',
      [runId, runFileName],
    )
    if (begun === undefined) return
    throw new Refusal(
      `A run with the id ${runId} already exists in the store.`,
      `Choose another --run-id, or go on with that run: ${commandFor('resume', runNameOf(directory))}`,
    )
  }

  /** The error for a run whose plan another one has taken up. */
  async #planTaken(changes: readonly Change[]): Promise<Refusal> {
    const plans = changes.flatMap(({ runFile }) => runFile?.plan?.id ?? [])
    const [taken] = await this.#database.query(
      'SELECT run_id FROM okta_lifecycle.run WHERE plan_id = ANY($1)',
      [plans],
    )
    const by = taken === undefined ? 'another run' : `run ${textOf(taken, 'run_id')}`
    return new Refusal(
      `A plan is carried out only once, and ${by} has taken this one up. Nothing was sent.`,
      'To see how far it has got: okta-lifecycle status. For what is left, plan again',
    )
  }

  #elsewhere(run: HeldRun): Elsewhere {
    return {
      append: async (at, bytes) => await appendTo(run.claim, at, bytes),
      files: async () => await this.#keepAll(run.claim),
      journalReplaced: async () => {
        run.isJournalReplaced = true
        await this.#keepAll(run.claim)
        run.isJournalReplaced = false
      },
    }
  }

  /** Keeps the files of all runs that this process holds, at once: where one run goes on from another, both change. */
  async #keepAll(claim: Claim): Promise<void> {
    const changes = await Promise.all([...this.#held.values()].map(changesOf))
    await claim.write(async (database) => {
      try {
        await database.transaction(async (query) => {
          for (const change of changes) {
            const offered = this.#offered.has(change.run)
            await keep(query, change, { left: this.#left, offered }, this.#claimant)
          }
        })
        return true
      } catch (error) {
        if (error instanceof Overtaken) return false
        if (Reflect.get(Object(error), 'constraint') === onePlan) throw await this.#planTaken(changes)
        throw error
      }
    })
    for (const { run, digests } of changes) for (const [name, digest] of digests) run.kept.set(name, digest)
  }
}

/** Removes runs if all of their claims stand. Returns whether they did. */
async function removeAll(database: Database, held: readonly HeldRun[]): Promise<boolean> {
  try {
    await database.transaction(async (query) => {
      for (const { claim } of held) {
        const statement = 'DELETE FROM okta_lifecycle.run WHERE run_id = $1 AND epoch = $2 RETURNING 1'
        if ((await query(statement, [claim.runId, claim.epoch])).length === 0) throw new Overtaken()
      }
    })
    return true
  } catch (error) {
    if (error instanceof Overtaken) return false
    throw error
  }
}

/** The constraint that no two runs carry out one plan. */
const onePlan = 'run_plan_id_key'

/** Thrown inside a transaction to undo it. */
class Overtaken extends Error {}

interface Change {
  readonly run: HeldRun
  readonly runFile: RunFile | null
  readonly digests: ReadonlyMap<string, string>
}

/** The files of a run that are not in the store as they are here. */
async function changesOf(run: HeldRun): Promise<Change> {
  const digests = new Map<string, string>()
  for (const name of (await readdir(run.directory)).filter(isKept)) {
    const path = join(run.directory, name)
    // The copies of input and plan never change.
    const isConstant = name !== runFileName && name !== 'summary.json'
    if (isConstant && run.kept.has(name)) continue
    const digest = await digestOf(path)
    if (run.kept.get(name) !== digest) digests.set(name, digest)
  }
  const begun = await exists(join(run.directory, runFileName))
  return { run, digests, runFile: begun ? await readRunFile(run.directory) : null }
}

async function keep(
  query: Query,
  { run, runFile, digests }: Change,
  { left, offered }: { readonly left: Left; readonly offered: boolean },
  claimant: Claimant,
): Promise<void> {
  const { claim, directory } = run
  if (runFile?.state === 'running') await checkJobFree(query, run, runFile, claimant)
  const [row] = await query(
    'SELECT journal_bytes FROM okta_lifecycle.run WHERE run_id = $1 AND epoch = $2 FOR UPDATE',
    [claim.runId, claim.epoch],
  )
  if (row === undefined) throw new Overtaken()
  for (const name of digests.keys()) await keepFile(query, claim.runId, name, join(directory, name))
  const path = join(directory, journalName)
  if (run.isJournalReplaced) {
    await query('DELETE FROM okta_lifecycle.journal WHERE run_id = $1', [claim.runId])
    await query('UPDATE okta_lifecycle.run SET restored = false WHERE run_id = $1', [claim.runId])
  }
  const bytes = run.isJournalReplaced ? 0 : numberOf(row, 'journal_bytes')
  const length = (await exists(path)) ? await keepJournal(query, claim, path, bytes) : bytes
  await query('UPDATE okta_lifecycle.run SET journal_bytes = $2 WHERE run_id = $1', [claim.runId, length])
  if (runFile === null) return
  await query(
    `UPDATE okta_lifecycle.run SET org_url = $2, job = $3, lock_job = $4, plan_id = $5, created_at = $6, state = $7,
            wanted = coalesce($8, wanted)
      WHERE run_id = $1`,
    [
      claim.runId,
      runFile.org_url,
      runFile.job.name,
      lockedJob(runFile),
      runFile.plan?.id ?? null,
      runFile.created_at,
      runFile.state,
      offered || isWanted(runFile.state, left),
    ],
  )
}

/** @throws KnownError with exit code 5 when another process holds the job of a run that begins its work */
async function checkJobFree(
  query: Query,
  { directory, claim }: HeldRun,
  run: RunFile,
  claimant: Claimant,
): Promise<void> {
  const job = lockedJob(run)
  if (job === null) return
  const { runId } = claim
  const { org_url: org, created_at: createdAt } = run
  const other = await otherOfJob(query, { runId, org, job, createdAt }, claimant)
  if (other?.kind === 'job_held') throw notClaimed(directory, other)
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

/**
 * Adds bytes to a journal, fenced by the claim (C1). The same bytes at the same place are added once, however often this
 * is done.
 */
async function appendTo(claim: Claim, at: number, bytes: Buffer): Promise<void> {
  await claim.write(async ({ query }) => {
    const added = await query(
      `WITH fence AS (
         UPDATE okta_lifecycle.run SET journal_bytes = $3 + $4
          WHERE run_id = $1 AND epoch = $2 AND journal_bytes = $3 RETURNING 1)
       INSERT INTO okta_lifecycle.journal (run_id, at_byte, epoch, bytes)
       SELECT $1, $3, $2, $5 FROM fence RETURNING 1`,
      [claim.runId, claim.epoch, at, bytes.length, bytes],
    )
    return added.length > 0 || (await isThere(query, claim, at, bytes))
  })
}

/** Whether an earlier try, whose answer was lost, has added these bytes under this claim. */
async function isThere(query: Query, { runId, epoch }: Claim, at: number, bytes: Buffer): Promise<boolean> {
  const [found] = await query(
    `SELECT j.bytes FROM okta_lifecycle.journal j JOIN okta_lifecycle.run r USING (run_id)
      WHERE j.run_id = $1 AND j.at_byte = $2 AND j.epoch = $3 AND r.epoch = $3`,
    [runId, at, epoch],
  )
  return found !== undefined && bytesOf(found, 'bytes').equals(bytes)
}

/** A claim as a hold, with its working copy. */
class HoldOnClaim implements StoreHold {
  /** A working copy belongs to this process alone. */
  readonly afterSilence = false
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

function notClaimed(directory: string, { kind, run, host }: NotClaimed): KnownError {
  const where = host === null ? '' : ` on ${host}`
  const name = { ...runNameOf(directory), runId: run ?? basename(directory) }
  const status = `To see how far it has got: ${commandFor('status', name)}`
  switch (kind) {
    case 'gone':
      return new Refusal(`There is no run ${name.runId} in the store.`, 'okta-lifecycle runs')
    case 'held':
      return new KnownError(
        `Another process${where} holds this run.`,
        `Try again when it has ended. ${status}`,
        exitCodes.heldElsewhere,
      )
    case 'job_held':
      return new KnownError(
        `Another process${where} holds the job of this run: it works on run ${run}.`,
        `Try again when it has ended. ${status}`,
        exitCodes.heldElsewhere,
      )
    case 'job_waits':
      return new KnownError(
        `Run ${run} of the same job is older and waits for a worker.`,
        `Try again when it has ended. ${status}`,
        exitCodes.heldElsewhere,
      )
  }
}
