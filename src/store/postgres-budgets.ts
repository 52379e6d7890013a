import { readRow, writeRow } from '../budget/row-text.ts'
import { type FirstFacts, newRow, type SharedRow } from '../budget/shared-row.ts'
import type { Database, Query, Row } from './database.ts'
import { flagOf, numberOf, textOf } from './row.ts'
import { isOriginal } from './schema.ts'
import type { BudgetTable, Changed, CounterKey } from './tables.ts'

/** Whether a claim is the one of its run: the fence of `postgres-claims.ts`. */
const standing = `run_id = $5 AND epoch = $6::bigint AND holder = $7 AND ${isOriginal('run')}`

/** The budgets that runs share: one row for each of Okta's counters. */
export function postgresBudgets({ transaction }: Database): BudgetTable {
  return {
    change: <T extends { readonly row: SharedRow }>(
      key: CounterKey,
      first: FirstFacts,
      claim: Parameters<BudgetTable['change']>[2],
      change: (row: SharedRow, at: number) => T,
    ) =>
      transaction(async (query): Promise<Changed<T>> => {
        const names = [key.org, key.principal, key.bucket]
        const locked = await lockedRow(query, names, first)
        const row = readRow(textOf(locked, 'budget') ?? '')
        if (row === null) return { kind: 'damaged' }
        const at = numberOf(locked, 'at')
        const changed = change(row, at)
        const kept = await query(
          `UPDATE okta_lifecycle.bucket SET budget = $4 WHERE org = $1 AND principal = $2 AND bucket = $3
              AND ($5::text IS NULL OR EXISTS (SELECT 1 FROM okta_lifecycle.run
                WHERE ${standing} AND claimed_until > clock_timestamp()))
            RETURNING 1`,
          [
            ...names,
            writeRow(changed.row),
            claim?.runId ?? null,
            claim?.epoch ?? null,
            claim?.holder ?? null,
          ],
        )
        if (kept.length > 0) return { kind: 'changed', change: changed, at }
        const [run] = await query(
          `SELECT epoch, holder, ${isOriginal('run')} AS is_original FROM okta_lifecycle.run WHERE run_id = $1`,
          [claim?.runId],
        )
        const isHolder = run?.holder === claim?.holder && Number(run?.epoch) === claim?.epoch
        const stands = run !== undefined && isHolder && flagOf(run, 'is_original')
        return { kind: stands ? 'ended' : 'overtaken' }
      }),
  }
}

/** The row of a counter, locked until the end of the transaction, and the database's time in epoch ms. */
async function lockedRow(query: Query, names: readonly string[], first: FirstFacts): Promise<Row> {
  const lock = async (): Promise<Row | undefined> => {
    const [row] = await query(
      // A process that is paused in here must not keep the lock.
      `SELECT budget, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at,
              set_config('idle_in_transaction_session_timeout', '2s', true)
         FROM okta_lifecycle.bucket WHERE org = $1 AND principal = $2 AND bucket = $3 FOR UPDATE`,
      names,
    )
    return row
  }
  const known = await lock()
  if (known !== undefined) return known
  await query(
    'INSERT INTO okta_lifecycle.bucket (org, principal, bucket, budget) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [...names, writeRow(newRow(first))],
  )
  // Somebody may remove it at this moment, as the advice for a damaged one says.
  return (await lock()) ?? { budget: '', at: 0 }
}
