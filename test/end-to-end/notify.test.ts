import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { notificationSchema, type RunNotification } from '../../src/notify/notification.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 3 })
const run = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]

async function orgOf(place: Workplace, notify: string) {
  const org = await place.org({ users })
  await place.write('in.csv', usersCsv([...users.map(({ id }) => id), 'nobody@example.com']))
  await place.write(
    'job.yaml',
    `name: nightly\naction: suspend\nguards: { unusual: off, max_users: 10 }\n${notify}\n`,
  )
  return org
}

/** A web address that takes notifications with a status. */
async function hook(status = 200): Promise<{ readonly url: string; readonly got: RunNotification[] }> {
  const got: RunNotification[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      got.push(notificationSchema.parse(JSON.parse(body)))
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/canaryPath`, got }
}

it('tells the end of a run and of its retry, and names nobody', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place, 'notify: {}')
    const { url, got } = await hook()
    const env = { env: { OKTA_LIFECYCLE_NOTIFY_URL: url } }
    expect((await place.runHere(org, run, env)).code).toBe(1)
    expect((await place.runHere(org, ['retry', '--latest', '--yes', '--quiet'], env)).code).toBe(1)
    expect(got).toHaveLength(2)
    expect(got[0]).toMatchObject({ job: 'nightly', exit_code: 1, results: { succeeded: 3, failed: 1 } })
    expect(got[1]?.retry_of).toBe(got[0]?.run_id)
    const summary = JSON.parse(await place.read(join('runs', got[0]?.run_id ?? '', 'summary.json')))
    expect(got[0]?.journal).toEqual(summary.journal)
    for (const { id, login } of users)
      expect(JSON.stringify(got)).not.toMatch(new RegExp(`${id}|${login}|nobody`))
  })
})

it('names those whom somebody must look at, where the job asks for it', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place, 'notify: { people: true, when: attention }')
    const { url, got } = await hook()
    const env = { env: { OKTA_LIFECYCLE_NOTIFY_URL: url } }
    expect((await place.runHere(org, run, env)).code).toBe(1)
    expect(got[0]?.problems).toMatchObject([{ row: 4, user: 'nobody@example.com', result: 'failed' }])
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    expect(
      (await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', '--yes', '--quiet'], env)).code,
    ).toBe(0)
    expect(got).toHaveLength(1)
  })
})

it('a notification that nobody takes changes nothing but a line', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place, 'notify: {}')
    const { url } = await hook(404)
    const end = await place.runHere(org, run, { env: { OKTA_LIFECYCLE_NOTIFY_URL: url } })
    expect(end.code).toBe(1)
    expect(end.stderr).toMatch(
      /The notification was not delivered to http:\/\/127\.0\.0\.1:\d+: it answered HTTP 404\./,
    )
    expect(end.stderr + end.stdout).not.toContain('canaryPath')
    const runs = join(place.directory, 'runs')
    for (const name of await readdir(runs, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue
      expect(await readFile(join(name.parentPath, name.name), 'utf8'), name.name).not.toContain('canaryPath')
    }
  })
})

it('nothing is sent, by run, resume, retry or undo, while the address is missing', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place, 'notify: {}')
    const missing = /asks for notifications \(notify\), but OKTA_LIFECYCLE_NOTIFY_URL is not set/
    const refused = await place.runHere(org, run)
    expect([refused.code, org.requests.length]).toEqual([2, 0])
    expect(refused.stderr).toMatch(missing)
    const { url } = await hook()
    await place.runHere(org, run, { env: { OKTA_LIFECYCLE_NOTIFY_URL: url } })
    const before = org.requests.length
    for (const command of ['retry', 'undo']) {
      const end = await place.runHere(org, [command, '--latest', '--yes'])
      expect([end.code, org.requests.length], command).toEqual([2, before])
      expect(end.stderr).toMatch(missing)
    }
  })
})

it('a trial in the sandbox tells nobody', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place, 'notify: {}')
    expect((await place.runHere(org, [...run, '--sandbox'])).code).toBe(0)
  })
})
