import * as z from 'zod'
import { type Action, actionNames } from '../../okta/actions.ts'
import { type CallKind, type Fault, type FaultName, faultNames, faults } from './faults.ts'

const rule = z.strictObject({
  fault: z.enum(faultNames as [FaultName, ...FaultName[]]),
  /** An id, a login or a short name, however the calls name the user. Default: any user. */
  user: z.string().min(1).optional(),
  /** Default: any of the seven. */
  action: z.enum(actionNames).optional(),
  /** Which calls; `all` includes reads. Default: the seven actions. */
  on: z.enum(['lifecycle', 'writes', 'reads', 'all']).default('lifecycle'),
  /** How many calls it hits; null: every one until the rule is removed. */
  times: z.int().min(1).nullable().default(1),
  /** How many calls it lets pass first. */
  after: z.int().min(0).default(0),
})

/** What a test orders: one rule, or several under `faults`. */
export const faultOrder = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && 'faults' in value ? value : { faults: [value] }),
  z.strictObject({ faults: z.array(rule).min(1) }),
)

export type FaultRule = z.infer<typeof rule>

/** A rule, and how far it has been used up. */
export interface FaultRuleState extends FaultRule {
  /** Calls that it will still hit; null: without end. */
  readonly left: number | null
  readonly hits: number
}

/** A call as the rules see it. */
export interface RuledCall {
  readonly kind: CallKind
  readonly action: Action | null
  /** Whether a key names the user whom the call is about. */
  isAbout(key: string): boolean
}

const kinds: Readonly<Record<FaultRule['on'], readonly CallKind[]>> = {
  lifecycle: ['lifecycle'],
  writes: ['lifecycle', 'write'],
  reads: ['read'],
  all: ['lifecycle', 'write', 'read'],
}

function applies(one: FaultRule, call: RuledCall): boolean {
  if (one.action !== undefined && one.action !== call.action) return false
  return kinds[one.on].includes(call.kind) && (one.user === undefined || call.isAbout(one.user))
}

/** Faults that are ordered while the sandbox runs. The oldest rule that applies to a call decides. */
export class FaultRules {
  #rules: FaultRuleState[] = []

  /** Adds rules after the existing ones. */
  add(rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((one) => ({ ...one, left: one.times, hits: 0 })))
  }

  clear(): void {
    this.#rules = []
  }

  /** All rules, including those that have no calls left to hit. */
  list(): readonly FaultRuleState[] {
    return this.#rules
  }

  /** The fault that a call meets, or null. */
  choose(call: RuledCall): Fault | null {
    if (this.#rules.length === 0) return null
    const index = this.#rules.findIndex((one) => one.left !== 0 && applies(one, call))
    const found = this.#rules[index]
    if (found === undefined) return null
    if (found.after > 0) {
      this.#rules[index] = { ...found, after: found.after - 1 }
      return null
    }
    this.#rules[index] = { ...found, left: found.left === null ? null : found.left - 1, hits: found.hits + 1 }
    return faults[found.fault]
  }
}
