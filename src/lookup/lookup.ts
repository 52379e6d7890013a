import type { Ledger, LedgerFacts } from '../budget/ledger.ts'
import { createLocalLedger } from '../budget/local-ledger.ts'
import { Pacer, type PacerOptions } from '../budget/pacer.ts'
import type { Tally } from '../budget/tally.ts'
import type { StopSwitch } from '../messages/stop.ts'
import { type Answer, isOktas } from '../okta/answer.ts'
import type { OktaClient } from '../okta/client.ts'
import type { OktaClock } from '../okta/clock.ts'
import { credentialsRefusedBy } from '../rules/stop-reasons.ts'
import { AwakeTime, tickMs } from './awake-time.ts'
import { ForeignLimits } from './foreign-limits.ts'
import type { LookupParts } from './paced-get.ts'
import { OktaPatience } from './patience.ts'
import { RowWaits } from './waits.ts'

/** After this time without an answer, a call no longer keeps its row's place among the rows at work. */
const hangsAfterMs = 1_000

export interface LookupOptions
  extends Pick<PacerOptions, 'concurrency' | 'workLeft' | 'onPermits' | 'onLimit'>,
    LedgerFacts {
  readonly orgUrl: string
  readonly send: OktaClient['send']
  readonly clock: OktaClock
  readonly stop: StopSwitch
  readonly tally: Tally
  readonly say: LookupParts['say']
  readonly parked?: LookupParts['parked']
  /** Opens the ledger that its budget is kept in; without it, it is kept in this process alone. */
  readonly openLedger?: ((facts: LedgerFacts) => Ledger) | undefined
}

/** Sets up how an execution or a plan asks Okta: with one pacer, one patience, and one check of each answer. */
export function openLookup(options: LookupOptions): LookupParts {
  const { stop, clock, tally, parked = (wait) => wait() } = options
  const awake = new AwakeTime()
  const patience = new OktaPatience(() => awake.now())
  let underWay = 0
  let ticking: NodeJS.Timeout | undefined
  const ledger = (options.openLedger ?? createLocalLedger)(options)
  const pacer = new Pacer({ ...options, ledger })
  stop.signal.addEventListener('abort', () => pacer.stop(), { once: true })
  const limits = new ForeignLimits()
  return {
    orgUrl: options.orgUrl,
    async send(request, mayLeave) {
      if (underWay++ === 0) {
        awake.begin()
        ticking = setInterval(() => awake.now(), tickMs)
      }
      patience.asked()
      const answering = options.send(request, mayLeave)
      // A row with a hanging call gives its place to another row.
      const hanging = setTimeout(() => void parked(() => answering), hangsAfterMs)
      let answer: Answer
      try {
        answer = await answering
      } finally {
        clearTimeout(hanging)
        if (--underWay === 0) clearInterval(ticking)
      }
      // The answer is checked at once, before the slot is free for another call that would be refused as well.
      const refused = credentialsRefusedBy(answer)
      if (refused !== null) stop.turn(refused)
      if (answer.kind === 'answered') {
        if (isOktas(answer)) patience.heard()
        const limited = limits.take(request.bucket, answer)
        if (limited !== null) stop.turn(limited)
      }
      return answer
    },
    pacer,
    clock,
    stop,
    tally,
    patience,
    say: options.say,
    parked,
    waits: new RowWaits(),
    random: Math.random,
  }
}
