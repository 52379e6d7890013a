/**
 * The budgets that runs share: one row for each of Okta's counters, in JSON as `budget/row-text.ts` writes it. It is text
 * and no `jsonb`, so that what is read is what was written.
 */
export const budgetTable = `CREATE TABLE IF NOT EXISTS okta_lifecycle.bucket (
     org text NOT NULL,
     principal text NOT NULL,
     bucket text NOT NULL,
     budget text NOT NULL,
     PRIMARY KEY (org, principal, bucket)
   );`
