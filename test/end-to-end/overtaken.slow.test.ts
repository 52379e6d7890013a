import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { randomFrom } from '../support/random.ts'
import { parseCsv, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const env = { OKTA_CLIENT_REQUESTTIMEOUT: '1' }

it.concurrent('failed.csv does not offer a row that a later row of its user has overtaken', {
  timeout: 120_000,
}, async () => {
  await withWorkplace(async (place) => {
    const [user, other] = makeUsers({ count: 2 })
    if (user === undefined || other === undefined) return
    let refuse = true
    const org = await place.org({
      users: [user, other],
      fault: ({ action, key }) =>
        refuse && action === 'suspend' && key === user.id ? { name: 'forbidden' } : null,
    })
    await place.write(
      'in.csv',
      usersCsv([
        [user.id, 'suspend'],
        [user.id, 'unsuspend'],
        [other.id, 'suspend'],
      ]),
    )
    await place.run(org, ['run', 'in.csv', ...unattended], { env })
    refuse = false
    const failed = await place.read(`runs/${runId}/failed.csv`)
    await place.run(org, ['run', `runs/${runId}/failed.csv`, '--yes', '--quiet'], { env })
    expect(org.org.users.get(user.id)?.status, failed).toBe('ACTIVE')
  })
})

it.concurrent('activation links over kills', { timeout: 200_000 }, async () => {
  await withWorkplace(async (place) => {
    const random = randomFrom(5)
    const users = makeUsers({ count: 60, status: 'PROVISIONED' })
    const org = await place.org({ users, latencyMs: 20 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.write(
      'job.yaml',
      'name: links\naction: reactivate\ninput: { file: in.csv }\nreport: { activation_links: links.csv }\n',
    )
    const directory = join(place.directory, 'runs', runId)
    const next = () =>
      existsSync(join(directory, 'run.json'))
        ? ['resume', runId, '--yes', '--quiet']
        : ['run', '--job', 'job.yaml', ...unattended]
    for (let kill = 0; kill < 6; kill++) {
      const cli = place.start(org, next(), { env })
      const at = org.requests.length + 3 + Math.floor(random() * 35)
      await Promise.race([cli.ended, org.waitUntil(() => org.requests.length >= at)])
      await delay(random() * 15)
      cli.kill('SIGKILL')
      await cli.ended
    }
    await place.run(org, next(), { env })
    const lines = await place.results()
    const links = parseCsv(await place.read('links.csv'))
    const leaks: string[] = []
    for (const name of await readdir(directory)) {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '')
      if (links.some((link) => text.includes(link.activation_token ?? '?'))) leaks.push(name)
    }
    expect(leaks).toEqual([])
    expect(Object.values(org.applied).every((count) => count === 1)).toBe(true)
    for (const line of lines) {
      const has = links.some((link) => link.okta_user_id === line.okta_user_id)
      if (line.result === 'succeeded')
        expect(has || /is lost/.test(line.message ?? ''), line.message).toBe(true)
      if (has) expect(line.result, line.message).toBe('succeeded')
    }
  })
})

it.concurrent('a living holder that looks like one of another host keeps its run', {
  timeout: 200_000,
}, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 60, factors: 1 })
    const org = await place.org({
      users,
      latencyMs: 300,
      rateLimit: { lifecycle: 40, read: 1000, windowSeconds: 8 },
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const first = place.start(
      org,
      ['run', 'in.csv', '--action', 'reset_factors', '--concurrency', '2', ...unattended],
      { env },
    )
    await org.waitUntil(() => Object.keys(org.applied).length >= 2)
    const lock = join(place.directory, 'runs', runId, 'lock')
    const name = (await readdir(lock)).find((file) => /^\d+$/.test(file)) ?? ''
    const holder = JSON.parse(await readFile(join(lock, name), 'utf8')) as object
    await writeFile(
      join(lock, name),
      JSON.stringify({
        ...holder,
        host: 'elsewhere',
        boot_id: '11111111-2222-3333-4444-555555555555',
        pid_namespace: 'pid:[1]',
        pid: 1,
      }),
    )
    const second = await place.run(org, ['resume', runId, '--yes', '--quiet'], { env })
    await place.run(null, ['status', runId])
    const end = await first.ended
    expect(second.code).toBe(5)
    expect(end.code).toBe(0)
    expect(Object.values(org.applied).every((count) => count === 1)).toBe(true)
  })
})

it.concurrent('short names and ids over resume and retry', { timeout: 200_000 }, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 20 })
    let refuse = true
    const org = await place.org({
      users,
      latencyMs: 20,
      fault: ({ action, attempt }) =>
        refuse && action === 'suspend' && attempt === 1 ? { name: 'forbidden' } : null,
    })
    const rows = users.flatMap(({ id, login }, n) => [
      [n % 2 ? id : login.split('@')[0], 'suspend'],
      [n % 3 ? login : id, 'unsuspend'],
      [n % 2 ? login.split('@')[0] : id, 'suspend'],
    ]) as [string, string][]
    await place.write('in.csv', usersCsv(rows))
    const cli = place.start(org, ['run', 'in.csv', '--short-names', '--accept-refusals', ...unattended], {
      env,
    })
    await Promise.race([
      cli.ended,
      org.waitUntil(() => org.requests.filter(({ action }) => action !== null).length >= 14),
    ])
    cli.kill('SIGINT')
    await cli.ended
    refuse = false
    await place.run(org, ['retry', runId, '--yes', '--quiet'], { env })
    const wrong = users.filter(({ id }) => org.org.users.get(id)?.status !== 'SUSPENDED').length
    expect(wrong).toBe(0)
  })
})
