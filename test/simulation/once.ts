import { isForgotten, type Ours, type RefOf, wasKnown } from './evidence.ts'
import type { Caller } from './org.ts'
import type { Report } from './play.ts'
import { firstOf, resultInJournal } from './reports.ts'
import type { World } from './world.ts'

const mailPauseMs = 5 * 60_000
/** Okta's clock is known to a second, and its answers tell it more and more exactly. */
const clockSlackMs = 1_500

/** I11: a task is applied once, unless it was in doubt with leave to repeat. */
export function checkOnce(
  world: World,
  reports: readonly Report[],
  ours: readonly Ours[],
  refOf: RefOf,
): void {
  const byTask = new Map<string, Ours[]>()
  for (const applied of ours) {
    const task = `${refOf(applied.by.run, applied.by.row)} ${applied.by.step}`
    byTask.set(task, [...(byTask.get(task) ?? []), applied])
  }
  for (const [task, all] of byTask) {
    const seen: Ours[] = []
    for (const applied of all) {
      const before = seen.at(-1)
      seen.push(applied)
      if (before === undefined) continue
      const { action, by, user } = applied
      const repeats = seen.filter((one) => one.by.run === by.run).length - 1
      // Whom a login stood for, before it was given away, is forgotten with the lost part of a journal.
      const isOfHolderBefore = before.user !== user && world.inheritedAt.has(before.user)
      if (isOfHolderBefore && isForgotten(world, before, applied.at)) continue
      // A file that is fed again means whoever has the login by then.
      if (isOfHolderBefore && by.run !== before.by.run && firstOf(world, by.run).startsWith('f')) continue
      // A factor that outlives the reset looks as if it had not been applied.
      const isHidden = action === 'reset_factors' && world.org.users.get(user)?.keepsFactor === true
      // What was repeated in a lost part of the journal is not counted.
      const lost = world.cuts.get(by.run)?.filter((time) => time < applied.at).length ?? 0
      if (isHidden && repeats <= 4 * (1 + lost) && !wasKnown(world, before)) continue
      // So does a deactivation that did not hold, and nothing else knows of it once its part of the journal is lost.
      if (before.hollow && isForgotten(world, before, applied.at)) continue
      if (by.run === before.by.run) {
        const mayRepeat = action === 'reactivate' && world.scenario.inDoubt === 'retry' && repeats <= 2 + lost
        if (mayRepeat && !wasKnown(world, before)) continue
      } else {
        const last = reports.filter(({ run, at }) => run === before.by.run && at <= applied.at).at(-1)
        const told = last?.tasks.find(({ row, step }) => row === before.by.row && step === before.by.step)
        if (told?.result === 'in_doubt') continue
        // It did not hold, and a person asked for it again. Who asks for a retry may do so before there is a report, or when
        // that says only that it was accepted: the retry finds out first whether it held.
        const said = [told, resultInJournal(world, before.by)]
        if (said.some((one) => one?.result === 'failed' && one.message.includes('did not hold'))) continue
        // What somebody has taken back since the user was seen last, nobody could know when the file was fed again.
        const wasSeenSince = last?.tasks.some(
          ({ row, step, status_before: status }) =>
            row === before.by.row &&
            step > before.by.step &&
            status !== null &&
            status !== told?.status_after,
        )
        const seenAt = wasSeenSince === false ? before.at : (last?.at ?? 0)
        const takenBack = world.org.applied.some(
          (other) => other.by === null && other.user === user && other.at > seenAt && other.at < applied.at,
        )
        // A retry goes on from the file that was fed.
        if (takenBack && firstOf(world, by.run).startsWith('f')) continue
      }
      world.violate(
        `I11 ${action} of ${user} (task ${task}) was applied at ${before.at.toFixed(0)} for ${before.by.run} and again at ${applied.at.toFixed(0)} for ${by.run}`,
      )
    }
  }
}

/** I11: while it may have been applied, a call that sends mail waits five minutes before it is sent again. */
export function checkMails(world: World, ours: readonly Ours[]): void {
  const mailed = new Set(ours.filter((one) => one.mailed).map(({ by }) => nameOf(by, by.attempt)))
  const last = new Map<string, number>()
  for (const { at, attempt, ...task } of world.departures) {
    if (!mailed.has(nameOf(task, attempt))) continue
    const before = last.get(nameOf(task))
    last.set(nameOf(task), at)
    if (before !== undefined && at - before < mailPauseMs - clockSlackMs)
      world.violate(`I11 ${nameOf(task)}: two mails, sent within ${(at - before).toFixed(0)} ms`)
  }
}

function nameOf(
  { run, row, step }: Pick<Caller, 'run' | 'row' | 'step'>,
  attempt: number | null = null,
): string {
  return `${run} row ${row} step ${step}${attempt === null ? '' : ` attempt ${attempt}`}`
}
