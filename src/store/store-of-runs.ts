import { basename, join } from 'node:path'
import type { Elsewhere } from '../files/elsewhere.ts'
import { exists } from '../files/exists.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { isOver } from '../run/life.ts'
import { type RunFile, runFileName } from '../run/run-file.ts'
import type { RunStore, StoreHold, StoreHoldReport } from '../run/run-store.ts'
import { Claim } from './claim.ts'
import { claimMs } from './claim-term.ts'
import { freshlyHeld, type HeldRun, HoldOnClaim, type Left, type Unkept, unkeptOf } from './held-run.ts'
import type { Claimant } from './may-claim.ts'
import { notClaimed, planTaken } from './not-claimed.ts'
import type { ClaimMark, Tables } from './tables.ts'
import { copyFromStore, isCopied } from './working-copy.ts'

export interface StoreOfRunsOptions {
  readonly tables: Tables
  readonly claimant: Claimant
  /** What becomes of a run that this process leaves unfinished because it was told to end. */
  readonly left: Left
  /** Tells workers that a run waits. */
  readonly announce: (run: ClaimMark) => Promise<void>
}

/** The runs of a store, as one process works on them. */
export class StoreOfRuns implements RunStore {
  readonly #options: StoreOfRunsOptions
  readonly #held = new Map<string, HeldRun>()
  readonly #offered = new Set<HeldRun>()

  constructor(options: StoreOfRunsOptions) {
    this.#options = options
  }

  async hold(directory: string): Promise<StoreHold> {
    const { tables, claimant } = this.#options
    const runId = basename(directory)
    if (!(await exists(join(directory, runFileName)))) await this.#begin(directory, runId)
    const taken = await Claim.take(tables, runId, claimant, 'any')
    if ('kind' in taken) throw notClaimed(directory, taken)
    return await this.held(directory, taken)
  }

