import type { Action } from '../okta/actions.ts'
import type { LookAfterLoss, Verdict } from './doubt.ts'

/** The verdict on an attempt before which the user was not read, or which was lost, if a known call of ours has led the user where this one leads. */
export function afterKnown(action: Action, verdict: Verdict): Verdict {
  if (verdict.kind !== 'applied' && verdict.kind !== 'unknown') return verdict
  const evidence = `${verdict.evidence}, which an earlier task of this user explains`
  // The user was there before it, so that its status shows nothing, also where the seconds of two clocks leave it open.
  if (action === 'unlock')
    return { kind: 'not_applied', evidence: `${evidence}, and a second ${action} does no harm` }
  return verdict.kind === 'applied' ? { kind: 'unknown', evidence } : verdict
}

/** The verdict on a lost attempt, if the status that was seen may be taken for the work of another one already. */
export function afterOthers(verdict: Verdict, isTakenByOther: boolean): Verdict {
  if (verdict.kind !== 'applied' || !isTakenByOther) return verdict
  return { kind: 'unknown', evidence: `${verdict.evidence}, which an earlier task of this user explains` }
}

/**
 * Whether a look is taken for the work of another task. A process may have died between the verdict and the result of a
 * task: then its own look is still its own.
 */
export function isTaken(
  look: LookAfterLoss | null,
  { row, step }: { readonly row: number; readonly step: number },
): boolean {
  const by = look?.explains ?? null
  return by !== null && (by.row !== row || by.step !== step)
}
