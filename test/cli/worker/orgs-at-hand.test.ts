import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import type { RunOrg } from '../../../src/cli/org.ts'
import { OrgsAtHand, type Welcome } from '../../../src/cli/worker/orgs-at-hand.ts'
import { exitCodes } from '../../../src/messages/known-error.ts'
import type { StopReason } from '../../../src/messages/stop.ts'

const [first, second] = ['https://first.example.com', 'https://second.example.com']
const reason: StopReason = {
  state: 'stopped',
  exitCode: exitCodes.refusedByOkta,
  message: 'Okta refuses the credentials.',
  advice: { kind: 'fix', fix: 'Set a valid token' },
}

const accepted: Welcome = { kind: 'accepted' }
const refusal: Welcome = { kind: 'refused', reason }
const unknown: Welcome = { kind: 'unknown' }

function orgOf(orgUrl: string): RunOrg {
  // Nothing of the connection is used.
  return { orgUrl, connection: {} as RunOrg['connection'], keep: async () => {}, close: async () => {} }
}

/** Two orgs, and what they answer when they are asked. */
function handOf(answers: Record<string, Welcome[]>) {
  const said: string[] = []
  let opened = 0
  const hand = new OrgsAtHand({
    orgs: new Map([first, second].map((url) => [url, orgOf(url)])),
    ask: async ({ orgUrl }) => answers[orgUrl]?.shift() ?? accepted,
    say: (line) => said.push(line),
    onOpen: () => opened++,
  })
  return { hand, said, opened: () => opened, urls: () => [...hand.open.keys()] }
}

afterEach(() => {
  vi.useRealTimers()
})

it('a worker takes nothing in an org before that has accepted its credentials, and asks again where it refuses', async () => {
  const { hand, said, urls } = handOf({ [first]: [refusal, refusal, unknown, accepted] })
  expect(urls()).toEqual([])
  await hand.begin()
  expect(urls()).toEqual([second])
  expect(said).toEqual([
    expect.stringMatching(/^https:\/\/first.* refuses .*→ Set a valid token, then: start this/),
  ])
  const begun = performance.now()
  hand.look(begun + 1_000)
  await turn()
  hand.look(begun + 61_000)
  await turn()
  expect([urls(), said.length]).toEqual([[second], 1])
  // To hear nothing is not to be accepted.
  hand.look(begun + 130_000)
  await turn()
  expect([urls(), said.length]).toEqual([[second], 1])
  hand.look(begun + 200_000)
  await turn()
  expect(urls()).toEqual([first, second])
  expect(said.at(-1)).toBe(`${first}: Okta accepts the credentials again.`)
})

it('a worker takes nothing more in an org in which a run has ended because Okta refused, until that accepts', async () => {
  const { hand, urls, opened } = handOf({ [first]: [unknown, refusal] })
  await hand.begin()
  expect([urls(), opened()]).toEqual([[first, second], 2])
  hand.doubt(first)
  hand.doubt(second)
  expect(urls()).toEqual([])
  await turn()
  // Okta has refused something else there: the credentials are well.
  expect([urls(), opened()]).toEqual([[second], 3])
})

it('an org that does not answer keeps the others waiting for a moment only', async () => {
  vi.useFakeTimers()
  const hand = new OrgsAtHand({
    orgs: new Map([first, second].map((url) => [url, orgOf(url)])),
    ask: async ({ orgUrl }) => (orgUrl === first ? await new Promise<Welcome>(() => {}) : accepted),
    say: () => {},
    onOpen: () => {},
  })
  const begun = hand.begin()
  await vi.advanceTimersByTimeAsync(3_000)
  await begun
  expect([...hand.open.keys()]).toEqual([second])
})
