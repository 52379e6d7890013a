import { newRow } from '../../src/budget/shared-row.ts'
import { otherOfJob, whyNotClaimed } from '../../src/store/may-claim.ts'
import type {
  BudgetTable,
  ClaimMark,
  ClaimTable,
  Kept,
  RunChange,
  RunTable,
  Tables,
} from '../../src/store/tables.ts'
import {
  activeOfJob,
  claimRowOf,
  isHeld,
  journalBytes,
  newStoredRun,
  type StoredRun,
  type StoreRows,
} from './store-rows.ts'
import { memorySchedules, memoryWorkers } from './store-side-tables.ts'

/** A store in memory, and the way to it. */
export interface MemoryStore {
  readonly rows: StoreRows
  /** The store's clock, in epoch ms. */
  readonly now: () => number
  /** Has something done in the store as a whole. May reject although it was done. */
  readonly ask: <T>(what: string, effect: () => T) => Promise<T>
  /** For a planted bug: whether an append does not look at the claim. */
  readonly ignoresFence?: () => boolean
  /** Told of each claim and each write under one, in the moment when it is done. */
  readonly onClaim?: (run: StoredRun, holder: string) => void
  readonly onWrite?: (run: StoredRun, claim: ClaimMark, at: number, bytes: Buffer) => void
}

/** A transaction that was idle for this long has lost its lock. */
const lockMs = 2_000

/** The tables of a store in memory. */
export function memoryTables(store: MemoryStore): Tables {
  const shown = 'postgres://store.example.com/okta'
  return {
    url: { url: shown, shown },
    restored: { isWhole: false, runs: 0, finished: 0, schedules: 0 },
    leaveRestored: async () => ({ isWhole: false, runs: 0, finished: 0, schedules: 0 }),
    claims: memoryClaims(store),
    runs: { ...memoryRuns(store), ...memoryFiles(store) },
    schedules: memorySchedules(store),
    workers: memoryWorkers(store),
    budgets: memoryBudgets(store),
    close: async () => {},
  }
}

/** The run of a claim; null if it is no longer the claim's. */
function under({ rows }: Pick<MemoryStore, 'rows'>, { runId, epoch, holder }: ClaimMark): StoredRun | null {
  const run = rows.runs.get(runId)
  return run?.epoch === epoch && run.holder === holder ? run : null
}

function memoryClaims(store: MemoryStore): ClaimTable {
  const { rows, now, ask } = store
  return {
    take: (runId, claimant, only, forMs) =>
      ask('take', () => {
        const run = rows.runs.get(runId)
        const ofJob = run === undefined ? [] : activeOfJob(rows, run, now())
        const row = run === undefined ? null : claimRowOf(run, now())
        const why = whyNotClaimed(row, ofJob, claimant, only)
        if (why !== null || run === undefined) return why ?? { kind: 'gone', run: null, host: null }
        const { holder, host } = claimant
        store.onClaim?.(run, holder)
        Object.assign(run, { epoch: run.epoch + 1, holder, host, claimedUntil: now() + forMs })
        return run.epoch
      }),
    renew: (claim, forMs) =>
      ask('renew', () => {
        const run = under(store, claim)
        if (run === null) return false
        run.claimedUntil = now() + forMs
        return true
      }),
    release: (claim) =>
      ask('release', () => {
        const run = under(store, claim)
        if (run === null) return
        if (run.files.size === 0 && run.journal.length === 0) rows.runs.delete(run.runId)
        Object.assign(run, { claimedUntil: null, holder: null, host: null })
      }),
  }
}

type Runs = Pick<RunTable, 'begin' | 'look' | 'append' | 'keep' | 'remove' | 'open'>

