/** Who asks for a claim, as others are told. */
export interface Claimant {
  /** Names this process and no other. What it holds under the same name belongs together: a run and its retry. */
  readonly holder: string
  readonly host: string
}

/** Why a run was not claimed. */
export interface NotClaimed {
  readonly kind: 'held' | 'job_held' | 'job_waits' | 'gone'
  /** The run that stands in the way, and the host that holds it, as far as known. */
  readonly run: string | null
  readonly host: string | null
}

/** What of a run decides who may claim it. */
export interface ClaimRow {
  readonly runId: string
  readonly holder: string | null
  readonly host: string | null
  /** Whether a claim on it has not run out. */
  readonly isHeld: boolean
  /** Whether workers may take it. */
  readonly isWanted: boolean
  /** In epoch ms. */
  readonly createdAt: number
}

/**
 * Why a run may not be claimed; null if it may.
 *
 * @param run null if there is none
 * @param ofJob the other runs of its job that are held or wanted; none if it needs no job
 * @param only `wanted`: only if workers may take it
 */
export function whyNotClaimed(
  run: ClaimRow | null,
  ofJob: readonly ClaimRow[],
  claimant: Claimant,
  only: 'wanted' | 'any',
): NotClaimed | null {
  if (run === null) return { kind: 'gone', run: null, host: null }
  const inTheWay = otherOfJob(run, ofJob, claimant)
  if (inTheWay !== null) return inTheWay
  if (!run.isHeld && (run.isWanted || only === 'any')) return null
  return { kind: 'held', run: run.runId, host: run.host }
}

/** The run that keeps another one of the same job from working: one that is held, or an older one that waits. */
export function otherOfJob(
  run: Pick<ClaimRow, 'runId' | 'createdAt'>,
  ofJob: readonly ClaimRow[],
  { holder }: Claimant,
): NotClaimed | null {
  const others = ofJob.filter((other) => other.runId !== run.runId && other.holder !== holder)
  const held = others.find(({ isHeld }) => isHeld)
  if (held !== undefined) return { kind: 'job_held', run: held.runId, host: held.host }
  const older = others.find((other) => other.isWanted && isOlder(other, run))
  return older === undefined ? null : { kind: 'job_waits', run: older.runId, host: older.host }
}

/** Whether a run comes before another one of its job. */
function isOlder(
  some: Pick<ClaimRow, 'runId' | 'createdAt'>,
  other: Pick<ClaimRow, 'runId' | 'createdAt'>,
): boolean {
  return some.createdAt < other.createdAt || (some.createdAt === other.createdAt && some.runId < other.runId)
}
