import { isForgotten, type Ours, wasKnown } from './evidence.ts'
import type { Applied, Caller } from './org.ts'
import { readRun } from './reports.ts'
import { runsDirectory, type World } from './world.ts'

/** Okta shows whole seconds, and its clock is known to a second: changes so near to each other look like one. */
const sameMs = 3_000

/**
 * How long a change by others may be taken for that of a call without an answer, beside the time that the call may be
 * under way: after a time-out, twice its limit.
 */
const doubtMs = 15_000

/** From the read before a call, which finds the user still to be acted on, until it leaves. */
const longestSinceRead = 60_000 + doubtMs

/** I28: an undo names everybody whom it finds as the run left them, or says of how many nobody knows that. */
export function checkNamed(world: World, ours: readonly Ours[]): void {
  for (const undo of world.runs()) {
    const { undo_of: of, retry_of: retried, not_undone: notUndone = [] } = readRun(world, undo) ?? {}
    if (of === undefined || retried !== undefined || notUndone.length > 0) continue
    const input = `${runsDirectory}/${undo}/input.csv`
    const writtenAt = world.files.writtenAt(input)
    const named = world.files.read(input)?.toString('utf8') ?? ''
    if (writtenAt === null) continue
    const runs = new Set(runsBefore(world, of))
    for (const user of new Set(ours.filter(({ by }) => runs.has(by.run)).map((one) => one.user))) {
      const changes = world.org.applied.filter(
        (one) => one.user === user && one.before !== one.after && one.at < writtenAt,
      )
      const [first] = changes
      const last = changes.at(-1)
      const isOurs = changes.every(({ by }) => by !== null && runs.has(by.run))
      if (first === undefined || last === undefined || !isOurs || first.before === last.after) continue
      if (!named.includes(user))
        world.violate(`I28 ${undo} leaves ${user} as ${of} left the user, and says so nowhere`)
    }
  }
}

/** I14: an undo takes back only what the run that it names did last to a user. */
export function checkUndo(world: World, ours: readonly Ours[]): void {
  for (const taking of ours) {
    const of = readRun(world, taking.by.run)?.undo_of
    if (of === undefined) continue
    // A retry settles calls of the run before it, and a retry of an undo goes on from that undo.
    const allowed = new Set([...runsBefore(world, of), ...runsBefore(world, taking.by.run)])
    const changes = world.org.applied.filter(
      (other) => other.user === taking.user && other.before !== other.after && other.at < taking.at,
    )
    const last = changes.at(-1)
    const isOfThem = ({ by }: Applied): boolean => by !== null && allowed.has(by.run)
    const since = changes.slice(changes.findIndex(isOfThem))
    // What was lost with a part of the journal, the undo does not know.
    const isKnown = since.every(
      (one) => one.by !== null && !isForgotten(world, { ...one, by: one.by }, taking.at),
    )
    const before = changes[changes.length - since.length - 1]
    const isBackToOurs = before !== undefined && looksLikeOurs(world, { taking, allowed, changes }, before)
    if (
      last !== undefined &&
      since.every(isOfThem) &&
      isKnown &&
      since[0]?.before === last.after &&
      !isBackToOurs
    )
      world.violate(`I14 ${taking.by.run} leads ${taking.user} away, whom ${of} had brought back`)
    if (last !== undefined && isOfThem(last)) continue
    const wasOurs = changes.some(
      (other) => other.by !== null && allowed.has(other.by.run) && (last?.at ?? 0) - other.at < sameMs,
    )
    const isBehindOurBack = last !== undefined && taking.at - last.at < sameMs
    const isLikeOurs = last !== undefined && looksLikeOurs(world, { taking, allowed, changes }, last)
    // Without a read before the call, a user who got there in the same second looks as if the call had done it.
    const user = world.scenario.users.find(({ id }) => id === taking.user)
    const wasThere = !world.scenario.readFirst && last === undefined && (user?.changedBefore ?? 1) < 1
    if (wasOurs || isBehindOurBack || isLikeOurs || wasThere) continue
    world.violate(
      `I14 ${taking.by.run} took back ${last?.action ?? 'nothing'} of ${taking.user}, which ${of} did not do last`,
    )
  }
}

interface Undone {
  readonly taking: Ours
  /** The runs whose changes may be taken back. */
  readonly allowed: ReadonlySet<string>
  /** What was applied to the user before. */
  readonly changes: readonly Applied[]
}

/** Whether somebody else did the same while a call of ours was under way or its answer lost: Okta shows no difference. */
function looksLikeOurs(world: World, { taking, allowed, changes }: Undone, change: Applied): boolean {
  return world.departures.some(
    (call) =>
      allowed.has(call.run) &&
      call.key === taking.user &&
      call.action === change.action &&
      change.at > call.at - longestSinceRead &&
      change.at < call.at + 2 * world.scenario.requestTimeoutS * 1000 + doubtMs &&
      !changes.some(
        (one) =>
          isCall(one.by, call) &&
          one.answeredAt !== null &&
          // Okta's time is known no more exactly than that when the answer comes.
          one.answeredAt < change.at - sameMs &&
          // Of an answer that came as its process died, nobody knows.
          wasKnown(world, { ...one, by: call }) &&
          // An answer that was lost with a part of the journal tells nobody.
          !isForgotten(world, { ...one, by: call }, taking.at, 'answer'),
      ),
  )
}

function isCall(by: Caller | null, call: Caller): boolean {
  return (
    by !== null &&
    by.run === call.run &&
    by.row === call.row &&
    by.step === call.step &&
    by.attempt === call.attempt &&
    by.pid === call.pid
  )
}

/** The runs that a run retries, itself included. */
function runsBefore(world: World, run: string): readonly string[] {
  const before = readRun(world, run)?.retry_of
  return before === undefined ? [run] : [run, ...runsBefore(world, before)]
}
