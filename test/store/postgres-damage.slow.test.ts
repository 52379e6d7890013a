import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/messages/known-error.ts'
import { leaveRestored } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { ownDatabases } from './own-database.ts'

const cluster = await privateCluster()
const { missing } = cluster

const worker = { holder: 'one/1', host: 'one' }

/** What a refusal says to type. */
async function statementsOf(refused: Promise<unknown>): Promise<string> {
  const error = await refused.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  return /To fix it: (.*;)$/.exec((error as Refusal).message)?.[1] ?? ''
}

describe.skipIf(missing !== null)('a store of which a part was restored', () => {
  it('is refused with what to type while triggers of its keys are switched off, and works after that', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE switched_off')
    const database = await open('switched_off')
    const { query } = database
    const { runs, claims } = postgresTables(database)
    await runs.begin('r')
    // As pg_restore --data-only --disable-triggers leaves it if it fails half-way.
    await query('ALTER TABLE okta_lifecycle.run DISABLE TRIGGER ALL')
    const fix = await statementsOf(open('switched_off'))
    expect(fix).toBe('ALTER TABLE okta_lifecycle.run ENABLE TRIGGER ALL;')
    expect(await statementsOf(leaveRestored(database))).toBe(fix)
    expect(await runs.look('r')).toMatchObject({ isRestored: false })
    await query(fix)
    expect((await open('switched_off')).restored).toEqual({
      isWhole: false,
      runs: 0,
      finished: 0,
      schedules: 0,
    })
    expect(await claims.take('r', worker, 'any', 1_000)).toBe(1)
  })

  it('is whole whatever an administrator has switched off of their own', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE audited')
    const { query } = await open('audited')
    await query('CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$')
    await query('CREATE TABLE okta_lifecycle.audit_log (id int PRIMARY KEY)')
    for (const table of ['run', 'audit_log']) {
      await query(`CREATE TRIGGER audit AFTER UPDATE ON okta_lifecycle.${table} EXECUTE FUNCTION audit()`)
      await query(`ALTER TABLE okta_lifecycle.${table} DISABLE TRIGGER audit`)
    }
    expect((await open('audited')).restored).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
  })

  it('is refused with what to type while it lacks a key, and works after that', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE no_keys')
    const database = await open('no_keys')
    const keys = await database.query(
      `SELECT conrelid::regclass::text AS of, conname FROM pg_constraint
        WHERE connamespace = 'okta_lifecycle'::regnamespace`,
    )
    expect(keys).toHaveLength(10)
    for (const { of, conname } of keys) {
      await database.query(`ALTER TABLE ${of} DROP CONSTRAINT ${conname} CASCADE`)
      const fix = await statementsOf(open('no_keys'))
      expect(fix).toContain(conname)
      await database.query(fix)
      await open('no_keys')
    }
    const definitions = `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'okta_lifecycle'::regnamespace ORDER BY conname`
    await admin('CREATE DATABASE all_keys')
    const fresh = await open('all_keys')
    expect(await database.query(definitions)).toEqual(await fresh.query(definitions))
  })

  it('is refused while it lacks a table', async () => {
    const { admin, open } = ownDatabases(cluster.postgres)
    await admin('CREATE DATABASE no_table')
    const { query } = await open('no_table')
    await query('DROP TABLE okta_lifecycle.journal')
    await expect(open('no_table')).rejects.toThrow(/lacks okta_lifecycle\.journal.*restore the whole/)
  })
})
