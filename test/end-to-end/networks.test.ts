import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientId, makeKeys } from '../okta/oauth/service-app-client.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { startForeignAuthorization } from '../support/foreign-authorization/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { ownCa } from '../support/own-ca.ts'
import { startTlsFront, type TlsFront } from '../support/tls-front.ts'
import { expectAppliedOnce, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const suspend = ['run', 'in.csv', '--action', 'suspend', ...unattended]
const password = 'pr0xy-c@nary'
const inUrl = encodeURIComponent(password)
const applied = [1, 2, 3].map((number) => `${userIdOf(number)} suspend`)

function portOf(url: string): number {
  return Number(new URL(url).port)
}

async function frontOf(
  targetPort: () => number,
  certificate: { readonly cert: string; readonly key: string } = ownCa.complete,
  host?: '::1',
): Promise<TlsFront> {
  const front = await startTlsFront(certificate, targetPort, host)
  onTestFinished(() => front.close())
  return front
}

/** All that a place holds in files, as one text. */
async function filesOf(place: Workplace): Promise<string> {
  const names = await readdir(join(place.directory, 'runs'), { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile())
  return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')))).join(
    '\n',
  )
}

describe('a run through a proxy with a password, to a host with a certificate of the company’s CA', () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'])(
    'named by %s goes through it alone',
    async (variable) => {
      await withWorkplace(async (place) => {
        const org = await place.org({ users: makeUsers({ count: 3 }) })
        const front = await frontOf(() => portOf(org.url))
        const proxy = await startConnectProxy({ wants: `ann:${password}` })
        onTestFinished(() => proxy.close())
        await place.write('ca.pem', ownCa.root)
        await place.write('in.csv', usersCsv([1, 2, 3].map(userIdOf)))
        const env = {
          OKTA_CLIENT_ORGURL: front.url,
          OKTA_CLIENT_TOKEN: org.token,
          NODE_EXTRA_CA_CERTS: join(place.directory, 'ca.pem'),
          [variable]: `http://ann:${inUrl}@127.0.0.1:${proxy.port}`,
          NO_PROXY: 'other.example.com localhost:1',
        }
        const end = await place.run(null, suspend, { env })
        expect(end.code, end.stderr).toBe(0)
        expectAppliedOnce(org.applied, applied)
        expect(new Set(proxy.asked)).toEqual(new Set([`localhost:${portOf(front.url)} 200`]))
        expect(proxy.agents[0]).toMatch(/^okta-lifecycle\/\d/)
        for (const { headers } of org.requests) expect(headers['user-agent']).toMatch(/^okta-lifecycle\/\d/)
        const told = end.stdout + end.stderr + (await filesOf(place))
        for (const secret of [password, inUrl, org.token]) expect(told).not.toContain(secret)
      })
    },
  )

  it('is one of a service app too, whose tokens come through it', async () => {
    await withWorkplace(async (place) => {
      const keys = makeKeys('ES256')
      const org = await place.org({ users: makeUsers({ count: 3 }), ownerId: null })
      const front: TlsFront = await frontOf(() => portOf(authorization.url))
      const authorization = await startForeignAuthorization({
        org,
        clientId,
        publicJwk: keys.publicJwk,
        dpop: true,
        publicUrl: front.url,
      })
      onTestFinished(() => authorization.close())
      const proxy = await startConnectProxy({ wants: null })
      onTestFinished(() => proxy.close())
      await place.write('ca.pem', ownCa.root)
      await place.write('in.csv', usersCsv([1, 2, 3].map(userIdOf)))
      const env = {
        OKTA_CLIENT_ORGURL: front.url,
        OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
        OKTA_CLIENT_CLIENTID: clientId,
        OKTA_CLIENT_PRIVATEKEY: keys.pem,
        NODE_EXTRA_CA_CERTS: join(place.directory, 'ca.pem'),
        HTTPS_PROXY: `127.0.0.1:${proxy.port}`,
      }
      const end = await place.run(null, suspend, { env })
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(org.applied, applied)
      expect(proxy.asked.length).toBeGreaterThan(0)
    })
  })
})

describe('a network that is in the way', () => {
  it('a proxy that wants a password stops the run with 3 at once, and is named as the one who refuses', async () => {
    await withWorkplace(async (place) => {
      const proxy = await startConnectProxy({ wants: 'ann:right' })
      onTestFinished(() => proxy.close())
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const env = {
        OKTA_CLIENT_ORGURL: 'https://localhost:9',
        OKTA_CLIENT_TOKEN: '00token',
        HTTPS_PROXY: `http://ann:${inUrl}@127.0.0.1:${proxy.port}`,
      }
      const end = await place.runHere(null, suspend, { env })
      expect(end.code, end.stderr).toBe(3)
      expect(end.stdout + end.stderr).toMatch(/the proxy refuses the connection.*PROXY_407.*HTTPS_PROXY/)
      expect(end.stdout + end.stderr).not.toContain(inUrl)
    })
  })

  it('NO_PROXY with spaces and a port keeps the org from the proxy; IPv6 will do', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3 }) })
      const front = await frontOf(() => portOf(org.url), ownCa.complete, '::1')
      const proxy = await startConnectProxy({ wants: null })
      onTestFinished(() => proxy.close())
      await place.write('ca.pem', ownCa.root)
      await place.write('in.csv', usersCsv([1, 2, 3].map(userIdOf)))
      const env = {
        OKTA_CLIENT_ORGURL: front.url,
        OKTA_CLIENT_TOKEN: org.token,
        NODE_EXTRA_CA_CERTS: join(place.directory, 'ca.pem'),
        https_proxy: `http://127.0.0.1:${proxy.port}`,
        no_proxy: `example.com , [::1]:${portOf(front.url)}`,
      }
      const end = await place.run(null, suspend, { env })
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(org.applied, applied)
      expect(proxy.asked).toEqual([])
    })
  })

  it.each([
    ['an incomplete chain', ownCa.incomplete, /its chain is incomplete/],
    [
      'a CA that is not public',
      { cert: ownCa.complete.cert + ownCa.root, key: ownCa.complete.key },
      /a CA that is not public/,
    ],
  ])('doctor tells %s', async (_what, certificate, words) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      const front = await frontOf(() => portOf(org.url), certificate)
      const proxy = await startConnectProxy({ wants: null })
      onTestFinished(() => proxy.close())
      for (const HTTPS_PROXY of ['', `http://127.0.0.1:${proxy.port}`]) {
        const env = { OKTA_CLIENT_ORGURL: front.url, OKTA_CLIENT_TOKEN: org.token, HTTPS_PROXY }
        const end = await place.runHere(null, ['doctor'], { env })
        expect(end.code).toBe(1)
        expect(end.stdout).toMatch(words)
        expect(end.stdout).toContain('NODE_EXTRA_CA_CERTS')
      }
      expect(org.requests).toEqual([])
    })
  })
})
