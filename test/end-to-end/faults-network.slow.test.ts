import { createServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { fastClock } from '../support/fast-clock.ts'
import { defaultToken } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { selfSigned } from '../support/self-signed.ts'
import { startSpoilingProxy } from '../support/spoiling-proxy.ts'
import {
  countsOf,
  expectAppliedOnce,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const suspend = ['--action', 'suspend', ...unattended]

function ids(count: number): readonly string[] {
  return makeUsers({ count }).map(({ id }) => id)
}

/** A server of raw bytes on a free port. */
async function withServer(
  onConnection: (socket: Socket) => void,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    await work(typeof address === 'object' ? (address?.port ?? 0) : 0)
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Waits until the run has met a network that is gone. */
async function expectTriesInVain(place: Workplace): Promise<void> {
  // Not `expect.poll`, which takes the test that it belongs to for the only one.
  await vi.waitFor(async () => expect(await place.read(`runs/${runId}/run.log`)).toContain('ECONNREFUSED'), {
    timeout: 20_000,
  })
}

/** A way in which there is no Okta at the org's URL. */
interface Absence {
  readonly name: string
  readonly onConnection?: (socket: Socket) => void
  readonly url: (port: number) => string
  readonly says: RegExp
  readonly next: RegExp
  /** It will not pass by waiting, so nobody waits for it. */
  readonly lasting?: true
}

const plainHttp = (port: number): string => `http://127.0.0.1:${port}`
const https = (port: number): string => `https://localhost:${port}`

const absences: readonly Absence[] = [
  {
    name: 'a name that no name server knows',
    url: () => 'https://no-such-org.invalid',
    says: /no-such-org\.invalid: .*(name is not known|name server does not answer)/,
    next: /DNS/,
  },
  {
    name: 'nothing that listens',
    url: () => 'https://127.0.0.1:9',
    says: /127\.0\.0\.1:9: .*nothing listens there.*ECONNREFUSED/,
    next: /firewall/,
  },
  {
    name: 'plain HTTP where TLS was expected',
    onConnection: (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    url: https,
    says: /https:\/\/localhost:\d+: .*does not speak TLS/,
    next: /scheme and port/,
    lasting: true,
  },
  {
    name: 'a TLS handshake that never ends',
    onConnection: () => {},
    url: https,
    says: /https:\/\/localhost:\d+: .*(does not answer|no answer within)/,
    next: /OKTA_CLIENT_ORGURL/,
  },
  {
    name: 'something that is no HTTP',
    onConnection: (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
    url: plainHttp,
    says: /does not speak HTTP/,
    next: /scheme and port/,
  },
  {
    name: 'connections that are cut at once',
    onConnection: (socket) => socket.destroy(),
    url: plainHttp,
    says: /the connection was lost/,
    next: /network/,
  },
  {
    name: 'headers that drip',
    onConnection: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ')
      const timer = setInterval(() => socket.write('x'), 50)
      socket.on('close', () => clearInterval(timer))
    },
    url: plainHttp,
    says: /no answer within 0\.3 s/,
    next: /network/,
  },
]

describe.concurrent('no Okta at the org’s URL', () => {
  it.each(absences)('$name: waited for and reported, and nothing was sent', async (absence) => {
    await withWorkplace(async (place) => {
      await withServer(absence.onConnection ?? (() => {}), async (port) => {
        await place.write('in.csv', usersCsv(ids(1)))
        const org = { url: absence.url(port), token: defaultToken }
        const env = { OKTA_CLIENT_REQUESTTIMEOUT: '0.3', ...fastClock() }
        const end = await place.run(org, ['run', 'in.csv', ...suspend], { env })
        expect(end.code, end.stderr).toBe(3)
        const { reason, results } = JSON.parse(await place.read(`runs/${runId}/summary.json`))
        expect(reason).toMatch(absence.says)
        expect(reason).toContain(org.url)
        expect(results).toMatchObject({ not_run: 1, unsettled: 0 })
        expect(end.stdout).toContain(reason)
        if (absence.lasting !== true) {
          expect(end.stderr).toMatch(/No answer from Okta for \d+ s: .* Trying again for up to 45 s/)
          expect(reason).toMatch(/no answer from Okta for 45 s/)
        }
        const [, next = ''] = /^Next +(.*)$/m.exec(end.stdout) ?? []
        expect(next).toMatch(absence.next)
        expect(next).toMatch(new RegExp(`, then: okta-lifecycle resume ${runId}$`))
        expect(end.stderr).not.toMatch(/\n\s+at /)
        expect(end.stderr + end.stdout).not.toContain(defaultToken)
      })
    })
  })
})

describe.concurrent('a certificate that nobody trusts', () => {
  it('is told, and the way that is named for a company’s own CA works', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3 }) })
      const proxy = await startSpoilingProxy({ org, tls: true })
      try {
        await place.write('in.csv', usersCsv(ids(3)))
        await place.write('ca.pem', selfSigned.cert)
        const first = await place.run(proxy, ['run', 'in.csv', ...suspend])
        expect(first.code, first.stderr).toBe(3)
        expect(first.stdout).toMatch(/https:\/\/localhost:\d+: .*certificate is not trusted/)
        expect(first.stdout).toMatch(/\nNext .*export NODE_EXTRA_CA_CERTS=.*, then: okta-lifecycle resume/)
        expect(first.stderr).not.toMatch(/Trying again/)
        expect(proxy.requests).toEqual([])

        const env = { NODE_EXTRA_CA_CERTS: `${place.directory}/ca.pem` }
        const second = await place.run(proxy, ['resume', runId, '--quiet'], { env })
        expect(second.code, second.stderr).toBe(0)
        expectAppliedOnce(
          org.applied,
          ids(3).map((id) => `${id} suspend`),
        )
      } finally {
        await proxy.close()
      }
    })
  })
})

