import { type AddressInfo, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Refusal } from '../../src/messages/known-error.ts'
import { createOktaClient } from '../../src/okta/client.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { type HttpProxy, proxyFor } from '../../src/okta/proxy.ts'
import { readUserRequest } from '../../src/okta/request.ts'
import { Secret } from '../../src/okta/secret.ts'
import { openTransport } from '../../src/okta/transport.ts'
import { type ConnectProxyOptions, startConnectProxy } from '../support/connect-proxy.ts'

const org = 'https://acme.okta.com'

describe('the proxy for an org', () => {
  it.each([
    [{ HTTPS_PROXY: '"http://ann:secret@p1:1"' }, 'HTTPS_PROXY'],
    [{ all_proxy: "'p1:1'" }, 'all_proxy'],
    [{ HTTPS_PROXY: 'http://p1:1', NO_PROXY: '"*"' }, 'NO_PROXY'],
  ])('has no quotation marks around it: %j', (environment, variable) => {
    const read = (): unknown => proxyFor(org, environment)
    expect(read).toThrow(`${variable} has quotation marks`)
    expect(read).not.toThrow('secret')
  })

  it.each([
    [{ HTTPS_PROXY: 'http://p1:1' }, 'HTTPS_PROXY http://p1:1'],
    [{ https_proxy: 'http://p2:2', HTTPS_PROXY: 'http://p1:1' }, 'https_proxy http://p2:2'],
    [{ https_proxy: ' ', HTTPS_PROXY: 'http://p1:1' }, 'HTTPS_PROXY http://p1:1'],
    [{ HTTP_PROXY: 'http://p3:3' }, 'HTTP_PROXY http://p3:3'],
    [{ ALL_PROXY: 'http://p6:6', HTTP_PROXY: 'http://p3:3' }, 'ALL_PROXY http://p6:6'],
    [{ ALL_PROXY: 'http://p6:6', HTTPS_PROXY: 'http://p1:1' }, 'HTTPS_PROXY http://p1:1'],
    [{ http_proxy: 'p4.example.com:3128' }, 'http_proxy http://p4.example.com:3128'],
    [{ HTTPS_PROXY: 'https://p5:443/' }, 'HTTPS_PROXY https://p5'],
    [{ HTTPS_PROXY: 'http://[::1]:3128' }, 'HTTPS_PROXY http://[::1]:3128'],
    [{}, 'none'],
  ])('is told by the environment: %j', (environment, expected) => {
    const proxy = proxyFor(org, environment)
    expect(proxy === null ? 'none' : `${proxy.variable} ${proxy.uri}`).toBe(expected)
  })

  it('is none for plain HTTP, which stays on this machine', () => {
    expect(
      proxyFor('http://127.0.0.1:8080', { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:1' }),
    ).toBeNull()
  })

  it('takes user and password out of its URL, decoded, and shows neither', () => {
    const proxy = proxyFor(org, { HTTPS_PROXY: 'http://ann:p%40ss%3Aw%C3%B6rd@proxy.example.com:3128' })
    expect(proxy?.authorization?.reveal()).toBe(`Basic ${Buffer.from('ann:p@ss:wörd').toString('base64')}`)
    expect(inspect(proxy) + JSON.stringify(proxy)).not.toMatch(/ss|YW5u/)
  })

  it.each([
    ['*', true],
    ['acme.okta.com', true],
    ['ACME.okta.com', true],
    ['okta.com', true],
    ['.okta.com', true],
    ['*.okta.com', true],
    ['acme.okta.com:443', true],
    ['a.example.com, acme.okta.com ,b.example.com', true],
    ['a.example.com acme.okta.com', true],
    ['a.example.com\tacme.okta.com:443', true],
    ['acme.okta.com:8443', false],
    ['cme.okta.com', false],
    ['kta.com', false],
    ['acme.okta.com.example.com', false],
    ['', false],
    [' , ', false],
    ['.', false],
  ])('is left aside for what NO_PROXY excepts: %j %s', (list, excepted) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(proxyFor(org, { HTTPS_PROXY: 'http://p:1', [name]: list }) === null).toBe(excepted)
    }
  })

  it('may be excepted by port and by address', () => {
    const at = (url: string, list: string): boolean =>
      proxyFor(url, { HTTPS_PROXY: 'http://p:1', NO_PROXY: list }) === null
    expect(at('https://localhost:8443', 'localhost:8443')).toBe(true)
    expect(at('https://localhost:8443', 'localhost:443')).toBe(false)
    expect(at('https://[::1]:8443', '[::1]:8443')).toBe(true)
    expect(at('https://[::1]:8443', '::1')).toBe(true)
    expect(at('https://127.0.0.1:8443', '127.0.0.1')).toBe(true)
  })

  it.each([
    'socks5://user:pa55word@p:1',
    'http://',
    '"http://user:pa55word@p:1"',
    'http://user:pa55 word@p:1',
    'ftp://p',
  ])('that can’t be one is refused, and its password is not shown: %j', (text) => {
    let refused: unknown
    try {
      proxyFor(org, { HTTPS_PROXY: text })
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(Refusal)
    const { message, next } = refused as Refusal
    expect(message).toMatch(/^HTTPS_PROXY /)
    expect(message + next).not.toContain('pa55')
  })
})

/** What a client gets that goes through this proxy. */
async function through(options: ConnectProxyOptions, authorization: string | null = null): Promise<object> {
  const server = await startConnectProxy(options)
  onTestFinished(() => server.close())
  const proxy: HttpProxy = {
    uri: `http://127.0.0.1:${server.port}`,
    authorization: authorization === null ? null : new Secret(authorization),
    variable: 'HTTPS_PROXY',
  }
  const client = createOktaClient({
    connection: {
      orgUrl: 'https://localhost:9',
      credentials: { kind: 'token', authorization: new Secret('SSWS secret'), ofServiceApp: false },
      requestTimeoutMs: 500,
      proxy,
    },
    clock: new OktaClock(),
    connections: 2,
    userAgent: 'okta-lifecycle/test',
    scopes: [],
    say: () => {},
  })
  onTestFinished(() => client.close())
  const answer = await client.send(readUserRequest('00u1'))
  return { ...answer, connections: server.connections }
}

describe('a proxy that gives no tunnel', () => {
  it.each([
    [
      'wants a password',
      { wants: 'ann:secret' },
      'PROXY_407',
      /the proxy refuses the connection.*through the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\)/,
    ],
    [
      'lets people in by NTLM alone',
      { wants: 'ann:secret', offers: ['Negotiate', 'NTLM'] },
      'PROXY_407_NEGOTIATE',
      /only by a scheme that this program does not have, such as NTLM or Negotiate/,
    ],
    [
      'lets people in by another scheme alone',
      { wants: 'ann:secret', offers: ['Basically x="NTLM"'] },
      'PROXY_407_OTHER',
      /only by a scheme/,
    ],
    [
      'lets people in by NTLM and Basic',
      { wants: 'ann:secret', offers: ['NTLM', 'Basic realm="x"'] },
      'PROXY_407',
      /it wants a user and password/,
    ],
    [
      'wants a password and does not say how',
      { wants: 'ann:secret', offers: [] },
      'PROXY_407',
      /it wants a user and password/,
    ],
    [
      'forbids the host',
      { wants: null, refuseWith: 403 },
      'PROXY_403',
      /does not let connections to this host through/,
    ],
    [
      'can’t reach the host',
      { wants: null, refuseWith: 502 },
      'PROXY_502',
      /the proxy can't connect to the host/,
    ],
    [
      'redirects to a login page',
      { wants: null, refuseWith: 302 },
      'PROXY_302',
      /the proxy answers CONNECT with a redirect, probably to a login page.*through the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\)/,
    ],
    [
      'says nothing',
      { wants: null, silent: true },
      'PROXY_UNREACHED_UND_ERR_HEADERS_TIMEOUT',
      /the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) can't be reached: it does not answer in time/,
    ],
    [
      'closes the connection at once',
      { wants: null, closes: 'at_once' },
      /^PROXY_UNREACHED_/,
      /the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) can't be reached/,
    ],
    [
      'closes the connection when it is asked',
      { wants: null, closes: 'when_asked' },
      /^PROXY_UNREACHED_/,
      /the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) can't be reached/,
    ],
  ] as const)('is named where it %s, and nothing was sent', async (_what, options, code, why) => {
    expect(await through(options, 'Basic d3Jvbmc=')).toMatchObject({
      kind: 'unanswered',
      mayHaveBeenSent: false,
      code: typeof code === 'string' ? code : expect.stringMatching(code),
      why: expect.stringMatching(why),
      // A request is not tried again and again here: whoever sends it decides.
      connections: 1,
    })
  })
})

it('a tunnel in which nothing is said is given up at once when the transport is closed', async () => {
  const opened = new Set<Socket>()
  const server = createServer((socket) => {
    opened.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const transport = openTransport({
    origin: 'https://localhost:9',
    proxy: { uri: `http://127.0.0.1:${port}`, authorization: null, variable: 'HTTPS_PROXY' },
    connections: 1,
    timeLimitMs: 60_000,
    userAgent: 'okta-lifecycle/test',
  })
  const asked = transport.exchange({ method: 'GET', path: '/', headers: {} })
  await vi.waitFor(() => expect([...opened].some((socket) => socket.bytesWritten > 0)).toBe(true))
  await transport.close()
  expect(await asked).toMatchObject({ kind: 'lost', connectedAfterMs: null })
  await vi.waitFor(() => expect([...opened].every((socket) => socket.destroyed)).toBe(true))
})
