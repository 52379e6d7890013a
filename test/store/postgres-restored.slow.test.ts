import { describe, expect, it } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { scheduleId } from '../../src/store/schedule.ts'
import { signatureOf } from '../../src/store/schema.ts'
import type { ClaimMark, RunChange, RunFacts, Tables } from '../../src/store/tables.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { ownDatabases, putBack } from './own-database.ts'

const cluster = await privateCluster()
const { missing } = cluster

const one = { holder: 'one/1', host: 'one' }
const two = { holder: 'two/1', host: 'two' }
const org = 'https://org.example.com'
const key = { org, principal: '00uowner', bucket: '/api/v1/users' }
const first = { share: 0.5, earlierSends: [], earlierLimit: null, earlierUnknown: false }
const schedule = { job: 'nightly', orgUrl: org, pattern: '15 2 * * *', timeZone: 'UTC', arguments: {} }
const facts: RunFacts = {
  orgUrl: org,
  job: 'nightly',
  lockJob: null,
  planId: null,
  createdAt: '2026-03-02T10:00:00.000Z',
  state: 'running',
  isWanted: true,
}

/** A run that `one` works on, as any worker may. */
async function atWork({ runs, claims }: Tables, runId = 'r'): Promise<ClaimMark> {
  await runs.begin(runId)
  const epoch = Number(await claims.take(runId, one, 'any', 60_000))
  const claim = { runId, epoch, holder: one.holder }
  await runs.keep([changeOf(claim)], one)
  return claim
}

async function* runFile(): AsyncGenerator<Buffer> {
  yield Buffer.from('{}')
}

function changeOf(claim: ClaimMark): RunChange {
  const files = [{ name: 'run.json', pieces: runFile }]
  return { ...claim, files, isJournalReplaced: false, journal: null, facts }
}

/** Nothing may be done under a claim. */
async function expectLost({ runs, claims, budgets }: Tables, claim: ClaimMark): Promise<void> {
  expect(await claims.renew(claim, 60_000)).toBe(false)
  expect(await runs.append(claim, 0, Buffer.from('line'))).toBe(false)
  expect(await runs.keep([changeOf(claim)], one)).toEqual({ kind: 'overtaken' })
  expect(await runs.remove([claim])).toBe(false)
  expect((await budgets.change(key, first, claim, (row) => ({ row }))).kind).toBe('overtaken')
}

/** A database that does something before the first statement that has some words in it. */
function before(database: Database, words: string, effect: () => Promise<void>): Database {
  let isDone = false
  const look = async (statement: string): Promise<void> => {
    if (isDone || !statement.includes(words)) return
    isDone = true
    await effect()
  }
  return {
    ...database,
    query: async (statement, values) => {
      await look(statement)
      return await database.query(statement, values)
    },
    transaction: (work) =>
      database.transaction((query) =>
        work(async (statement, values) => {
          await look(statement)
          return await query(statement, values)
        }),
      ),
  }
}

