import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const again = ['--yes', '--quiet'] as const

async function runFile(place: Workplace, run: string): Promise<Record<string, unknown>> {
  return JSON.parse(await place.read(`runs/${run}/run.json`)) as Record<string, unknown>
}

it('loses nothing and does nothing twice where the retry itself is killed, whenever that is', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 150, factors: 1 })
    const org = await place.org({ users, latencyMs: 40 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const first = place.start(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended], impatient)
    await org.waitUntil(() => Object.keys(org.applied).length >= 10)
    first.kill('SIGKILL')
    await first.ended
    let current = runId
    // Before anything is laid down, while it is, and at work.
    for (const delayMs of [150, 330, 370, 400, 420, 440, 460, 480, 500, 700, 900]) {
      const cli = place.start(org, [...(await nextOf(place, current)), ...again], impatient)
      // Each kill is tied to a delay, not to an event.
      await Promise.race([cli.ended, sleep(delayMs)])
      cli.kill('SIGKILL')
      await cli.ended
      current = await goneOnBy(place, current)
    }
    const end = await place.run(org, [...(await nextOf(place, current)), ...again], impatient)
    expect(end.code, end.stderr + end.stdout).toBe(0)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} reset_factors`),
    )
  })
})

/** The run that goes on from a run, where one was begun; else the run itself. */
async function goneOnBy(place: Workplace, run: string): Promise<string> {
  const { closed_by: by } = await runFile(place, run)
  if (typeof by !== 'string') return run
  return await runFile(place, by).then(
    () => by,
    () => run,
  )
}

/** A retry at first, and of a run that a retry has begun its resume. */
async function nextOf(place: Workplace, run: string): Promise<readonly string[]> {
  const { retry_of: of } = await runFile(place, run)
  return of === undefined ? ['retry', run] : ['resume', run]
}
