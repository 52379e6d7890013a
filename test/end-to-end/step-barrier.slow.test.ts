import { expect, it } from 'vitest'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { foreignStatuses, makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const job = `name: leavers
input: { file: in.csv }
steps: [{ action: suspend, if_failed: go_on }, deactivate]
order: step
pace: { concurrency: 4 }
`
/** Five users of each status. Those who are ACTIVE, PROVISIONED or of an expired password are suspended. */
const users = makeUsers({ count: 40, status: foreignStatuses })
const suspended = 15

/** Which calls of the first step had no answer yet when the first one of the second arrived; null while none has. */
interface Watch {
  openAtSecondStep: number | null
}

function watching(requests: () => readonly LoggedRequest[], watch: Watch) {
  return ({ action }: LoggedRequest): null => {
    if (action === 'deactivate') {
      watch.openAtSecondStep ??= requests().filter(
        (call) => call.action === 'suspend' && call.status === null,
      ).length
    }
    return null
  }
}

function expectBarrier({ requests }: ForeignOrg, watch: Watch): void {
  const numbersOf = (action: string): number[] =>
    requests.flatMap((call) => (call.action === action ? [call.number] : []))
  expect(Math.max(...numbersOf('suspend'))).toBeLessThan(Math.min(...numbersOf('deactivate')))
  expect(watch.openAtSecondStep).toBe(0)
}

// Within the first step, at its last calls, and within the second.
it.each([[3], [9], [suspended - 1], [suspended], [suspended + 6]])(
  'with order: step no second step begins before the last first one has ended, also over a kill after %i calls',
  async (calls) => {
    await withWorkplace(async (place) => {
      const watch: Watch = { openAtSecondStep: null }
      let requests: readonly LoggedRequest[] = []
      const org = await place.org({ users, latencyMs: 60, fault: watching(() => requests, watch) })
      requests = org.requests
      await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
      await place.write('job.yaml', job)
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(org, ['run', '--job', 'job.yaml', ...unattended], impatient)
      await org.waitUntil(() => org.org.appliedInOrder.length >= calls)
      cli.kill('SIGKILL')
      await cli.ended
      const killedIn = watch.openAtSecondStep === null ? 1 : 2
      expect(killedIn).toBe(calls > suspended ? 2 : killedIn)
      const end = await place.run(org, ['resume', runId, '--quiet'], impatient)
      expect([0, 1], end.stderr).toContain(end.code)
      expectBarrier(org, watch)
      expect(Math.max(...Object.values(org.applied))).toBe(1)
      const doubtful = (await place.results()).filter(({ result }) => result === 'in_doubt')
      // A call in the second of the step before it can't always be told from it. Everybody else is off-boarded.
      const left = [...org.org.users.values()].filter(({ status }) => status !== 'DEPROVISIONED')
      expect(left.length).toBeLessThanOrEqual(doubtful.length)
      expect(doubtful.length).toBeLessThanOrEqual(4)
    })
  },
)