describe.skipIf(missing !== null)('a store under workers that go on', () => {
  it('of which a copy inside the cluster takes the place gives nothing to them, looked at or not', async () => {
    const { admin, open, alone } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE store')
    const tables = postgresTables(await open('store'))
    const claim = await atWork(tables)
    await tables.schedules.keep(schedule)
    await tables.schedules.noteDue(scheduleId(schedule), new Date(Date.now() - 60_000))
    await alone('store', async () => {
      await admin('CREATE DATABASE backup TEMPLATE store')
    })
    await alone('store', async () => {})
    await admin('DROP DATABASE store WITH (FORCE)')
    await admin('ALTER DATABASE backup RENAME TO store')
    await expectLost(tables, claim)
    expect(await tables.schedules.takeDue([org])).toBeNull()
    expect(await tables.claims.take('r', two, 'wanted', 60_000)).toMatchObject({ kind: 'held' })
    expect(await tables.runs.look('r')).toMatchObject({ isRestored: true, isWanted: false })
    expect(await tables.leaveRestored()).toEqual({ isWhole: true, runs: 1, finished: 0, schedules: 1 })
    expect(await tables.leaveRestored()).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    expect((await open('store')).restored).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
  })

  it('notices rows that were overwritten by older ones', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE overwritten')
    const database = await open('overwritten')
    const tables = postgresTables(database)
    const claim = await atWork(tables)
    await database.query('CREATE TABLE dump AS SELECT * FROM okta_lifecycle.run')
    await tables.runs.append(claim, 0, Buffer.from('line'))
    await database.query(
      `INSERT INTO okta_lifecycle.run SELECT * FROM dump
       ON CONFLICT (run_id) DO UPDATE SET journal_bytes = excluded.journal_bytes, signature = excluded.signature`,
    )
    // Nothing of the journal is missing, though the row says less.
    const lengths = async (): Promise<readonly number[]> =>
      await tables.runs.read('r', async ({ journalBytes, journal }) => {
        let end = 0
        for await (const { at, bytes } of journal()) end = at + bytes.length
        return [journalBytes, end]
      })
    expect(await lengths()).toEqual([0, 4])
    await expectLost(tables, claim)
    expect(await tables.leaveRestored()).toEqual({ isWhole: false, runs: 1, finished: 0, schedules: 0 })
    expect(await lengths()).toEqual([4, 4])
  })

  it('notices a finished run that was put back, once a command claims it', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE finished')
    const database = await open('finished')
    const tables = postgresTables(database)
    const claim = await atWork(tables)
    const done = { ...facts, state: 'finished', isWanted: false }
    await tables.runs.keep([{ ...changeOf(claim), facts: done }], one)
    await tables.claims.release(claim)
    await database.query('CREATE TABLE dump AS SELECT * FROM okta_lifecycle.run')
    await putBack(database, 'run')
    expect(await tables.leaveRestored()).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    expect(await tables.claims.take('r', two, 'any', 60_000)).toBeGreaterThan(claim.epoch)
    expect(await tables.runs.look('r')).toMatchObject({ state: 'finished', isRestored: true })
  })

  it('lets nobody have a row that is put back in the moment before it is taken', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE moment')
    const database = await open('moment')
    const tables = postgresTables(database)
    await tables.claims.release(await atWork(tables))
    await tables.schedules.keep(schedule)
    const id = scheduleId(schedule)
    const at = new Date(Date.now() - 60_000)
    await tables.schedules.noteDue(id, at)
    await database.query('CREATE TABLE dump AS SELECT * FROM okta_lifecycle.run')
    await database.query('CREATE TABLE due AS SELECT * FROM okta_lifecycle.schedule')
    await database.query('CREATE TABLE undue AS SELECT * FROM due')
    await database.query('UPDATE undue SET due_at = NULL')

    const runPut = before(database, 'FOR UPDATE', () => putBack(database, 'run'))
    expect(await postgresTables(runPut).claims.take('r', two, 'wanted', 60_000)).toMatchObject({
      kind: 'held',
    })
    expect(await tables.runs.look('r')).toMatchObject({ isRestored: true, heldForMs: null })

    const put = (words: string, from: string): Tables =>
      postgresTables(before(database, words, () => putBack(database, 'schedule', from)))
    expect(await put('taking = taking + 1', 'due').schedules.takeDue([org])).toBeNull()
    expect(await tables.schedules.takeDue([org])).toBeNull()
    await put('SET due_at = $2', 'undue').schedules.noteDue(id, at)
    expect(await tables.schedules.takeDue([org])).toBeNull()
    await put('INSERT INTO okta_lifecycle.schedule', 'due').schedules.keep(schedule)
    expect(await tables.schedules.takeDue([org])).toBeNull()
  })

  it('leaves a new run that was put back to people, also if it is submitted again', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE again')
    const database = await open('again')
    const tables = postgresTables(database)
    await tables.runs.begin('r')
    await database.query('CREATE TABLE dump AS SELECT * FROM okta_lifecycle.run')
    await putBack(database, 'run')
    const claim = await atWork(tables)
    await tables.claims.release(claim)
    expect(await tables.runs.look('r')).toMatchObject({ isRestored: true, isWanted: false })
    expect(await tables.runs.open([org])).toEqual([])
    // Whoever goes on from its journal has it work again.
    const epoch = Number(await tables.claims.take('r', one, 'any', 60_000))
    await tables.runs.keep([{ ...changeOf({ ...claim, epoch }), isJournalReplaced: true }], one)
    expect(await tables.runs.look('r')).toMatchObject({ isRestored: false, isWanted: true })
  })

  it('gives no epoch twice, however often the same row is put back', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE epochs')
    const database = await open('epochs')
    const tables = postgresTables(database)
    await atWork(tables)
    await database.query('CREATE TABLE dump AS SELECT * FROM okta_lifecycle.run')
    const epochs: unknown[] = []
    for (const claimant of [one, two]) {
      await putBack(database, 'run')
      epochs.push(await tables.claims.take('r', claimant, 'any', 60_000))
    }
    expect(epochs[1]).toBeGreaterThan(Number(epochs[0]))
  })

  it('tells two holders apart that have one epoch, as after a copy of its files was put back', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE holders')
    const database = await open('holders')
    const tables = postgresTables(database)
    const claim = await atWork(tables)
    await tables.runs.append(claim, 0, Buffer.from('line'))
    const signed = `signature = ${signatureOf('run')}`
    await database.query(`UPDATE okta_lifecycle.run SET holder = $1, ${signed}`, [two.holder])
    await expectLost(tables, claim)
    await tables.claims.release(claim)
    expect(await tables.claims.renew({ ...claim, holder: two.holder }, 60_000)).toBe(true)
  })
})
