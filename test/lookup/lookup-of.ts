import { onTestFinished } from 'vitest'
import { createLocalLedger } from '../../src/budget/local-ledger.ts'
import { Pacer } from '../../src/budget/pacer.ts'
import { Tally } from '../../src/budget/tally.ts'
import type { LookupParts } from '../../src/lookup/paced-get.ts'
import { OktaPatience } from '../../src/lookup/patience.ts'
import { RowWaits } from '../../src/lookup/waits.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import { type Answer, isOktas } from '../../src/okta/answer.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import type { OktaRequest } from '../../src/okta/request.ts'

/** Okta's time when a stub begins. */
const begin = 1_772_445_600_000

/** A switch whose waits take no time but on the clock that it keeps. */
class VirtualTime extends StopSwitch {
  now = 0
  readonly waits: number[] = []

  override async wait(milliseconds: number): Promise<void> {
    this.check()
    this.waits.push(milliseconds)
    this.now += Math.max(0, milliseconds)
    await new Promise((resolve) => setImmediate(resolve))
    this.check()
  }
}

export interface LookupOf {
  readonly parts: LookupParts
  readonly time: VirtualTime
  /** The paths that were asked for. */
  readonly asked: string[]
}

/**
 * What looking up needs, over a stub: a real pacer, and a time that passes by waiting alone.
 *
 * @param timeIsTold whether an answer has shown Okta's time
 */
export function lookupOf(
  send: (request: OktaRequest) => Answer | Promise<Answer>,
  timeIsTold = true,
): LookupOf {
  const time = new VirtualTime()
  const clock = new OktaClock(
    () => time.now,
    () => begin + time.now,
  )
  if (timeIsTold) clock.observe(new Date(begin).toUTCString(), 0, 0)
  const patience = new OktaPatience(() => time.now)
  const pacer = new Pacer({
    concurrency: 4,
    clock,
    // Where no limit was ever seen, the pacer waits, by a clock of its own, after each answer that shows none.
    ledger: createLocalLedger({ share: 1, earlierSends: () => [], earlierLimit: () => 600 }),
    workLeft: () => 0,
  })
  time.signal.addEventListener('abort', () => pacer.stop())
  onTestFinished(() => pacer.stop())
  const asked: string[] = []
  const parts: LookupParts = {
    orgUrl: 'https://example.okta.com',
    send: async (request) => {
      asked.push(request.path)
      const answer = await send(request)
      if (answer.kind === 'answered' && isOktas(answer)) patience.heard()
      return answer
    },
    pacer,
    clock,
    stop: time,
    tally: new Tally(),
    patience,
    say: () => {},
    parked: (wait) => wait(),
    waits: new RowWaits(),
    random: () => 0.5,
  }
  return { parts, time, asked }
}
