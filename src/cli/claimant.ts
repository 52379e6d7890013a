import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Claimant } from '../store/may-claim.ts'

/** Who this process is, for a store. */
export function newClaimant(): Claimant {
  return { holder: `${hostname()}/${process.pid}/${randomUUID()}`, host: hostname() }
}
