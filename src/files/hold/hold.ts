import { rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodes, KnownError } from '../../messages/known-error.ts'
import { Deadline } from '../deadline.ts'
import { readRegular } from '../read-regular.ts'
import { parseHolder, uptimeSeconds } from './holder.ts'
import { readNumbers, signPath } from './numbers.ts'

/** How long a holder may act after its last sign of life: much shorter than the time after which others take over. */
const validMs = 45_000
const signEveryMs = 4_000

/** Thrown to a holder that lost its hold. It must write and send nothing more. */
export class HoldLost extends KnownError {
  constructor(
    what: string,
    why = 'it gave no sign of life for too long, and another process may have taken over',
  ) {
    super(
      `This process has lost its hold on ${what}: ${why}. It sends and writes nothing more.`,
      'To see how far the other process has got: okta-lifecycle status',
      exitCodes.heldElsewhere,
    )
    this.name = 'HoldLost'
  }
}

/** Why a hold is lost whose number is no longer the last one, or no longer this process's own. */
const numberTaken = 'another process has taken over, or files in its lock directory were removed or changed'

/**
 * What is known of the holder before.
 * - `ended`: it has released its hold, or it is certainly dead.
 * - `silent`: it was considered dead only because of its silence. It may wake up again, so this process must not write to
 *   files that it may have open: they must be copied first.
 * - `unknown`: there was none, or somebody has removed what would tell of it. It may be at work, and what it writes until it
 *   finds out must not be lost.
 */
export type Former = 'ended' | 'silent' | 'unknown'

/** A number that was taken, and the id of the holder in its file. */
export interface TakenNumber {
  readonly number: number
  readonly id: string
}

/**
 * A hold on a directory, for one process at a time.
 *
 * - **H1** The holder gives a sign every few seconds. Its hold is valid for a limited time after its last sign, by its
 *   own clocks. A process that was paused or cut off from its disk finds its hold expired when it wakes up.
 * - **H2** A sign counts only if there is still no higher number after it was written, and the number is still the
 *   holder's own: if the directory was moved or emptied by hand, another process may have taken the same number again.
 * - **H3** A lost hold never comes back.
 */
export class Hold {
  readonly #lockDirectory: string
  readonly #number: number
  /** The id in the file of the number, which no other holder has. */
  readonly #id: string
  readonly #what: string
  readonly #timer: NodeJS.Timeout
  #signs = 0
  #end = new Deadline(0)
  #renewal: Promise<void> | null = null
  #lost = false
  /** What is known of the holder before this one. */
  readonly former: Former

  private constructor(lockDirectory: string, { number, id }: TakenNumber, what: string, former: Former) {
    this.#lockDirectory = lockDirectory
    this.#number = number
    this.#id = id
    this.#what = what
    this.former = former
    this.#timer = setInterval(() => this.#renewQuietly(), signEveryMs).unref()
  }

  /** Begins a hold after its number was taken. */
  static async begin(lockDirectory: string, taken: TakenNumber, what: string, former: Former): Promise<Hold> {
    const hold = new Hold(lockDirectory, taken, what, former)
    try {
      await hold.ensure()
    } catch (error) {
      await hold.release()
      throw error
    }
    return hold
  }

  /** Whether the holder may write and send now (H1). */
  get valid(): boolean {
    return !this.#lost && !this.#end.passed
  }

  /**
   * Makes sure that the hold is valid. Gives a new sign if the last one is too old.
   *
   * @throws HoldLost when another process has taken over
   */
  async ensure(): Promise<void> {
    if (this.valid) return
    if (!this.#lost) await this.#renew()
    // A clock that leaps, or a machine that sleeps, while the sign is given makes it old at once.
    if (!this.#lost && !this.valid) await this.#renew()
    if (this.#lost) throw new HoldLost(this.#what, numberTaken)
    if (!this.valid) throw new HoldLost(this.#what)
  }

  /**
   * Makes sure, by a new sign, that the hold is still there, also if somebody has removed it by hand a moment ago.
   *
   * @throws HoldLost when another process has taken over, or the hold was removed; the system's error if that can't be
   *   found out
   */
  async confirm(): Promise<void> {
    try {
      if (!this.#lost) await this.#renew()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      this.#lost = true
    }
    await this.ensure()
  }

  /** Ends the hold at once (H3). Its number stays as it is: whoever else is at work has another one, or none. */
  lose(): void {
    clearInterval(this.#timer)
    this.#lost = true
  }

  /** Gives up the hold, as far as the system allows it. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewal?.catch(() => {})
    if (this.#lost) return
    this.#lost = true
    try {
      const mine = join(this.#lockDirectory, String(this.#number))
      await rename(mine, `${mine}.released`)
      await unlink(signPath(this.#lockDirectory, this.#number))
    } catch {
      // Already gone, with its directory.
    }
  }

  #renewQuietly(): void {
    // If the disk can't be written, the hold expires, and that is noticed.
    this.#renew().catch(() => {})
  }

  #renew(): Promise<void> {
    this.#renewal ??= this.#giveSign().finally(() => {
      this.#renewal = null
    })
    return this.#renewal
  }

  /** @throws the system's error if that can't be found out; the sign then does not count */
  async #isMine(): Promise<boolean> {
    try {
      const text = await readRegular(join(this.#lockDirectory, String(this.#number)))
      return parseHolder(text)?.id === this.#id
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  /** Looks for a higher number only after the sign is written (H2), and never takes `#lost` back (H3). */
  async #giveSign(): Promise<void> {
    const end = new Deadline(validMs)
    const sign = `${++this.#signs} ${(await uptimeSeconds()) ?? ''}`
    await writeFile(signPath(this.#lockDirectory, this.#number), sign, { mode: 0o600 })
    const numbers = await readNumbers(this.#lockDirectory)
    const isMine = numbers.some(({ name }) => name === String(this.#number)) && (await this.#isMine())
    if (!isMine || numbers.some(({ number }) => number > this.#number)) this.#lost = true
    else this.#end = end
  }
}
