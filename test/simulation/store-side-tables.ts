import { scheduleId, seenToWithinMs, tryAgainAfterMs } from '../../src/store/schedule.ts'
import type { ScheduleTable, WorkerTable } from '../../src/store/tables.ts'
import { goneAfterMs } from '../../src/store/why-waiting.ts'
import { activeOfJob, type StoreRows } from './store-rows.ts'

/** A store in memory, as `MemoryStore` says. */
interface Asked {
  readonly rows: StoreRows
  readonly now: () => number
  readonly ask: <T>(what: string, effect: () => T) => Promise<T>
}

/** The schedules of a store in memory. */
export function memorySchedules({ rows, now, ask }: Asked): ScheduleTable {
  return {
    keep: (schedule) =>
      ask('keep schedule', () => {
        const id = scheduleId(schedule)
        const known = rows.schedules.get(id)
        const first = {
          dueAt: null,
          takenUntil: null,
          taking: 0,
          last: { due: null, run: null, error: null },
        }
        rows.schedules.set(id, { ...first, ...known, ...schedule, since: now() })
      }),
    remove: (id) => ask('remove schedule', () => rows.schedules.delete(id)),
    // Nothing is drawn where there are none: most histories have none.
    all: async () =>
      rows.schedules.size === 0
        ? []
        : await ask('schedules', () =>
            [...rows.schedules.values()]
              .map(({ dueAt: _, takenUntil: __, taking: ___, ...schedule }) => schedule)
              .sort((a, b) => (`${a.job} ${a.orgUrl}` < `${b.job} ${b.orgUrl}` ? -1 : 1)),
          ),
    now: () => ask('now', now),
    noteDue: (id, at) =>
      ask('note due', () => {
        if (at.getTime() > now()) return false
        const known = rows.schedules.get(id)
        const before = Math.max(known?.dueAt ?? 0, Date.parse(known?.last.due ?? '1970-01-01'))
        if (known !== undefined && before < at.getTime()) known.dueAt = at.getTime()
        return true
      }),
    takeDue: (orgs) =>
      ask('take due', () => {
        const [first] = [...rows.schedules]
          .filter(([, { orgUrl, dueAt }]) => dueAt !== null && orgs.includes(orgUrl))
          .filter(([, { takenUntil }]) => takenUntil === null || takenUntil < now())
          .sort(([, a], [, b]) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
        if (first === undefined) return null
        const [id, schedule] = first
        schedule.takenUntil = now() + seenToWithinMs
        schedule.taking++
        return { ...schedule, id, at: new Date(schedule.dueAt ?? 0) }
      }),
    noteLastTime: ({ id, at, taking }, { run, error }, again) =>
      ask('note last time', () => {
        const known = rows.schedules.get(id)
        if (known?.taking !== taking || Date.parse(known.last.due ?? '1970-01-01') > at.getTime()) return
        known.last = { due: at.toISOString(), run, error }
        known.takenUntil = again ? now() + tryAgainAfterMs : null
        if (again) return
        if ((known.dueAt ?? 0) <= at.getTime()) known.dueAt = null
      }),
    keepTaken: ({ id, taking }) =>
      ask('keep taken', () => {
        const known = rows.schedules.get(id)
        if (known?.taking === taking && known.takenUntil !== null) known.takenUntil = now() + seenToWithinMs
      }),
    giveBack: ({ id, taking }) =>
      ask('give back', () => {
        const known = rows.schedules.get(id)
        if (known?.taking === taking) known.takenUntil = null
      }),
  }
}

/** The workers that a store in memory knows of. */
export function memoryWorkers({ rows, now, ask }: Asked): WorkerTable {
  return {
    note: ({ holder }, orgs) =>
      ask('note worker', () => void rows.workers.set(holder, { orgs, seenAt: now() })),
    forget: ({ holder }) => ask('forget worker', () => void rows.workers.delete(holder)),
    waitFacts: (runId) =>
      ask('wait facts', () => {
        const run = rows.runs.get(runId)
        if (run === undefined) return null
        const there = [...rows.workers.values()].filter(({ seenAt }) => seenAt > now() - goneAfterMs)
        const [before] = activeOfJob(rows, run, now())
          .filter((other) => other.runId !== runId)
          .filter((other) => other.isHeld || isBefore(other, run))
          .sort((a, b) => a.createdAt - b.createdAt)
        return {
          orgUrl: run.orgUrl ?? '',
          workers: there.length,
          able: there.filter(({ orgs }) => orgs.includes(run.orgUrl ?? '')).length,
          before: before?.runId ?? null,
        }
      }),
  }
}

function isBefore(
  some: { readonly createdAt: number; readonly runId: string },
  other: { readonly createdAt: number; readonly runId: string },
): boolean {
  return some.createdAt < other.createdAt || (some.createdAt === other.createdAt && some.runId < other.runId)
}
