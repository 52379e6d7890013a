import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { fastClock } from '../support/fast-clock.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import {
  drip,
  huge,
  type Spoil,
  type SpoilingProxyOptions,
  startSpoilingProxy,
  whole,
} from '../support/spoiling-proxy.ts'
import {
  countsOf,
  expectAppliedOnce,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

/** What stands between us and Okta, and answers in Okta's stead. */
const page = '<!doctype html><html><title>Sign in to the guest network</title></html>'
const html = { 'content-type': 'text/html' }
const json = { 'content-type': 'application/json' }

/** Answers of which none tells whether the call was applied. Those that redirect lead to `elsewhere`. */
function spoiledAnswers(elsewhere: string): Readonly<Record<string, Spoil['answer']>> {
  const location = { location: `${elsewhere}/login?session=00SecretOfTheProxy` }
  return {
    'a page with 200': whole(200, page, html),
    'a page with 403': whole(403, page, html),
    'a page with 404': whole(404, page, html),
    'a page with 407': whole(407, page, html),
    'a page with 502': whole(502, page, html),
    'JSON cut short': whole(200, '{"activationUrl":"https', json),
    'JSON of somebody else': whole(200, '{"status":"please sign in"}', json),
    'a refusal of somebody else': whole(403, '{"error":"blocked by policy"}', json),
    'an empty 200': whole(200, ''),
    'a 204': whole(204, ''),
    'a 301 to another host': whole(301, '', location),
    'a 302 within the host': whole(302, '', { location: '/login' }),
    'a 307 to another host': whole(307, '', location),
    'a slow drip': drip,
    'a body of 100 MB': huge,
  }
}

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }

/** A host that must never hear of us: what it hears is kept. */
async function withElsewhere(work: (url: string, heard: readonly string[]) => Promise<void>): Promise<void> {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard)
    expect(heard).toEqual([])
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

async function withProxy(
  options: SpoilingProxyOptions,
  work: (proxy: Awaited<ReturnType<typeof startSpoilingProxy>>) => Promise<void>,
): Promise<void> {
  const proxy = await startSpoilingProxy(options)
  try {
    await work(proxy)
  } finally {
    await proxy.close()
  }
}

/** What a user must never be shown. */
function expectForPeople(output: string): void {
  expect(output).not.toMatch(/\n\s+at /)
  expect(output).not.toMatch(/bug in okta-lifecycle/)
  expect(output).not.toContain('00SecretOfTheProxy')
}

/** The most memory that a command held at once, in MB; null where the system does not tell. */
async function peakMemory(cli: Cli): Promise<number | null> {
  let ended = false
  void cli.ended.then(() => {
    ended = true
  })
  let peak: number | null = null
  while (!ended) {
    // The system keeps the peak itself; only the last look before the end counts.
    const status = await readFile(`/proc/${cli.pid}/status`, 'utf8').catch(() => '')
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
    if (kilobytes !== undefined) peak = Number(kilobytes) / 1024
    await delay(20)
  }
  return peak
}

async function expectLogWithoutSecrets(place: Workplace): Promise<void> {
  for (const name of ['run.log', 'journal.ndjson', 'results.csv']) {
    expect(await place.read(`runs/${runId}/${name}`), name).not.toContain('00SecretOfTheProxy')
  }
}

