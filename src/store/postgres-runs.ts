import { runFileName } from '../run/run-file.ts'
import type { Database, Query } from './database.ts'
import { otherOfJob } from './may-claim.ts'
import { activeOfJob, lockJob, underClaim } from './postgres-claims.ts'
import { addToJournal, replaceFile } from './postgres-files.ts'
import { bytesOf, flagOf, numberOf, textOf } from './row.ts'
import { signatureOf } from './schema.ts'
import type { ClaimMark, Kept, RunChange, RunFacts, RunTable } from './tables.ts'

/** The most runs that are looked at in one round. */
const mostRuns = 200
/** The constraint that no two runs carry out one plan. */
const onePlan = 'run_plan_id_key'

const signed = `signature = ${signatureOf('run')}`

/** Thrown inside a transaction to undo it. */
class Undone extends Error {
  readonly why: Exclude<Kept, { kind: 'kept' | 'plan_taken' }>

  constructor(why: Undone['why']) {
    super(why.kind)
    this.why = why
  }
}

type Runs = Pick<RunTable, 'begin' | 'look' | 'append' | 'keep' | 'remove' | 'open'>

/** The rows of runs, and what is written to them. */
export function postgresRuns(database: Database): Runs {
  const { query, transaction } = database
  return {
    begin: async (runId) => {
      const created = await query(
        `INSERT INTO okta_lifecycle.run (run_id, signature) VALUES ($1, ${signatureOf('run')}) ON CONFLICT DO NOTHING RETURNING 1`,
        [runId],
      )
      if (created.length > 0) return true
      const begun = await query(
        'SELECT 1 FROM okta_lifecycle.run_file WHERE run_id = $1 AND name = $2 LIMIT 1',
        [runId, runFileName],
      )
      return begun.length === 0
    },
    look: async (runId) => {
      const [row] = await query(
        `SELECT state, wanted, restored, host, claimed_until >= clock_timestamp() AS held,
                ceil(extract(epoch FROM claimed_until - clock_timestamp()) * 1000)::bigint AS left_ms
           FROM okta_lifecycle.run WHERE run_id = $1`,
        [runId],
      )
      if (row === undefined) return null
      return {
        state: textOf(row, 'state') ?? '',
        isWanted: flagOf(row, 'wanted'),
        isRestored: flagOf(row, 'restored'),
        host: textOf(row, 'host'),
        heldForMs: flagOf(row, 'held') ? numberOf(row, 'left_ms') : null,
      }
    },
    append: async (claim, at, bytes) => {
      const { runId, epoch, holder } = claim
      const added = await query(
        `WITH fence AS (
           UPDATE okta_lifecycle.run SET journal_bytes = $4 + $5, ${signed}
            WHERE ${underClaim} AND journal_bytes = $4 RETURNING 1)
         INSERT INTO okta_lifecycle.journal (run_id, at_byte, epoch, bytes)
         SELECT $1, $4, $2, $6 FROM fence RETURNING 1`,
        [runId, epoch, holder, at, bytes.length, bytes],
      )
      return added.length > 0 || (await isThere(query, claim, at, bytes))
    },
    keep: async (changes, claimant) => {
      try {
        await transaction(async (inside) => {
          for (const change of changes) {
            await checkJobFree(inside, change, claimant.holder)
            await keepChange(inside, change)
          }
        })
        return { kind: 'kept' }
      } catch (error) {
        if (error instanceof Undone) return error.why
        if (Reflect.get(Object(error), 'constraint') !== onePlan) throw error
        return { kind: 'plan_taken', by: await planTakenBy(query, changes) }
      }
    },
    remove: async (claims) => {
      try {
        await transaction(async (inside) => {
          for (const { runId, epoch, holder } of claims) {
            const statement = `DELETE FROM okta_lifecycle.run WHERE ${underClaim} RETURNING 1`
            if ((await inside(statement, [runId, epoch, holder])).length === 0)
              throw new Undone({ kind: 'overtaken' })
          }
        })
        return true
      } catch (error) {
        if (error instanceof Undone) return false
        throw error
      }
    },
    open: async (orgs) => {
      // A run that waits for another one of its job is left out: any number of them keep nobody else from being seen.
      const rows = await query(
        `SELECT run_id, epoch FROM okta_lifecycle.run r
          WHERE wanted AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) AND org_url = ANY($1)
            AND NOT EXISTS (
              SELECT 1 FROM okta_lifecycle.run o
               WHERE o.org_url = r.org_url AND o.lock_job = r.lock_job AND o.run_id <> r.run_id
                 AND (o.claimed_until >= clock_timestamp()
                   OR o.wanted AND (o.created_at, o.run_id) < (r.created_at, r.run_id)))
          ORDER BY created_at, run_id LIMIT ${mostRuns}`,
        [orgs],
      )
      return rows.map((row) => ({ runId: textOf(row, 'run_id') ?? '', epoch: numberOf(row, 'epoch') }))
    },
  }
}

