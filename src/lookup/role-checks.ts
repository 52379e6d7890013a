import { describeAnswer } from '../okta/answer.ts'
import { parseListPage } from '../okta/list-page.ts'
import { listRolesRequest } from '../okta/request.ts'
import { adminIsProtected, type GuardVerdict } from '../rules/guards.ts'
import { adminsUnchecked, type Unchecked } from '../rules/unchecked-guards.ts'
import { type FailedRead, failedRead } from './failed-read.ts'
import { type LookupParts, pacedGet } from './paced-get.ts'

/** The outcome of a look-up of a user's admin roles. */
export type RoleFinding =
  | { readonly kind: 'none' }
  | { readonly kind: 'protected'; readonly verdict: GuardVerdict }
  | FailedRead

const none: RoleFinding = { kind: 'none' }

/**
 * Looks up each user's admin roles, including those held through groups, once per execution.
 *
 * Okta may refuse such a look-up for some users, whom the token may not see. So each refusal is followed by a look-up
 * of the witness, a user whose roles could be read at the start: if that is refused too, the guard can't be checked any
 * more.
 */
export class RoleChecks {
  readonly #parts: LookupParts
  readonly #witness: string | null
  readonly #free = new Set<string>()
  /** Of these users, those of whom no task has ended since. */
  readonly #ahead = new Set<string>()
  #looked = 0
  readonly #underWay = new Map<string, Promise<RoleFinding>>()

  private constructor(parts: LookupParts, witness: string | null) {
    this.#parts = parts
    this.#witness = witness
  }

  /**
   * Begins with a look-up of the witness.
   *
   * @param witness the id of a user whom Okta has shown; null if there is none
   * @throws RunStopped if that user's roles can't be read
   */
  static async begin(parts: LookupParts, witness: string | null): Promise<RoleChecks> {
    const checks = new RoleChecks(parts, witness)
    await checks.#askWitness()
    return checks
  }

  /**
   * The admin roles of a user.
   *
   * @throws RunStopped if nobody's roles can be read, and as {@link pacedGet} does
   */
  async of(userId: string): Promise<RoleFinding> {
    if (this.#free.has(userId)) return none
    const underWay = this.#underWay.get(userId)
    if (underWay !== undefined) return await underWay
    const looking = this.#look(userId)
    this.#underWay.set(userId, looking)
    try {
      const finding = await looking
      this.#looked++
      if (finding.kind !== 'none') return finding
      this.#free.add(userId)
      this.#ahead.add(userId)
      return finding
    } finally {
      this.#underWay.delete(userId)
    }
  }

  /** A task of a user has ended. */
  ended(userId: string | null): void {
    if (userId !== null) this.#ahead.delete(userId)
  }

  /**
   * How many look-ups are still to come, at most.
   *
   * @param users whose tasks were left when the execution began
   * @param tasks that are left now
   */
  left(users: number, tasks: number): number {
    return Math.max(0, Math.min(users - this.#looked, tasks - this.#ahead.size))
  }

  async #look(userId: string): Promise<RoleFinding> {
    const got = await pacedGet(this.#parts, listRolesRequest(userId), { certain: true })
    const what = `the admin roles of user ${userId}`
    if ('failed' in got) {
      // An answer about this user shows that Okta answers such questions.
      if (got.outcome !== 'not_found') await this.#askWitness(describeAnswer(got.failed))
      return failedRead(got.outcome, got.failed, got.outcome === 'not_found' ? `user ${userId}` : what)
    }
    const page = parseListPage(got.found)
    if (page === null) return failedRead('refused', got.found, what, "Okta's answer was not a list of roles")
    const [role] = page.entries
    if (role === undefined && page.next !== null)
      return failedRead('refused', got.found, what, 'its list of roles is empty and continues elsewhere')
    if (role === undefined) return none
    const { label, type, assignmentType } = role
    const name = [label, type].find((text) => typeof text === 'string') ?? ''
    const through = assignmentType === 'GROUP' ? ' through a group' : ''
    return { kind: 'protected', verdict: adminIsProtected(`the admin role ${name}${through}`) }
  }

  /** @param refusal why somebody else's roles could not be read; absent at the start */
  async #askWitness(refusal?: string): Promise<void> {
    const { stop } = this.#parts
    const stopped = (unchecked: Unchecked) => stop.because(adminsUnchecked(unchecked))
    if (this.#witness === null) {
      if (refusal === undefined) return
      throw stopped({ why: refusal, isUnknown: false })
    }
    const got = await pacedGet(this.#parts, listRolesRequest(this.#witness), { certain: true })
    // Okta has shown the witness, so a 404 means that Okta does not know this kind of look-up.
    if (!('failed' in got)) return
    const isUnknown = got.failed.kind === 'answered' && got.failed.httpStatus === 404
    throw stopped({ why: describeAnswer(got.failed), isUnknown })
  }
}
