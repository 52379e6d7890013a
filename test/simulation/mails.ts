import type { Ours, RefOf } from './evidence.ts'
import { mayMail } from './org-rules.ts'
import { firstOf, readRun } from './reports.ts'
import type { World } from './world.ts'

/** I35: a call sends a mail exactly if its row says so, else the job, else Okta's own default. */
export function checkMailsAsked(world: World, ours: readonly Ours[], refOf: RefOf): void {
  const { rows, sendEmail } = world.scenario
  const byRef = new Map(rows.map((row) => [row.ref, row]))
  for (const { action, user, mailed, by } of ours) {
    const row = byRef.get(refOf(by.run, by.row))
    // What an undo sends, no row has asked for.
    if (row === undefined || readRun(world, firstOf(world, by.run))?.undo_of !== undefined) continue
    const asked = row.sendEmail ?? sendEmail ?? action === 'activate'
    if (mailed !== (asked && mayMail.has(action)))
      world.violate(`I35 ${action} of ${user} for ${row.ref} sends ${mailed ? 'a' : 'no'} mail`)
  }
}
