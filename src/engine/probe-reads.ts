import type { ValidRow } from '../input/row.ts'
import { readUser, readUserById } from '../lookup/read-user.ts'
import type { ProbeOutcome } from '../lookup/refusal-gate.ts'
import { hasStoppedEnough, spreadRows } from '../rules/probe.ts'
import {
  failingInOrder,
  isForLaterPass,
  isKnown,
  isLeft,
  type ProbeBounds,
  type ProbeInput,
  turnOf,
} from './probe-candidates.ts'
import { askWitnesses } from './witnesses.ts'

/**
 * Tests whether the token may read users from the rest of the input, and at a halt those whom Okta has shown before.
 * Changes nothing.
 */
export async function probeReads(input: ProbeInput, { most, atHalt }: ProbeBounds): Promise<ProbeOutcome> {
  return await failingInOrder(input, async () => {
    const turn = turnOf(input.work.services.recorder.state)
    const last = await readLast(input)
    if (last === 'found') return { allowed: 1, refused: 0 }
    const isLastRefused = last === 'no_permission'
    const ofRest = await readOthers(input, isLastRefused ? most - 1 : most)
    if (ofRest.allowed > 0) return ofRest
    const isEnough = hasStoppedEnough(turn)
    if (!atHalt && !(isEnough && isLastRefused)) return counted(ofRest, isLastRefused)
    const { allowed, isLost } = await askWitnesses(input, turn)
    // Whoever the run has deactivated shows no more in a third execution than in those before.
    return { ...counted(ofRest, isLastRefused && !(isEnough && isLost === 'perhaps')), allowed, isLost }
  })
}

function counted({ allowed, refused }: ProbeOutcome, isOneMore: boolean): ProbeOutcome {
  return { allowed, refused: refused + (isOneMore ? 1 : 0) }
}

/** Reads the user whom Okta has shown last: that shows best whether the token still may read. */
async function readLast({ work }: ProbeInput): Promise<'found' | 'no_permission' | null> {
  const { lookup, witness } = work.services
  if (witness.id === null) return null
  const seen = await readUserById(lookup, witness.id)
  if (seen.kind === 'found') return 'found'
  return seen.cause === 'no_permission' ? 'no_permission' : null
}

async function readOthers(input: ProbeInput, most: number): Promise<ProbeOutcome> {
  const { lookup, recorder } = input.work.services
  let [allowed, refused] = [0, 0]
  const [left, later] = [isLeft(input), isForLaterPass(input)]
  const isOther = (row: ValidRow): boolean => left(row) || later(row)
  for (const row of await spreadRows(input.rows(), isOther, turnOf(recorder.state))) {
    if (allowed > 0 || refused >= most) break
    const read = await readUser(lookup, row.user)
    // "No such user" is an answer too: it shows that the token may read.
    if (read.kind === 'found' || read.cause === 'not_found') allowed++
    else if (read.cause === 'no_permission' && !isKnown(input.work, row, row.user)) refused++
  }
  return { allowed, refused }
}