  /** A hold on a run that was claimed already, with a fresh working copy. */
  async held(directory: string, claim: Claim): Promise<StoreHold> {
    try {
      await copyFromStore(this.#options.tables, claim.runId, directory, { files: isCopied, journal: true })
      const run = await freshlyHeld(directory, claim)
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
  async checkNotRestored(
    directory: string,
    { state }: Pick<RunFile, 'state'>,
    takesSoundPart: boolean,
  ): Promise<void> {
    if (isOver(state) || takesSoundPart || !(await this.isRestored(directory))) return
    throw new Refusal(
      `The store was restored from an older copy. Run ${basename(directory)} may have sent calls since then, or been retried or undone, and the copy knows nothing of that.`,
      `If the run was undone, leave it; Okta's System Log, or the reports of that time, show that. If not, to look each user up before the rest of the run is done: ${commandFor('resume', runNameOf(directory), '--take-sound-part')}`,
    )
  }

  /** Whether a run's journal is that of a restored copy. */
  async isRestored(directory: string): Promise<boolean> {
    return (await this.#options.tables.runs.look(basename(directory)))?.isRestored === true
  }

  /**
   * Whether another run has gone on from one that was put back, which does not know of it. `yes`: its files alone were put
   * back, and its row knows. A run that knows itself that it is closed is none of these.
   */
  async goneOnFrom(
    directory: string,
    { state, put_back: wentOn }: Pick<RunFile, 'state' | 'put_back'>,
  ): Promise<'no' | 'perhaps' | 'yes'> {
    const run = await this.#options.tables.runs.look(basename(directory))
    if (state === 'closed') return 'no'
    if (run?.state === 'closed') return 'yes'
    return wentOn === true || run?.isRestored === true ? 'perhaps' : 'no'
  }

  /**
   * Makes sure that no run has gone on from one whose files alone were put back. Its row still says that it is closed, and
   * both are always written together.
   *
   * @throws Refusal if one has
   */
  async checkNotGoneOn(directory: string, run: Pick<RunFile, 'state' | 'put_back'>): Promise<void> {
    if ((await this.goneOnFrom(directory, run)) !== 'yes') return
    throw new Refusal(
      `Run ${basename(directory)} is closed, because another run has gone on from it; but its files in the store were put back from an older copy.`,
      'Go on from that other run; to see all: okta-lifecycle runs',
    )
  }

  /**
   * Makes sure that no run which a restored copy knows nothing of has gone on from one that was put back.
   *
   * @param takesCopy whether a person says so
   * @throws Refusal when that can't be known
   */
  async checkNoneSince(
    directory: string,
    run: Pick<RunFile, 'state' | 'put_back'>,
    command: 'retry' | 'undo',
    takesCopy: boolean,
  ): Promise<void> {
    if (takesCopy || (await this.goneOnFrom(directory, run)) !== 'perhaps') return
    throw new Refusal(
      `Run ${basename(directory)} was put back from an older copy of the store. If it was retried or undone after that copy was made, ${command} would act on the same people a second time.`,
      `Look in Okta's System Log, or at the reports of that time, whether it was retried or undone. If neither: ${commandFor(command, runNameOf(directory), '--take-copy')}`,
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
    const claims = held.map(({ claim: { runId, epoch, holder } }) => ({ runId, epoch, holder }))
    await first.claim.write(async ({ runs }) => await runs.remove(claims))
  }

  async reportHold(runId: string): Promise<StoreHoldReport> {
    const run = await this.#options.tables.runs.look(runId)
    const heldForMs = run?.heldForMs ?? null
    if (run === null || heldForMs === null)
      return { kind: 'free', host: null, lastSignSeconds: null, waits: run?.isWanted === true }
    const lastSignSeconds = Math.max(0, Math.round((claimMs - heldForMs) / 1000))
    return { kind: 'working', host: run.host, lastSignSeconds, waits: false }
  }

  async #released(run: HeldRun): Promise<void> {
    this.#held.delete(run.directory)
    // Workers look by themselves as well, only later.
    if (this.#offered.delete(run)) await this.#options.announce(run.claim).catch(() => {})
  }

  /** @throws Refusal when the store has a run with that id */
  async #begin(directory: string, runId: string): Promise<void> {
    if (await this.#options.tables.runs.begin(runId)) return
    throw new Refusal(
      `A run with the id ${runId} already exists in the store.`,
      `Choose another --run-id, or go on with that run: ${commandFor('resume', runNameOf(directory))}`,
    )
  }

  #elsewhere(run: HeldRun): Elsewhere {
    const { claim } = run
    return {
      append: async (at, bytes) => await claim.write(({ runs }) => runs.append(claim, at, bytes)),
      files: async () => await this.#keepAll(claim),
      journalReplaced: async () => {
        run.isJournalReplaced = true
        await this.#keepAll(claim)
        run.isJournalReplaced = false
      },
    }
  }

  /** Keeps the files of all runs that this process holds, at once: where one run goes on from another, both change. */
  async #keepAll(claim: Claim): Promise<void> {
    const { left } = this.#options
    const all = await Promise.all(
      [...this.#held.values()].map((run) => unkeptOf(run, left, this.#offered.has(run))),
    )
    await claim.write(async (tables) => await this.#keep(tables, all))
    for (const { run, digests } of all) for (const [name, digest] of digests) run.kept.set(name, digest)
  }

  /**
   * Returns whether all claims stood.
   *
   * @throws KnownError with exit code 5 when another process holds the job of a run that begins its work, and Refusal
   *   when another run carries out the same plan
   */
  async #keep({ runs }: Tables, all: readonly Unkept[]): Promise<boolean> {
    const changes = all.map(({ change }) => change)
    const kept = await runs.keep(changes, this.#options.claimant)
    switch (kept.kind) {
      case 'kept':
        return true
      case 'overtaken':
        return false
      case 'plan_taken':
        throw planTaken(kept.by)
      case 'job_held': {
        const of = all.find(({ change }) => change.runId === kept.of)
        throw notClaimed(of?.run.directory ?? kept.of, kept.by)
      }
    }
  }
}
