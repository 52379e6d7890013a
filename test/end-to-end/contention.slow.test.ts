import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  journalOf,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

/** `FULL_KILLS=1`: a hundred times, and a line about it. */
const full = process.env.FULL_KILLS === '1'
const rounds = full ? 100 : 25

const built = fileURLToPath(new URL('../../dist/', import.meta.url))

/**
 * What a process loads before the command itself: it loads all of the program's modules ahead, says that it is ready, and
 * lets the command begin at the very moment that the file `gate` names.
 */
function gateKeeper(gate: string): string {
  const modules = readdirSync(built).filter((name) => name.endsWith('.js') && name !== 'main.js')
  const urls = modules.map((name) => pathToFileURL(join(built, name)).href)
  return `
import { existsSync, readFileSync } from 'node:fs'
for (const url of ${JSON.stringify(urls)}) await import(url)
process.stderr.write('ready\\n')
const still = new Int32Array(new SharedArrayBuffer(4))
while (!existsSync(${JSON.stringify(gate)})) Atomics.wait(still, 0, 0, 1)
const moment = Number(readFileSync(${JSON.stringify(gate)}, 'utf8'))
while (Date.now() < moment);
`
}

async function executionsOf(place: Workplace): Promise<number> {
  return (await journalOf(place)).filter(({ event }) => event === 'execution').length
}

it(`lets exactly one of two resumes work that begin in the same millisecond, ${rounds} times`, {
  timeout: 300_000,
}, async () => {
  await withWorkplace(async (place) => {
    // Far more than all rounds together can do.
    const users = makeUsers({ count: 60 + rounds * 10, factors: 1 })
    const org = await place.org({ users, latencyMs: 40 })
    const impatient = { OKTA_CLIENT_REQUESTTIMEOUT: '2' }
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const first = place.start(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended], {
      env: impatient,
    })
    await org.waitUntil(() => Object.keys(org.applied).length > 0)
    first.kill('SIGKILL')
    await first.ended

    let firstOfBoth = 0
    for (let round = 1; round <= rounds; round += 1) {
      const gate = join(place.directory, `gate-${round}`)
      await place.write(`keeper-${round}.mjs`, gateKeeper(gate))
      const keeper = pathToFileURL(join(place.directory, `keeper-${round}.mjs`)).href
      const env = { ...impatient, NODE_OPTIONS: `--import=${keeper}` }
      const both = [1, 2].map(() => place.start(org, ['resume', runId, '--yes', '--quiet'], { env }))
      await Promise.all(both.map((cli) => cli.says(/ready/)))
      const executions = await executionsOf(place)
      await place.write(`gate-${round}`, String(Date.now() + 20))

      const { loser, winner } = await Promise.race(
        both.map(async (cli, index) => {
          await cli.ended
          return { loser: cli, winner: both[1 - index] as Cli }
        }),
      )
      if (loser === both[0]) firstOfBoth += 1
      const refused = await loser.ended
      expect(refused.code, `round ${round}: ${refused.stderr}`).toBe(5)
      expect(refused.stderr).toContain(`process ${winner.pid},`)
      expect(refused.stdout).toBe('')
      // The winner took over from one that was killed, and works: then it is killed itself.
      const before = org.requests.length
      await org.waitUntil(() => org.requests.slice(before).some(({ key }) => key !== 'me'))
      expect(winner.kill('SIGKILL')).toBe(true)
      expect(await winner.ended, `round ${round}`).toMatchObject({ code: null, signal: 'SIGKILL' })
      expect(await executionsOf(place), `round ${round}`).toBe(executions + 1)
    }
    if (full) console.log(`${rounds} pairs; the one started first was refused ${firstOfBoth} times`)

    const end = await place.run(org, ['resume', '--latest', '--quiet'], { env: impatient })
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} reset_factors`),
    )
    const results = (await place.results()).map(({ result }) => result)
    expect(countsOf(results)).toEqual({ succeeded: users.length })
  })
})