describe.concurrent('a network that goes away in the middle of a run', () => {
  const count = 60

  it('and comes back: the run waits and ends well', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 60 })
      const proxy = await startSpoilingProxy({ org })
      try {
        await place.write('in.csv', usersCsv(ids(count)))
        const cli = place.start(proxy, ['run', 'in.csv', ...suspend], impatient)
        await org.waitUntil(() => Object.keys(org.applied).length >= 15)
        await proxy.goAway()
        // It is gone while the run tries again.
        await expectTriesInVain(place)
        await proxy.comeBack()
        const end = await cli.ended
        expect(end.code, end.stdout + end.stderr).toBe(0)
        expectAppliedOnce(
          org.applied,
          ids(count).map((id) => `${id} suspend`),
        )
        const results = (await place.results()).map(({ result }) => result)
        expect(countsOf(results)).toEqual({ succeeded: count })
      } finally {
        await proxy.close()
      }
    })
  })

  // Only this test waits the full 45 s of patience by the real clock.
  it('and stays away: interrupted, refused by resume, resumed when it is back', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 60 })
      const proxy = await startSpoilingProxy({ org })
      try {
        await place.write('in.csv', usersCsv(ids(count)))
        const cli = place.start(proxy, ['run', 'in.csv', ...suspend], impatient)
        await org.waitUntil(() => Object.keys(org.applied).length >= 15)
        await proxy.goAway()
        await expectTriesInVain(place)
        cli.kill('SIGINT')
        expect((await cli.ended).code).toBe(130)
        const still = await place.run(proxy, ['resume', '--latest', '--quiet'], impatient)
        expect(still.code, still.stderr).toBe(3)
        expect(still.stdout).toMatch(/can't be reached at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/)
        expect(still.stdout).toMatch(new RegExp(`\nNext .*then: okta-lifecycle resume ${runId}`))
        await proxy.comeBack()
        const end = await place.run(proxy, ['resume', '--latest', '--quiet'], impatient)
        expect(end.code, end.stdout + end.stderr).toBe(0)
        expectAppliedOnce(
          org.applied,
          ids(count).map((id) => `${id} suspend`),
        )
        const results = (await place.results()).map(({ result }) => result)
        expect(countsOf(results)).toEqual({ succeeded: count })
      } finally {
        await proxy.close()
      }
    })
  })
})
