import { describe, expect, it } from 'vitest'
import { leaveRestored, openDatabase } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { migrations, writer } from '../../src/store/schema.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { ownDatabases } from './own-database.ts'

const cluster = await privateCluster()
const { missing } = cluster

const markNow = `(SELECT system_identifier FROM pg_control_system()) || '/' ||
  (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || 'okta_lifecycle.run'::regclass::oid`

describe.skipIf(missing !== null)('a store of an older version', () => {
  it('keeps its runs, and whoever holds one goes on; what was put back in it is left to people', async () => {
    const { older, open } = ownDatabases(cluster.postgres)
    const { query } = await older('written_at_5', 5)
    await query(`INSERT INTO okta_lifecycle.identity VALUES (${markNow}, ${writer})`)
    await query(
      `INSERT INTO okta_lifecycle.run (run_id, state, wanted, epoch, holder, written_by) VALUES
        ('ours', 'running', true, 3, 'one/1', ${writer}), ('copied', 'running', true, 3, 'one/1', '1')`,
    )
    await query(
      `INSERT INTO okta_lifecycle.schedule (id, job, org_url, pattern, time_zone, arguments, written_by)
       VALUES ('s', 'j', 'o', 'p', 't', '{}', ${writer})`,
    )
    const database = await open('written_at_5')
    expect(database.restored).toEqual({ isWhole: false, runs: 1, finished: 0, schedules: 0 })
    const { claims, runs } = postgresTables(database)
    expect(await claims.renew({ runId: 'ours', epoch: 3, holder: 'one/1' }, 1_000)).toBe(true)
    expect(await claims.renew({ runId: 'copied', epoch: 3, holder: 'one/1' }, 1_000)).toBe(false)
    expect(await runs.look('copied')).toMatchObject({ isRestored: true, isWanted: false })
  })

  it('that was restored is brought up to date and left to people at once, or neither', async () => {
    const { older, connect, open, urlOf } = ownDatabases(cluster.postgres)
    const { query, transaction } = await older('restored_at_4', 4)
    await query(`INSERT INTO okta_lifecycle.identity VALUES ('1/2/3', '4')`)
    await query(`INSERT INTO okta_lifecycle.run (run_id, state, wanted) VALUES ('r', 'running', true)`)
    await transaction(async (inside) => {
      await inside('SELECT 1 FROM okta_lifecycle.identity FOR UPDATE')
      const opening = openDatabase(parseStoreUrl(urlOf('restored_at_4')), 2)
      const killed = expect(opening).rejects.toThrow(/terminat/i)
      const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = 'restored_at_4' AND wait_event_type = 'Lock'`
      const other = connect('restored_at_4')
      let pid: unknown
      while (pid === undefined) [{ pid } = { pid: undefined }] = await other.query(waiting)
      // The process is killed before it has looked at the mark.
      await other.query('SELECT pg_terminate_backend($1, 5000)', [pid])
      await killed
    })
    expect(await query('SELECT max(step) AS step FROM okta_lifecycle.migration')).toEqual([{ step: 4 }])
    // A worker that goes on waits for the first command.
    await expect(leaveRestored(connect('restored_at_4'))).rejects.toThrow(/up to date: okta-lifecycle runs/)
    const database = await open('restored_at_4')
    expect(database.restored).toEqual({ isWhole: true, runs: 1, finished: 0, schedules: 0 })
    expect(await postgresTables(database).runs.look('r')).toMatchObject({ isRestored: true, isWanted: false })
  })

  it('is brought up to date although a newer one left things in its place', async () => {
    const { older, open } = ownDatabases(cluster.postgres)
    for (const steps of [1, 2, 3, 4]) {
      const { query } = await older(`left_at_${steps}`, migrations.length)
      await query('DELETE FROM okta_lifecycle.migration WHERE step > $1', [steps])
      await query(
        'CREATE FUNCTION okta_lifecycle.note_writer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN END $$',
      )
      await open(`left_at_${steps}`)
      expect(await query('SELECT max(step) AS step FROM okta_lifecycle.migration')).toEqual([
        { step: migrations.length },
      ])
    }
  })
})