function memoryRuns(store: MemoryStore): Runs {
  const { rows, now, ask } = store
  return {
    begin: (runId) =>
      ask('begin', () => {
        const known = rows.runs.get(runId)
        if (known === undefined) rows.runs.set(runId, newStoredRun(runId, now()))
        return known?.files.has('run.json') !== true
      }),
    look: (runId) =>
      ask('look', () => {
        const run = rows.runs.get(runId)
        if (run === undefined) return null
        const { state, wanted: isWanted, restored: isRestored, host, claimedUntil } = run
        const heldForMs = isHeld(run, now()) ? (claimedUntil ?? 0) - now() : null
        return { state, isWanted, isRestored, host, heldForMs }
      }),
    append: (claim, at, bytes) =>
      ask('append', () => {
        const run = rows.runs.get(claim.runId)
        if (run === undefined) return false
        if (under(store, claim) === null) {
          if (store.ignoresFence?.() !== true) return false
          run.journal = run.journal.filter((piece) => piece.at < at)
        }
        const there = run.journal.find((piece) => piece.at === at)
        if (there !== undefined) return there.epoch === claim.epoch && there.bytes.equals(bytes)
        if (journalBytes(run) !== at) return false
        add(store, run, claim, [bytes])
        return true
      }),
    keep: async (changes, claimant) => {
      for (;;) {
        const loaded: Loaded[] = []
        for (const change of changes) loaded.push(await load(store, change))
        const kept = await ask('keep', () => keepAll(store, loaded, claimant.holder))
        if (kept !== null) return kept
      }
    },
    remove: (claims) =>
      ask('remove', () => {
        if (claims.some((claim) => under(store, claim) === null)) return false
        for (const { runId } of claims) rows.runs.delete(runId)
        return true
      }),
    open: (orgs) =>
      ask('open', () =>
        [...rows.runs.values()]
          .filter((run) => run.wanted && !isHeld(run, now()) && orgs.includes(run.orgUrl ?? ''))
          .filter((run) => {
            const ofJob = activeOfJob(rows, run, now())
            return otherOfJob(claimRowOf(run, now()), ofJob, { holder: '', host: '' }) === null
          })
          .sort((a, b) => a.createdAt - b.createdAt || (a.runId < b.runId ? -1 : 1))
          .map(({ runId, epoch }) => ({ runId, epoch })),
      ),
  }
}

function add(store: MemoryStore, run: StoredRun, claim: ClaimMark, pieces: readonly Buffer[]): void {
  for (const bytes of pieces) {
    const at = journalBytes(run)
    store.onWrite?.(run, claim, at, bytes)
    run.journal = [...run.journal, { at, epoch: claim.epoch, bytes: Buffer.from(bytes) }]
  }
}

/** A change with its bytes. */
interface Loaded {
  readonly change: RunChange
  readonly files: readonly (readonly [name: string, bytes: Buffer])[]
  /** Where the journal in the store ended. */
  readonly from: number
  readonly journal: readonly Buffer[]
}

async function load(store: MemoryStore, change: RunChange): Promise<Loaded> {
  const run = await store.ask('lock', () => under(store, change))
  const from = run === null || change.isJournalReplaced ? 0 : journalBytes(run)
  const files: (readonly [string, Buffer])[] = []
  for (const { name, pieces } of change.files) files.push([name, Buffer.concat(await all(pieces()))])
  return { change, files, from, journal: change.journal === null ? [] : await all(change.journal(from)) }
}

async function all(pieces: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const found: Buffer[] = []
  for await (const piece of pieces) found.push(piece)
  return found
}

/** Null if a journal has grown meanwhile, so that the change must be loaded again. */
function keepAll(store: MemoryStore, loaded: readonly Loaded[], holder: string): Kept | null {
  const { rows, now } = store
  for (const { change } of loaded) {
    const { runId, facts } = change
    if (facts?.state === 'running') {
      const run = { runId, createdAt: Date.parse(facts.createdAt) }
      const by = otherOfJob(run, activeOfJob(rows, facts, now()), { holder, host: '' })
      if (by?.kind === 'job_held') return { kind: 'job_held', of: runId, by }
    }
    const plan = facts?.planId ?? null
    const taken = [...rows.runs.values()].find((run) => run.runId !== runId && run.planId === plan)
    if (under(store, change) === null) return { kind: 'overtaken' }
    if (plan !== null && taken !== undefined) return { kind: 'plan_taken', by: taken.runId }
  }
  const grown = loaded.some(({ change, from }) => {
    const run = under(store, change)
    return run !== null && !change.isJournalReplaced && journalBytes(run) !== from
  })
  if (grown) return null
  for (const one of loaded) keepOne(store, one)
  return { kind: 'kept' }
}

