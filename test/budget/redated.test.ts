import { expect, it } from 'vitest'
import { newBudget, redated } from '../../src/budget/budget-state.ts'
import { createLocalLedger } from '../../src/budget/local-ledger.ts'
import { Pacer } from '../../src/budget/pacer.ts'
import { lifecycleBucket } from '../../src/okta/bucket.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { answerOf, noAnswer } from '../okta/answers.ts'

const okta = 1_772_445_600_000
const need = { workLeft: 10, silent: 0 }

it.each([
  ['ahead of', 600_000],
  ['behind', -600_000],
])('a budget that was dated by a clock %s Okta’s keeps its waits once that is known', async (_, off) => {
  const ledger = createLocalLedger({ share: 1, earlierSends: () => [] })
  for (const at of [0, 3_000]) {
    const [permit] = await ledger.lease(lifecycleBucket, 1, need, okta + off + at)
    expect(permit?.probe).toBe(true)
    if (permit !== undefined) ledger.settle(lifecycleBucket, permit, { kind: 'lost' }, okta + off + at + 10)
  }
  ledger.redate(-off)
  // Two were lost, so the next one waits for 3 s.
  expect(ledger.room(lifecycleBucket, need, okta + 5_900).available).toBe(0)
  expect(ledger.room(lifecycleBucket, need, okta + 6_001).available).toBe(1)
  expect(ledger.budget(lifecycleBucket).lostUnseen).toEqual([okta, okta + 3_000])
})

it('a permit that was granted before is found again when its answer shows the time', async () => {
  const ledger = createLocalLedger({ share: 1, earlierSends: () => [] })
  const [permit] = await ledger.lease(lifecycleBucket, 1, need, okta + 90_000)
  ledger.redate(-90_000)
  if (permit === undefined) throw new Error('No permit was leased.')
  const rateLimit = { limit: 10, remaining: 9, reset: okta / 1000 + 60 }
  ledger.settle(lifecycleBucket, permit, { kind: 'answered', rateLimit }, okta + 500)
  const { probedAt, probesInFlight, unattributed, window } = ledger.budget(lifecycleBucket)
  expect({ probedAt, probesInFlight, unattributed }).toEqual({
    probedAt: null,
    probesInFlight: 0,
    unattributed: [],
  })
  expect(window?.spent).toBe(1)
})

it('what was dated by Okta’s time already stays as it is', () => {
  const state = newBudget(0.5, [okta, okta + 1], 10)
  expect(redated(state, 90_000)).toEqual(state)
})

it('the next request does not wait for as long as this machine’s clock was ahead', async () => {
  const time = { now: 0, ahead: 90_000 }
  const clock = new OktaClock(
    () => time.now,
    () => okta + time.now + time.ahead,
  )
  const ledger = createLocalLedger({ share: 1, earlierSends: () => [] })
  const pacer = new Pacer({ concurrency: 1, clock, ledger, workLeft: () => 3 })
  const ask = (send: () => void): Promise<unknown> =>
    pacer.request(lifecycleBucket, {
      send: async (mayLeave) => {
        mayLeave()
        send()
        return sent++ < 1 ? noAnswer(true) : answerOf(200)
      },
    })
  let sent = 0
  await ask(() => {})
  // Meanwhile an answer of another bucket shows the time.
  time.now = 10
  clock.observe(new Date(okta).toUTCString(), 0, 10)
  expect(clock.correctionMs).toBeLessThan(-89_000)
  await ask(() => {})
  expect(sent).toBe(2)
  expect(ledger.budget(lifecycleBucket).lostUnseen).toEqual([okta - 10])
  pacer.stop()
})
