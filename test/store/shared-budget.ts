import { Pacer } from '../../src/budget/pacer.ts'
import type { Answer } from '../../src/okta/answer.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { SharedLedger } from '../../src/store/shared-ledger.ts'
import type { ClaimMark, Tables } from '../../src/store/tables.ts'
import type { ModelCounter } from '../budget/model-server.ts'
import { lifecycle } from '../budget/pacing.ts'
import { answerOf } from '../okta/answers.ts'

interface LedgerOfOptions {
  readonly org: string
  readonly holder: string
  readonly share?: number
  readonly claim?: ClaimMark | null
  readonly clock?: OktaClock
}

/** A ledger of one run in a store. */
export function ledgerOf(
  tables: Tables,
  { org, holder, share = 0.5, claim = null, clock = new OktaClock() }: LedgerOfOptions,
): SharedLedger {
  return new SharedLedger({
    tables,
    org,
    principal: () => '00uowner',
    claim,
    holder,
    clock,
    facts: { share, earlierSends: () => [] },
  })
}

/** A run that always has something to send to an org of one counter. */
export interface EndlessRun {
  /** How many of its requests were answered in each window of the counter. */
  readonly sent: number[]
  /** What a request has thrown, except that the run stopped. */
  readonly errors: unknown[]
  stop(): Promise<void>
}

interface EndlessRunOptions {
  readonly org: string
  readonly holder: string
  /** How many requests it has to send at any time. */
  readonly rows: number
  /** How far it stays behind about Okta's time, in ms. By default it learns it from its answers, as runs do. */
  readonly behindMs?: number
}

/** Starts a run over a ledger in a store. */
export function startRun(
  tables: Tables,
  counter: ModelCounter,
  { org, holder, rows, behindMs }: EndlessRunOptions,
): EndlessRun {
  const clock = behindMs === undefined ? new OktaClock() : clockBehind(behindMs)
  const ledger = ledgerOf(tables, { org, holder, clock })
  const pacer = new Pacer({ concurrency: rows, clock, ledger, workLeft: () => 1_000_000 })
  const sent: number[] = []
  const errors: unknown[] = []
  let isStopped = false
  const send = async (): Promise<Answer> => {
    const sentAt = clock.mark()
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 40))
    const { refused, rateLimit, window } = counter.arrive(Date.now(), 'ours')
    if (!refused) sent[window] = (sent[window] ?? 0) + 1
    if (behindMs === undefined) clock.observe(new Date().toUTCString(), sentAt, clock.mark())
    return answerOf(refused ? 429 : 200, '{}', {
      'x-rate-limit-limit': String(rateLimit.limit),
      'x-rate-limit-remaining': String(rateLimit.remaining),
      'x-rate-limit-reset': String(rateLimit.reset),
    })
  }
  const row = async (): Promise<void> => {
    try {
      while (!isStopped) await pacer.request(lifecycle, { send })
    } catch (error) {
      if (!isStopped) errors.push(error)
    }
  }
  const all = Array.from({ length: rows }, row)
  return {
    sent,
    errors,
    stop: async () => {
      isStopped = true
      pacer.stop()
      await Promise.all(all)
      await ledger.close()
    },
  }
}

/** A clock as after answers that all came late in their second: the earliest that it can be is this far behind. */
function clockBehind(behindMs: number): OktaClock {
  const clock = new OktaClock()
  const mark = clock.mark()
  const now = Date.now()
  clock.observe(new Date(now).toUTCString(), mark - 2_000, mark + behindMs - (now % 1000))
  return clock
}