describe.concurrent('answers that are not Okta’s, before and after the call was applied', () => {
  it.each(['suspend', 'reset_factors', 'deactivate'])(
    '%s: every doubt is settled, each is applied once, nobody else hears of it',
    async (action) => {
      await withElsewhere(async (elsewhere) => {
        await withWorkplace(async (place) => {
          const answers = Object.values(spoiledAnswers(elsewhere))
          const users = makeUsers({ count: answers.length * 2, factors: 2 })
          const org = await place.org({ users })
          // Every answer comes to two users: the call of the first never reached the org, that of the second did.
          const spoils = new Map(
            users.map(({ id }, at): [string, Spoil] => [
              `/api/v1/users/${id}/lifecycle/${action}`,
              { passedOn: at % 2 === 1, answer: answers[Math.floor(at / 2)] ?? drip },
            ]),
          )
          const spoil: SpoilingProxyOptions['spoil'] = ({ path, attempt }) =>
            attempt === 1 ? (spoils.get(path.replace(/\?.*/, '')) ?? null) : null
          await withProxy({ org, spoil }, async (proxy) => {
            await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
            const end = await place.run(
              proxy,
              ['run', 'in.csv', '--action', action, ...unattended],
              impatient,
            )
            expect(end.code, end.stdout + end.stderr).toBe(0)
            expectForPeople(end.stdout + end.stderr)
            expectAppliedOnce(
              org.applied,
              users.map(({ id }) => `${id} ${action}`),
            )
            const lines = await place.results()
            expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: users.length })
            expect(lines.map(({ attempts }) => attempts)).toEqual(
              users.map((_, at) => (at % 2 === 1 ? '1' : '2')),
            )
            for (const line of lines.filter((_, at) => at % 2 === 1))
              expect(line.message).toMatch(/confirmed/)
            await expectLogWithoutSecrets(place)
          })
        })
      })
    },
  )

  it('suspend, of which none reaches the org any more though reads do, stops the run and fails nobody', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 40 })
      const org = await place.org({ users })
      let isAway = true
      const spoil = ({ method }: { method: string }): Spoil | null =>
        method === 'POST' && isAway && Object.keys(org.applied).length >= 10
          ? { passedOn: false, answer: whole(502, page, html) }
          : null
      await withProxy({ org, spoil }, async (proxy) => {
        await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
        const end = await place.run(proxy, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
        expect([end.code, end.stdout]).toEqual([
          3,
          expect.stringMatching(/No lifecycle call was carried out any more/),
        ])
        expectForPeople(end.stdout + end.stderr)
        const counts = countsOf((await place.results()).map(({ result }) => result))
        const left = ['succeeded', 'not_run', 'unsettled'].map((result) => counts[result] ?? 0)
        expect([counts.failed, left.reduce((sum, count) => sum + count, 0)]).toEqual([undefined, 40])
        isAway = false
        const resumed = await place.run(proxy, ['resume', runId, '--yes', '--quiet'], impatient)
        expect(resumed.code, resumed.stderr).toBe(0)
        expect(Object.values(org.applied)).toEqual(Array(40).fill(1))
      })
    })
  })

  it('reactivate, of which nothing tells, stays in doubt and is not sent again', async () => {
    await withElsewhere(async (elsewhere) => {
      await withWorkplace(async (place) => {
        const answers = Object.values(spoiledAnswers(elsewhere))
        const users = makeUsers({ count: answers.length, status: 'PROVISIONED' })
        const org = await place.org({ users })
        let calls = 0
        const spoil = ({ method }: { method: string }): Spoil | null =>
          method === 'POST' ? { passedOn: true, answer: answers[calls++ % answers.length] ?? drip } : null
        await withProxy({ org, spoil }, async (proxy) => {
          await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
          const end = await place.run(
            proxy,
            ['run', 'in.csv', '--action', 'reactivate', ...unattended],
            impatient,
          )
          expect(end.code, end.stdout + end.stderr).toBe(1)
          const results = (await place.results()).map(({ result }) => result)
          expect(countsOf(results)).toEqual({ in_doubt: users.length })
          expectAppliedOnce(
            org.applied,
            users.map(({ id }) => `${id} reactivate`),
          )
        })
      })
    })
  })
})

