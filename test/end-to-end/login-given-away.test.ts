import { describe, expect, it } from 'vitest'
import { giveLogin } from '../support/foreign-org/org.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { parseCsv, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** The login of the first user goes to the fifth, as when somebody of the same name joins. */
function giveAway({ org }: ForeignOrg): void {
  giveLogin(org, userIdOf(1), 'old1@example.com')
  giveLogin(org, userIdOf(5), loginOf(1))
}

async function newestRun(place: Workplace, ...known: readonly string[]): Promise<string> {
  const [name, ...others] = (await place.runs()).filter((one) => !known.includes(one))
  expect(others).toEqual([])
  return name ?? ''
}

it.each([
  ['failed', 'action: suspend'],
  ['failed at its first step', 'steps: [reset_factors, suspend]'],
])('a retry of a row that %s does not act on whoever has its login by now', async (_what, work) => {
  await withWorkplace(async (place) => {
    let isRefusing = true
    const org = await place.org({
      users: makeUsers({ count: 5, factors: 1 }),
      fault: ({ action, key }) =>
        isRefusing && action !== null && key === userIdOf(1) ? { name: 'forbidden' } : null,
    })
    await place.write('in.csv', usersCsv([loginOf(1), loginOf(2)]))
    await place.write('job.yaml', `name: leavers\n${work}\n`)
    const first = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(first.code, first.stderr).toBe(1)
    isRefusing = false
    giveAway(org)
    const applied = { ...org.applied }
    const known = [runId]
    // A retry of the retry knows it as well.
    for (const retried of [runId, null]) {
      const end = await place.runHere(org, ['retry', retried ?? known[1] ?? '', '--yes', '--quiet'])
      expect([end.code, org.applied], end.stderr).toEqual([1, applied])
      const retry = await newestRun(place, ...known)
      known.push(retry)
      const [line] = parseCsv(await place.read(`runs/${retry}/results.csv`))
      expect(line?.result).toBe('failed')
      expect(line?.message).toContain(
        `in run ${runId}, which this run retries, this row was for ${loginOf(1)} (${userIdOf(1)}), but Okta now shows another user for ${loginOf(1)}: ${loginOf(1)} (${userIdOf(5)})`,
      )
    }
  })
})

it('a retry goes on where the run that is retried never learned who is meant', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2 }) })
    await place.write('in.csv', usersCsv(['late@example.com']))
    const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(first.code, first.stderr).toBe(1)
    giveLogin(org.org, userIdOf(2), 'late@example.com')
    const end = await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
    expect([end.code, org.applied], end.stderr).toEqual([0, { [`${userIdOf(2)} suspend`]: 1 }])
  })
})

function shortOf(number: number): string {
  return loginOf(number).replace(/@.*/, '')
}

function inputOf(first: string, second: string): string {
  return `user,action\n${first},reset_factors\n00uNobody00000000000,suspend\n${second},deactivate\n`
}

/** Rows go one at a time, and the first failure stops the run. */
const careful =
  'name: leavers\ninput: { short_names: true }\npace: { concurrency: 1 }\nguards: { max_failures: 0 }\n'

describe('of two rows with one key, the second one does not act on whoever has its login by now', () => {
  it('while the run is at work, and its failed.csv can not be fed unread', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 5, factors: 1 }),
        fault: ({ action, key }) => {
          if (action !== null && key === userIdOf(1)) giveAway(org)
          return null
        },
      })
      await place.write('in.csv', inputOf(loginOf(1), loginOf(1)))
      const end = await place.runHere(org, ['run', 'in.csv', ...unattended])
      const applied = { [`${userIdOf(1)} reset_factors`]: 1 }
      expect([end.code, org.applied], end.stderr).toEqual([1, applied])
      const line = parseCsv(await place.read(`runs/${runId}/results.csv`))[2]
      expect(line?.result).toBe('failed')
      expect(line?.message).toContain(
        `in row 1 the name ${loginOf(1)} stood for ${loginOf(1)} (${userIdOf(1)}), but Okta now shows another user for ${loginOf(1)}: ${loginOf(1)} (${userIdOf(5)}); nothing was sent`,
      )
      const failed = await place.read(`runs/${runId}/failed.csv`)
      expect(parseCsv(failed).map(({ why }) => why)).toEqual([
        expect.stringMatching(/^failed: /),
        expect.stringMatching(/^not read: in row 1/),
      ])
      await place.write('again.csv', failed)
      const fed = await place.runHere(org, ['run', 'again.csv', '--run-id', 'fed', '--yes', '--quiet'])
      expect([fed.code, org.applied], fed.stderr).toEqual([2, applied])
      expect(fed.stderr).toContain('or it was not clear whom it means')
    })
  })

  it.each([
    ['resume', loginOf(1), loginOf(1)],
    ['retry', loginOf(1), loginOf(1)],
    ['resume', loginOf(1), shortOf(1)],
    ['retry', loginOf(1), shortOf(1)],
    ['retry', userIdOf(1), shortOf(1)],
    ['retry', userIdOf(1), loginOf(1)],
    ['retry', shortOf(1), loginOf(1)],
  ])('when %s goes on, after a row for %s, with one for %s', async (command, first, second) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 5, factors: 1 }) })
      await place.write('in.csv', inputOf(first, second))
      await place.write('job.yaml', careful)
      const begun = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      const applied = { ...org.applied }
      expect([begun.code, applied], begun.stderr).toEqual([3, { [`${userIdOf(1)} reset_factors`]: 1 }])
      giveAway(org)
      const end = await place.runHere(org, [command, runId, '--max-failures', '5', '--yes', '--quiet'])
      expect(org.applied[`${userIdOf(5)} deactivate`], end.stderr).toBeUndefined()
      expect(end.code, end.stderr).not.toBe(0)
      const run = command === 'resume' ? runId : await newestRun(place, runId)
      const line = parseCsv(await place.read(`runs/${run}/results.csv`)).at(-1)
      expect(line?.result).toBe('failed')
      expect(line?.message).toContain(`Okta now shows another user for ${second}`)
    })
  })
})

it('once a name is known to stand for somebody else, every row with it is marked in failed.csv', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 5, factors: 1 }),
      fault: ({ action, key }) => {
        if (action === null || key !== userIdOf(1)) return null
        giveAway(org)
        return { name: 'forbidden' }
      },
    })
    const rows = [`${loginOf(1)},suspend`, `${userIdOf(2)},suspend`, `${loginOf(1)},deactivate`]
    await place.write('in.csv', ['user,action', ...rows, ''].join('\n'))
    const end = await place.runHere(org, ['run', 'in.csv', ...unattended])
    expect([end.code, org.applied], end.stderr).toEqual([1, { [`${userIdOf(2)} suspend`]: 1 }])
    const failed = parseCsv(await place.read(`runs/${runId}/failed.csv`))
    expect(failed.map(({ why }) => why)).toEqual([
      expect.stringMatching(/^not read: .*no longer stands for whom it meant, as row 3 found out/),
      expect.stringMatching(/^not read: in row 1 the name/),
    ])
  })
})
