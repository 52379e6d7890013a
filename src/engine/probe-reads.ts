import { readUser, readUserById } from '../lookup/read-user.ts'
import type { ProbeOutcome } from '../lookup/refusal-gate.ts'
import { spreadRows } from '../rules/probe.ts'
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
    const ofRest = await readOthers(input, most)
    if (!atHalt || ofRest.allowed > 0) return ofRest
    const seen = await askWitnesses(input, turnOf(input.work.services.recorder.state))
    return { allowed: seen.allowed, refused: ofRest.refused + seen.refused, isLost: seen.isLost }
  })
}

async function readOthers(input: ProbeInput, most: number): Promise<ProbeOutcome> {
  const { lookup, witness, recorder } = input.work.services
  const { state } = recorder
  let [allowed, refused] = [0, 0]
  // Whoever could be read before shows best whether the token still may read.
  const seen = witness.id === null ? null : await readUserById(lookup, witness.id)
  if (seen?.kind === 'found') allowed++
  else if (seen?.cause === 'no_permission') refused++
  const [left, later] = [isLeft(input), isForLaterPass(input)]
  for (const row of await spreadRows(input.rows(), (row) => left(row) || later(row), turnOf(state))) {
    if (allowed > 0 || refused >= most) break
    const read = await readUser(lookup, row.user)
    // "No such user" is an answer too: it shows that the token may read.
    if (read.kind === 'found' || read.cause === 'not_found') allowed++
    else if (read.cause === 'no_permission' && !isKnown(input.work, row, row.user)) refused++
  }
  return { allowed, refused }
}