describe.concurrent('reads that are spoiled', () => {
  it('are done again, and every user has a true result', async () => {
    await withElsewhere(async (elsewhere) => {
      await withWorkplace(async (place) => {
        const answers = Object.values(spoiledAnswers(elsewhere))
        const users = makeUsers({ count: answers.length })
        const org = await place.org({ users })
        const spoils = new Map(users.map(({ id }, at) => [`/api/v1/users/${id}`, answers[at] ?? drip]))
        const spoil: SpoilingProxyOptions['spoil'] = ({ method, path, attempt }) => {
          const answer = spoils.get(path)
          if (method !== 'GET' || attempt > 1 || answer === undefined) return null
          return { passedOn: false, answer }
        }
        await withProxy({ org, spoil }, async (proxy) => {
          await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
          const end = await place.run(
            proxy,
            ['run', 'in.csv', '--action', 'suspend', ...unattended],
            impatient,
          )
          expectForPeople(end.stdout + end.stderr)
          const lines = await place.results()
          expect(lines.map(({ result, message }) => `${result} ${message}`)).toEqual(
            users.map(() => expect.stringMatching(/^succeeded/)),
          )
          expect(end.code, end.stdout + end.stderr).toBe(0)
          expectAppliedOnce(
            org.applied,
            users.map(({ id }) => `${id} suspend`),
          )
        })
      })
    })
  })
})

describe.concurrent('the first question, whose the token is', () => {
  const redirects = /^a 30/

  // Okta's own refusal would mean that the token has no owner who must be protected: nobody else's may.
  it.each(Object.keys(spoiledAnswers('')))('is not answered by %s', async (name) => {
    await withElsewhere(async (elsewhere) => {
      await withWorkplace(async (place) => {
        const answer = spoiledAnswers(elsewhere)[name] ?? drip
        const org = await place.org({ users: makeUsers({ count: 1 }) })
        const spoil = ({ path }: { path: string }): Spoil | null =>
          path === '/api/v1/users/me' ? { passedOn: false, answer } : null
        await withProxy({ org, spoil }, async (proxy) => {
          await place.write('in.csv', usersCsv(makeUsers({ count: 1 }).map(({ id }) => id)))
          const args = ['in.csv', '--action', 'suspend', ...unattended]
          const env = { OKTA_CLIENT_REQUESTTIMEOUT: '0.3', ...fastClock() }
          const [run, plan] = await Promise.all([
            place.run(proxy, ['run', ...args], { env }),
            place.run(proxy, ['plan', ...args], { env }),
          ])
          for (const { code, stdout, stderr } of [run, plan]) {
            expect(code, stdout + stderr).toBe(3)
            expectForPeople(stdout + stderr)
          }
          const { reason, results } = JSON.parse(await place.read(`runs/${runId}/summary.json`))
          expect(results).toMatchObject({ not_run: 1, unsettled: 0 })
          expect(reason).toContain(proxy.url)
          expect(run.stdout).toContain(reason)
          expect(run.stdout).toMatch(/\nNext .*(OKTA_CLIENT_ORGURL|network).*okta-lifecycle resume run\n/)
          expect(plan.stderr).toContain(proxy.url)
          expect(plan.stderr).toMatch(/\n→ .*(OKTA_CLIENT_ORGURL|network)/)
          // A redirect will not pass by waiting. Everything else is waited for.
          const waits = /No answer from Okta for \d+ s: .* Trying again for up to 45 s/
          for (const { stderr } of [run, plan]) {
            if (redirects.test(name)) expect(stderr).not.toMatch(waits)
            else expect(stderr).toMatch(waits)
          }
          expect(org.applied).toEqual({})
          expect(org.requests).toEqual([])
        })
      })
    })
  })
})

it.concurrent('keeps its memory however long the answers are', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 60 })
    const org = await place.org({ users })
    const spoil = ({ path, attempt }: { path: string; attempt: number }): Spoil | null =>
      path !== '/api/v1/users/me' && attempt === 1 ? { passedOn: true, answer: huge } : null
    await withProxy({ org, spoil }, async (proxy) => {
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      // 120 answers of 100 MB, thirty at a time.
      const args = ['run', 'in.csv', '--action', 'suspend', '--concurrency', '30', ...unattended]
      const cli = place.start(proxy, args, impatient)
      const peak = await peakMemory(cli)
      const end = await cli.ended
      expect(end.code, end.stdout + end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
      if (peak === null) console.warn('Not checked: this system tells no peak of memory in /proc.')
      else expect(peak).toBeLessThan(400)
    })
  })
})