/** Whether an earlier try, whose answer was lost, has added these bytes under this claim. */
async function isThere(
  query: Query,
  { runId, epoch, holder }: ClaimMark,
  at: number,
  bytes: Buffer,
): Promise<boolean> {
  const [found] = await query(
    `SELECT j.bytes FROM okta_lifecycle.journal j JOIN okta_lifecycle.run USING (run_id)
      WHERE ${underClaim} AND j.at_byte = $4 AND j.epoch = $2`,
    [runId, epoch, holder, at],
  )
  return found !== undefined && bytesOf(found, 'bytes').equals(bytes)
}

/** @throws Undone when another process holds the job of a run that begins its work */
async function checkJobFree(query: Query, { runId, facts }: RunChange, holder: string): Promise<void> {
  if (facts === null || facts.state !== 'running' || facts.lockJob === null) return
  await lockJob(query, facts.orgUrl, facts.lockJob)
  const ofJob = await activeOfJob(query, facts.orgUrl, facts.lockJob)
  const run = { runId, createdAt: Date.parse(facts.createdAt) }
  const by = otherOfJob(run, ofJob, { holder, host: '' })
  if (by?.kind === 'job_held') throw new Undone({ kind: 'job_held', of: runId, by })
}

/** @throws Undone when the claim does not stand */
async function keepChange(query: Query, change: RunChange): Promise<void> {
  const { runId, epoch, holder, files, journal, facts } = change
  const [row] = await query(`SELECT journal_bytes FROM okta_lifecycle.run WHERE ${underClaim} FOR UPDATE`, [
    runId,
    epoch,
    holder,
  ])
  if (row === undefined) throw new Undone({ kind: 'overtaken' })
  for (const { name, pieces } of files) await replaceFile(query, runId, name, pieces())
  if (change.isJournalReplaced) {
    await query('DELETE FROM okta_lifecycle.journal WHERE run_id = $1', [runId])
    await query(`UPDATE okta_lifecycle.run SET restored = false, ${signed} WHERE run_id = $1`, [runId])
  }
  const kept = change.isJournalReplaced ? 0 : numberOf(row, 'journal_bytes')
  const length = journal === null ? kept : await addToJournal(query, change, kept, journal(kept))
  await query(`UPDATE okta_lifecycle.run SET journal_bytes = $2, ${signed} WHERE run_id = $1`, [
    runId,
    length,
  ])
  if (facts !== null) await keepFacts(query, runId, facts)
}

async function keepFacts(query: Query, runId: string, facts: RunFacts): Promise<void> {
  const { orgUrl, job, lockJob: locked, planId, createdAt, state, isWanted } = facts
  await query(
    `UPDATE okta_lifecycle.run SET org_url = $2, job = $3, lock_job = $4, plan_id = $5, created_at = $6, state = $7,
            -- What may have been sent already is for a person to go on with.
            wanted = coalesce($8, wanted) AND NOT restored, ${signed}
      WHERE run_id = $1`,
    [runId, orgUrl, job, locked, planId, createdAt, state, isWanted],
  )
}

async function planTakenBy(query: Query, changes: readonly RunChange[]): Promise<string | null> {
  const plans = changes.flatMap(({ facts }) => facts?.planId ?? [])
  const [taken] = await query('SELECT run_id FROM okta_lifecycle.run WHERE plan_id = ANY($1)', [plans])
  return taken === undefined ? null : textOf(taken, 'run_id')
}
