import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import { type ForeignUser, makeUsers } from '../support/foreign-org/user.ts'
import { parseCsv, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** A run whose reactivate was applied without an answer, and whose repeat Okta turns away until it is healed. */
async function withRepeatUnderWay(place: Workplace, user: ForeignUser) {
  let healed = false
  const org = await place.org({
    users: [user],
    fault: ({ action, attempt }): Fault | null => {
      if (healed || action !== 'reactivate') return null
      return attempt === 1 ? { name: 'dropAfter' } : { name: 'readOnly' }
    },
  })
  await place.write(
    'job.yaml',
    'name: twice\naction: reactivate\ninput: { file: in.csv }\noptions: { in_doubt: retry }\n',
  )
  await place.write('in.csv', usersCsv([user.id]))
  const cli = place.start(org, ['run', '--job', 'job.yaml', ...unattended], {
    env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' },
  })
  await org.waitUntil(() => org.requests.filter(({ action }) => action !== null).length >= 2)
  return {
    org,
    cli,
    heal: () => {
      healed = true
    },
  }
}

it('without reads, retry does not take a row for the duplicate of one that was superseded', {
  timeout: 60_000,
}, async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, status: 'SUSPENDED' })
    if (user === undefined) return
    let broken = true
    let suspends = 0
    const org = await place.org({
      users: [user],
      fault: ({ action }): Fault | null => {
        if (!broken || action !== 'suspend') return null
        return ++suspends === 1 ? { name: 'forbidden' } : { name: 'readOnly' }
      },
    })
    // suspend (refused), unsuspend (done), suspend (not run): the input leaves the user SUSPENDED.
    await place.write(
      'in.csv',
      usersCsv([
        [user.id, 'suspend'],
        [user.id, 'unsuspend'],
        [user.id, 'suspend'],
      ]),
    )
    const cli = place.start(org, ['run', 'in.csv', '--no-read', '--accept-refusals', ...unattended], {
      env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' },
    })
    await org.waitUntil(() => suspends >= 2)
    await delay(100)
    cli.kill('SIGINT')
    await cli.ended
    broken = false
    await place.run(org, ['retry', runId, '--yes', '--quiet'])
    expect(org.org.users.get(user.id)?.status).toBe('SUSPENDED')
  })
})

it('retry of retry keeps how often a reactivate was repeated, and --in-doubt keep is obeyed', {
  timeout: 60_000,
}, async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, status: 'PROVISIONED' })
    if (user === undefined) return
    const { org, cli, heal } = await withRepeatUnderWay(place, user)
    await delay(100)
    cli.kill('SIGINT')
    await cli.ended
    heal()
    await place.run(org, ['retry', runId, '--yes', '--quiet', '--in-doubt', 'keep'])
    expect(org.applied).toEqual({ [`${user.id} reactivate`]: 1 })
  })
})

it('after a repeat was decided, a resume that can not read the user does not call it failed', {
  timeout: 60_000,
}, async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, status: 'PROVISIONED' })
    if (user === undefined) return
    const { org, cli, heal } = await withRepeatUnderWay(place, user)
    await delay(100)
    cli.kill('SIGKILL')
    await cli.ended
    // The person has followed the link of the first call meanwhile.
    const known = org.org.users.get(user.id)
    if (known !== undefined)
      Object.assign(known, { status: 'ACTIVE', statusChanged: new Date().toISOString() })
    heal()
    await place.run(org, ['resume', runId, '--yes', '--quiet'], {
      env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' },
    })
    const [line] = await place.results()
    expect(line?.result).not.toBe('failed')
  })
})

it('links of another run with the same name are no evidence', { timeout: 60_000 }, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2, status: 'PROVISIONED' })
    const [one, two] = users
    if (one === undefined || two === undefined) return
    let drop = false
    const org = await place.org({
      users,
      fault: ({ action }) => (drop && action !== null ? { name: 'dropBefore' } : null),
    })
    const job = (file: string) =>
      `name: links\naction: reactivate\ninput: { file: ${file} }\nreport: { activation_links: links.csv }\n`
    await place.write('a.csv', usersCsv([one.id]))
    await place.write('b.csv', usersCsv([two.id]))
    await place.write('a.yaml', job('a.csv'))
    await place.write('b.yaml', job('b.csv'))
    const env = { OKTA_CLIENT_REQUESTTIMEOUT: '1' }
    await place.run(
      org,
      ['run', '--job', 'a.yaml', '--yes', '--quiet', '--run-id', 'nightly', '--runs-dir', 'one'],
      { env },
    )
    drop = true
    await place.run(
      org,
      ['run', '--job', 'b.yaml', '--yes', '--quiet', '--run-id', 'nightly', '--runs-dir', 'two'],
      { env },
    )
    const [line] = parseCsv(await place.read('two/nightly/results.csv'))
    expect(line?.result).not.toBe('succeeded')
  })
})
