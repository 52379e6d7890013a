import { stat } from 'node:fs/promises'
import { describeMyself, type Holder, isProvenDead, sharesMachine, uptimeSeconds } from './holder.ts'
import { type Held, holdDirectory, readHeld, signPath } from './numbers.ts'

/** A holder with a sign of life younger than this, by the clock that both share, needs no watching. */
const freshSeconds = 15

/** What a lock directory shows at one moment. `silent`: nothing proves that the holder is dead or alive. */
export type Look =
  | { readonly kind: 'free' }
  | { readonly kind: 'dead'; readonly held: Held }
  | { readonly kind: 'alive'; readonly held: Held }
  | { readonly kind: 'silent'; readonly held: Held }

/** Checks once who holds a lock directory. */
export async function lookAt(lockDirectory: string, me: Holder): Promise<Look> {
  const held = await readHeld(lockDirectory)
  if (held === null) return { kind: 'free' }
  if (await isProvenDead(held.holder, me)) return { kind: 'dead', held }
  return { kind: (await isFresh(held, me)) ? 'alive' : 'silent', held }
}

/**
 * Whether the last sign of life is recent, measured by the machine's uptime. Only processes on the same machine share
 * an uptime.
 */
async function isFresh({ holder, sign }: Held, me: Holder): Promise<boolean> {
  if (!sharesMachine(holder, me)) return false
  const [, at] = sign.split(' ')
  const now = await uptimeSeconds()
  return at !== undefined && at !== '' && now !== null && now - Number(at) < freshSeconds
}

/** What another process can say about a hold. */
export interface HoldReport {
  /**
   * `working`: this machine sees that the holder is alive. `silent`: held, but this machine can't see whether it is
   * alive.
   */
  readonly kind: 'free' | 'working' | 'silent'
  readonly host: string | null
  /** By the file's time, which another machine may have set. Null if there is no sign. */
  readonly lastSignSeconds: number | null
}

/** Reports the holder of a directory, as far as this machine can tell without waiting. Changes nothing. */
export async function reportHold(directory: string): Promise<HoldReport> {
  const lockDirectory = holdDirectory(directory)
  let look: Look
  try {
    look = await lookAt(lockDirectory, await describeMyself(null))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    look = { kind: 'free' }
  }
  if (look.kind === 'free' || look.kind === 'dead') return { kind: 'free', host: null, lastSignSeconds: null }
  const { held } = look
  return {
    kind: look.kind === 'alive' ? 'working' : 'silent',
    host: held.holder.host,
    lastSignSeconds: await ageOf(signPath(lockDirectory, held.number)),
  }
}

async function ageOf(path: string): Promise<number | null> {
  try {
    return Math.max(0, Math.round((Date.now() - (await stat(path)).mtimeMs) / 1000))
  } catch {
    return null
  }
}
