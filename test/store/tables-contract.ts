import { expect, it } from 'vitest'
import type { SharedRow } from '../../src/budget/shared-row.ts'
import { type DueSchedule, scheduleId } from '../../src/store/schedule.ts'
import type { ClaimMark, RunChange, RunFacts, Tables } from '../../src/store/tables.ts'

/** Tables to test, empty at first. */
export interface TablesUnderTest {
  readonly tables: Tables
  /** Lets so much of the store's time pass. */
  readonly pass: (ms: number) => Promise<void>
}

const one = { holder: 'one/1', host: 'one' }
const two = { holder: 'two/1', host: 'two' }
const org = 'https://example.okta.com'
const key = { org, principal: '00uowner', bucket: '/api/v1/users' }
const first = { share: 0.5, earlierSends: [], earlierLimit: null, earlierUnknown: false }

function factsOf(changes: Partial<RunFacts> = {}): RunFacts {
  return {
    orgUrl: org,
    job: 'nightly',
    lockJob: 'nightly',
    planId: null,
    createdAt: '2026-03-02T10:00:00.000Z',
    state: 'new',
    isWanted: null,
    ...changes,
  }
}

function changeOf(claim: ClaimMark, changes: Partial<RunChange> = {}): RunChange {
  const files = [{ name: 'run.json', pieces: () => pieces('{}') }]
  return { ...claim, files, isJournalReplaced: false, journal: null, facts: factsOf(), ...changes }
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

/** The journal of a change whose text so far is this one. */
function journalOf(text: string): NonNullable<RunChange['journal']> {
  return (from) => pieces(text.slice(from))
}

async function claimed(tables: Tables, runId: string, forMs = 60_000, claimant = one): Promise<ClaimMark> {
  await tables.runs.begin(runId)
  const epoch = await tables.claims.take(runId, claimant, 'any', forMs)
  if (typeof epoch !== 'number') throw new Error(`Not claimed: ${epoch.kind}`)
  return { runId, epoch, holder: claimant.holder }
}

async function textOf({ runs }: Tables, runId: string): Promise<string> {
  return await runs.read(runId, async (run) => {
    const bytes: Buffer[] = []
    for await (const piece of run.journal()) bytes.push(piece.bytes)
    expect(Buffer.concat(bytes)).toHaveLength(run.journalBytes)
    return Buffer.concat(bytes).toString('utf8')
  })
}

function withTurns(row: SharedRow): { readonly row: SharedRow } {
  return { row: { ...row, turns: row.turns + 1 } }
}

/** What any tables of a store must do. */
export function testTables(open: () => Promise<TablesUnderTest>): void {
  it('give a run to one holder at a time, each under an epoch of its own', async () => {
    const { tables } = await open()
    const claim = await claimed(tables, 'r')
    expect(await tables.claims.take('r', two, 'any', 60_000)).toEqual({ kind: 'held', run: 'r', host: 'one' })
    await tables.runs.keep([changeOf(claim)], one)
    await tables.claims.release(claim)
    const next = await tables.claims.take('r', two, 'any', 60_000)
    expect(next).toBeGreaterThan(claim.epoch)
    expect(await tables.claims.renew(claim, 60_000)).toBe(false)
    expect(await tables.claims.take('no such run', two, 'any', 60_000)).toMatchObject({ kind: 'gone' })
  })

  it('give a run to another one once its claim has run out, and renew it until somebody has taken it', async () => {
    const { tables, pass } = await open()
    const claim = await claimed(tables, 'r', 300)
    expect((await tables.runs.look('r'))?.heldForMs).toBeGreaterThan(0)
    await pass(400)
    expect((await tables.runs.look('r'))?.heldForMs).toBeNull()
    expect(await tables.claims.renew(claim, 300)).toBe(true)
    expect(await tables.claims.take('r', two, 'any', 60_000)).toMatchObject({ kind: 'held' })
    await pass(400)
    expect(await tables.claims.take('r', two, 'any', 60_000)).toBe(claim.epoch + 1)
    expect(await tables.claims.renew(claim, 300)).toBe(false)
  })

  it('give workers only what they may take', async () => {
    const { tables } = await open()
    const claim = await claimed(tables, 'r')
    await tables.runs.keep([changeOf(claim)], one)
    await tables.claims.release(claim)
    expect(await tables.runs.open([org])).toEqual([])
    expect(await tables.claims.take('r', two, 'wanted', 60_000)).toMatchObject({ kind: 'held' })
    const again = await claimed(tables, 'r')
    await tables.runs.keep([changeOf(again, { facts: factsOf({ isWanted: true }) })], one)
    await tables.claims.release(again)
    expect(await tables.runs.open(['https://other.okta.com'])).toEqual([])
    expect(await tables.runs.open([org])).toEqual([{ runId: 'r', epoch: again.epoch }])
    expect(await tables.claims.take('r', two, 'wanted', 60_000)).toBe(again.epoch + 1)
    expect(await tables.runs.open([org])).toEqual([])
  })

  it('give workers the first of the runs that wait for one another, however many they are', async () => {
    const { tables } = await open()
    const wait = async (runId: string, lockJob: string | null, minute: number): Promise<void> => {
      const claim = await claimed(tables, runId)
      const createdAt = `2026-03-02T10:${String(minute).padStart(2, '0')}:00.000Z`
      await tables.runs.keep(
        [changeOf(claim, { facts: factsOf({ lockJob, createdAt, isWanted: true }) })],
        one,
      )
      await tables.claims.release(claim)
    }
    const ids = async (): Promise<readonly string[]> =>
      (await tables.runs.open([org])).map(({ runId }) => runId)
    await wait('b', 'nightly', 2)
    await wait('a', 'nightly', 1)
    await wait('c', 'nightly', 3)
    await wait('free', null, 5)
    await wait('other', 'hourly', 4)
    expect(await ids()).toEqual(['a', 'other', 'free'])
    await claimed(tables, 'a')
    expect(await ids()).toEqual(['other', 'free'])
  })

  it('leave nothing of a run that never began', async () => {
    const { tables } = await open()
    const claim = await claimed(tables, 'r')
    expect(await tables.runs.look('r')).toMatchObject({ state: 'new', isWanted: false, isRestored: false })
    await tables.claims.release(claim)
    expect(await tables.runs.look('r')).toBeNull()
  })

  it('let a run begin that has no run.json yet, and not one that has', async () => {
    const { tables } = await open()
    expect([await tables.runs.begin('r'), await tables.runs.begin('r')]).toEqual([true, true])
    const claim = await claimed(tables, 'r')
    await tables.runs.keep([changeOf(claim)], one)
    expect(await tables.runs.begin('r')).toBe(false)
  })

  it('append once, where the journal ends, and under the epoch alone', async () => {
    const { tables, pass } = await open()
    const claim = await claimed(tables, 'r', 300)
    const append = (mark: ClaimMark, at: number, text: string): Promise<boolean> =>
      tables.runs.append(mark, at, Buffer.from(text))
    expect(await append(claim, 0, 'one\n')).toBe(true)
    expect(await append(claim, 0, 'one\n')).toBe(true)
    expect(await append(claim, 0, 'two\n')).toBe(false)
    expect(await append(claim, 9, 'two\n')).toBe(false)
    await pass(400)
    const next = await claimed(tables, 'r', 60_000, two)
    expect(await append(claim, 0, 'one\n')).toBe(false)
    expect(await append(claim, 4, 'two\n')).toBe(false)
    expect(await append(next, 4, 'three\n')).toBe(true)
    expect(await textOf(tables, 'r')).toBe('one\nthree\n')
  })

  it('keep changes of several runs at once, or none of them', async () => {
    const { tables } = await open()
    const [a, b] = [await claimed(tables, 'a'), await claimed(tables, 'b')]
    const files = [{ name: 'run.json', pieces: () => pieces('{"a', '":1}') }]
    const overtaken = { ...b, epoch: b.epoch - 1 }
    const both = [changeOf(a, { files }), changeOf(overtaken, { files })]
    expect(await tables.runs.keep(both, one)).toEqual({ kind: 'overtaken' })
    expect(await tables.runs.latest('run.json')).toBeNull()
    expect(await tables.runs.keep([changeOf(a, { files }), changeOf(b, { files })], one)).toEqual({
      kind: 'kept',
    })
    const text = await tables.runs.read('a', async (run) => {
      expect(run.names).toEqual(['run.json'])
      const bytes: Buffer[] = []
      for await (const piece of run.file('run.json')) bytes.push(piece)
      return Buffer.concat(bytes).toString('utf8')
    })
    expect(text).toBe('{"a":1}')
  })

  it('keep what a journal has beyond its end, or all of another one', async () => {
    const { tables } = await open()
    const claim = await claimed(tables, 'r')
    await tables.runs.append(claim, 0, Buffer.from('one\n'))
    await tables.runs.keep([changeOf(claim, { journal: journalOf('one\ntwo\n') })], one)
    await tables.runs.keep([changeOf(claim, { journal: journalOf('one\ntwo\n') })], one)
    expect(await textOf(tables, 'r')).toBe('one\ntwo\n')
    const replaced = changeOf(claim, { journal: journalOf('other\n'), isJournalReplaced: true })
    await tables.runs.keep([replaced], one)
    expect(await textOf(tables, 'r')).toBe('other\n')
    expect(await tables.runs.append(claim, 6, Buffer.from('more\n'))).toBe(true)
  })

  it('let only one run of a job work, and the older one first', async () => {
    const { tables } = await open()
    const wanted = { isWanted: true }
    const old = await claimed(tables, 'old')
    await tables.runs.keep([changeOf(old, { facts: factsOf(wanted) })], one)
    await tables.claims.release(old)
    const young = await claimed(tables, 'young', 60_000, two)
    const later = factsOf({ ...wanted, createdAt: '2026-03-02T10:00:01.000Z' })
    await tables.runs.keep([changeOf(young, { facts: later })], two)
    await tables.claims.release(young)
    expect(await tables.claims.take('young', two, 'any', 60_000)).toMatchObject({
      kind: 'job_waits',
      run: 'old',
    })
    const begun = await claimed(tables, 'old')
    expect(await tables.claims.take('young', two, 'any', 60_000)).toEqual({
      kind: 'job_held',
      run: 'old',
      host: 'one',
    })
    // A run and its retry belong to one holder.
    expect(await tables.claims.take('young', one, 'any', 60_000)).toBe(young.epoch + 1)
    await tables.runs.keep([changeOf(begun, { facts: factsOf({ isWanted: false }) })], one)
  })

  it('refuse a run that begins its work beside another one of its job', async () => {
    const { tables } = await open()
    const [a, b] = [await claimed(tables, 'a'), await claimed(tables, 'b', 60_000, two)]
    const running = changeOf(a, { facts: factsOf({ state: 'running' }) })
    expect(await tables.runs.keep([running], one)).toEqual({ kind: 'kept' })
    const other = changeOf(b, { facts: factsOf({ state: 'running' }) })
    expect(await tables.runs.keep([other], two)).toEqual({
      kind: 'job_held',
      of: 'b',
      by: { kind: 'job_held', run: 'a', host: 'one' },
    })
    expect((await tables.runs.look('b'))?.state).toBe('new')
  })

  it('let one run carry a plan out', async () => {
    const { tables } = await open()
    const [a, b] = [await claimed(tables, 'a'), await claimed(tables, 'b')]
    const planned = factsOf({ planId: 'p1', lockJob: null })
    expect(await tables.runs.keep([changeOf(a, { facts: planned })], one)).toEqual({ kind: 'kept' })
    expect(await tables.runs.keep([changeOf(b, { facts: planned })], one)).toEqual({
      kind: 'plan_taken',
      by: 'a',
    })
  })

  it('remove runs, all of them or none', async () => {
    const { tables } = await open()
    const [a, b] = [await claimed(tables, 'a'), await claimed(tables, 'b')]
    expect(await tables.runs.remove([a, { ...b, epoch: b.epoch + 1 }])).toBe(false)
    expect(await tables.runs.look('a')).not.toBeNull()
    expect(await tables.runs.remove([a, b])).toBe(true)
    expect([await tables.runs.look('a'), await tables.runs.look('b')]).toEqual([null, null])
  })

  it('show files of all runs, or of those of a job and of plans', async () => {
    const { tables } = await open()
    const jobs = [factsOf(), factsOf({ job: 'other' }), factsOf({ job: 'third', planId: 'p1' })]
    for (const [index, facts] of jobs.entries()) {
      const claim = await claimed(tables, `r${index}`)
      await tables.runs.append(claim, 0, Buffer.from('line\n'))
      await tables.runs.keep([changeOf(claim, { facts: { ...facts, lockJob: null } })], one)
    }
    const idsOf = async (of: Parameters<Tables['runs']['files']>[1]): Promise<readonly string[]> => {
      const ids: string[] = []
      for await (const { runId, name, bytes } of tables.runs.files(['run.json'], of)) {
        expect([name, bytes.toString('utf8')]).toEqual(['run.json', '{}'])
        ids.push(runId)
      }
      return ids.toSorted()
    }
    expect(await idsOf('all')).toEqual(['r0', 'r1', 'r2'])
    expect(await idsOf({ job: 'nightly', most: 10 })).toEqual(['r0', 'r2'])
    expect(await idsOf({ job: null, most: 10 })).toEqual(['r2'])
    const begun: string[] = []
    for await (const { runId, bytes } of tables.runs.beginnings()) begun.push(`${runId} ${bytes}`)
    expect(begun.toSorted()).toEqual(['r0 line\n', 'r1 line\n', 'r2 line\n'])
  })

  it('take a schedule that is due once, and again only if nobody says what became of it', async () => {
    const { tables } = await open()
    const { schedules } = tables
    const schedule = {
      job: 'nightly',
      orgUrl: org,
      pattern: '15 2 * * *',
      timeZone: 'UTC',
      arguments: { a: 1 },
    }
    const id = scheduleId(schedule)
    await schedules.keep(schedule)
    expect(await schedules.takeDue([org])).toBeNull()
    const at = new Date('2026-03-02T02:15:00Z')
    // Whoever tells of a time too early has a wrong clock.
    expect(await schedules.noteDue(id, new Date((await schedules.now()) + 60_000))).toBe(false)
    expect(await schedules.takeDue([org])).toBeNull()
    for (let times = 0; times < 50; times++)
      expect(await schedules.noteDue('unknown', new Date(await schedules.now()))).toBe(true)
    expect(await schedules.noteDue(id, at)).toBe(true)
    await schedules.noteDue(id, at)
    expect(await schedules.takeDue(['https://other.okta.com'])).toBeNull()
    const taken = async (): Promise<DueSchedule> => {
      const due = await schedules.takeDue([org])
      if (due === null) throw new Error('There is none.')
      return due
    }
    const first = await taken()
    expect(first).toMatchObject({ ...schedule, id, at })
    expect(await schedules.takeDue([org])).toBeNull()
    await schedules.keepTaken(first)
    expect(await schedules.takeDue([org])).toBeNull()
    await schedules.giveBack(first)
    // Whoever has given it back keeps it from nobody.
    await schedules.keepTaken(first)
    const second = await taken()
    expect(second).toMatchObject({ id, at })
    // A worker that was paused since it took the schedule has no say any more.
    await schedules.giveBack(first)
    await schedules.noteLastTime(first, { run: null, error: 'it exists' }, false)
    expect(await schedules.takeDue([org])).toBeNull()
    await schedules.noteLastTime(second, { run: null, error: 'away' }, true)
    expect(await schedules.takeDue([org])).toBeNull()
    await schedules.noteLastTime(second, { run: 'r', error: null }, false)
    await schedules.noteLastTime(first, { run: 'q', error: null }, false)
    await schedules.noteDue(id, at)
    expect(await schedules.takeDue([org])).toBeNull()
    expect(await schedules.all()).toEqual([
      {
        ...schedule,
        since: expect.any(Number),
        last: { due: at.toISOString(), run: 'r', error: null },
      },
    ])
    expect([await schedules.remove(id), await schedules.remove(id)]).toEqual([true, false])
  })

  it('tell what a run waits for', async () => {
    const { tables } = await open()
    const claim = await claimed(tables, 'r')
    await tables.runs.keep([changeOf(claim)], one)
    expect(await tables.workers.waitFacts('r')).toEqual({ orgUrl: org, workers: 0, able: 0, before: null })
    await tables.workers.note(one, [org])
    await tables.workers.note(two, [])
    expect(await tables.workers.waitFacts('r')).toMatchObject({ workers: 2, able: 1 })
    await tables.workers.forget(one)
    expect(await tables.workers.waitFacts('r')).toMatchObject({ workers: 1, able: 0 })
    expect(await tables.workers.waitFacts('no such run')).toBeNull()
  })

  it('change a budget under a claim that stands, and one change at a time', async () => {
    const { tables, pass } = await open()
    const change = (claim: ClaimMark | null): Promise<string> =>
      tables.budgets.change(key, first, claim, withTurns).then(({ kind }) => kind)
    const claim = await claimed(tables, 'r', 300)
    await Promise.all(Array.from({ length: 5 }, () => change(null)))
    expect(await change(claim)).toBe('changed')
    await pass(400)
    expect(await change(claim)).toBe('ended')
    await claimed(tables, 'r', 60_000, two)
    expect(await change(claim)).toBe('overtaken')
    const seen = await tables.budgets.change(key, first, null, (row) => ({ row, turns: row.turns }))
    expect(seen).toMatchObject({ kind: 'changed', change: { turns: 6 } })
  })
}