function keepOne(store: MemoryStore, { change, files, journal }: Loaded): void {
  const run = under(store, change)
  if (run === null) return
  for (const [name, bytes] of files) run.files.set(name, bytes)
  if (change.isJournalReplaced) Object.assign(run, { journal: [], restored: false })
  add(store, run, change, journal)
  if (change.facts === null) return
  const { isWanted, createdAt, ...facts } = change.facts
  Object.assign(run, facts, {
    createdAt: Date.parse(createdAt),
    wanted: (isWanted ?? run.wanted) && !run.restored,
  })
}

type Files = Pick<RunTable, 'read' | 'latest' | 'files' | 'beginnings'>

function memoryFiles({ rows, ask }: MemoryStore): Files {
  const newestFirst = (): StoredRun[] =>
    [...rows.runs.values()].sort((a, b) => b.createdAt - a.createdAt || (a.runId < b.runId ? 1 : -1))
  return {
    read: async (runId, work) => {
      const { files, journal, bytes } = await ask('read', () => {
        const run = rows.runs.get(runId)
        return {
          files: new Map(run?.files),
          journal: run?.journal ?? [],
          bytes: run === undefined ? 0 : journalBytes(run),
        }
      })
      return await work({
        names: [...files.keys()],
        journalBytes: bytes,
        file: (name) => each([files.get(name) ?? []].flat()),
        journal: () => each(journal),
      })
    },
    latest: (fileName) =>
      ask('latest', () => newestFirst().find(({ files }) => files.has(fileName))?.runId ?? null),
    files: async function* (names, of) {
      const parts = await ask('files', () => {
        const runs = newestFirst()
        const ofJob = of === 'all' ? runs : runs.filter(({ job }) => job === of.job).slice(0, of.most)
        const wanted = new Set(of === 'all' ? runs : [...ofJob, ...runs.filter((run) => run.planId !== null)])
        return [...wanted].flatMap(({ runId, files }) =>
          [...files]
            .filter(([name]) => names.includes(name))
            .map(([name, bytes]) => ({ runId, name, bytes })),
        )
      })
      yield* parts
    },
    beginnings: async function* () {
      yield* await ask('beginnings', () =>
        [...rows.runs.values()].flatMap(({ runId, journal: [first] }) =>
          first === undefined ? [] : [{ runId, bytes: first.bytes }],
        ),
      )
    },
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

function memoryBudgets({ rows, now, ask }: MemoryStore): BudgetTable {
  return {
    change: async (key, first, claim, change) => {
      const name = JSON.stringify([key.org, key.principal, key.bucket])
      // The row's lock, in another way: what another has changed meanwhile is read again.
      for (;;) {
        const { row, at } = await ask('lock budget', () => {
          const known = rows.budgets.get(name)
          const locked = known === undefined ? newRow(first) : known
          rows.budgets.set(name, locked)
          return { row: locked, at: now() }
        })
        if (row === null) return { kind: 'damaged' }
        const changed = change(row, Math.floor(at))
        const outcome = await ask('change budget', () => {
          if (now() - at > lockMs) throw Object.assign(new Error('idle in transaction'), { code: '25P03' })
          if (rows.budgets.get(name) !== row) return null
          const run = claim === null ? undefined : rows.runs.get(claim.runId)
          if (claim !== null && under({ rows }, claim) === null) return 'overtaken'
          if (run !== undefined && !isHeld(run, now())) return 'ended'
          rows.budgets.set(name, changed.row)
          return 'changed'
        })
        if (outcome === 'changed') return { kind: 'changed', change: changed, at: Math.floor(at) }
        if (outcome !== null) return { kind: outcome }
      }
    },
  }
}
