import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { Pool } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { withdrawn } from '../../src/okta/answer.ts'
import { createOktaClient, type OktaClient } from '../../src/okta/client.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { Exchange, type Received } from '../../src/okta/exchange.ts'
import { lifecycleRequest, readUserRequest } from '../../src/okta/request.ts'
import { Secret } from '../../src/okta/secret.ts'

const releases: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release()
})

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  releases.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(resolve)
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

function clientFor(orgUrl: string, requestTimeoutMs = 5_000, clock = new OktaClock()): OktaClient {
  const client = createOktaClient({
    connection: {
      orgUrl,
      credentials: { kind: 'token', authorization: new Secret('SSWS secret'), ofServiceApp: false },
      requestTimeoutMs,
      proxy: null,
    },
    clock,
    connections: 2,
    userAgent: 'okta-lifecycle/test',
    scopes: [],
    say: () => {},
  })
  releases.push(() => client.close())
  return client
}

const suspend = lifecycleRequest('00u1', 'suspend', { sendEmail: null, respondAsync: false })

describe('createOktaClient', () => {
  it.each([
    ['by Date', { date: true }, true, true],
    ['by the reset of a limit without one', { limits: ['600', '599', 60] }, true, false],
    ['not by the reset of the concurrency limit', { limits: ['0', '0', 113] }, false, false],
    ['not by this machine without either', { id: 'req1' }, false, false],
    ['not by the Date of something else', { date: true, isForeign: true }, false, false],
  ] as const)('is told Okta’s time %s', async (_, answer, known, dated) => {
    const okta = Date.parse('2031-01-01T00:00:00Z')
    const { url } = await serve((_request, response) => {
      response.sendDate = false
      if ('date' in answer) response.setHeader('date', new Date(okta).toUTCString())
      if (!('isForeign' in answer)) response.setHeader('x-okta-request-id', 'req1')
      if ('limits' in answer) {
        const [limit, remaining, ahead] = answer.limits
        response.setHeader('x-rate-limit-limit', limit)
        response.setHeader('x-rate-limit-remaining', remaining)
        response.setHeader('x-rate-limit-reset', String(okta / 1000 + ahead))
      }
      response.end('{}')
    })
    const clock = new OktaClock()
    await clientFor(url, 5_000, clock).send(readUserRequest('00u1'))
    expect({ known: clock.known, dated: clock.dated }).toEqual({ known, dated })
    if (!known) return
    expect(clock.nowAtLeast()).toBeLessThanOrEqual(okta + 5_000)
    expect(clock.nowAtMost()).toBeGreaterThanOrEqual(okta)
  })

  it('sends nothing of a request that may no longer leave once it has its connection, which it keeps', async () => {
    const seen: (string | undefined)[] = []
    const { url, server } = await serve((request, response) => {
      seen.push(request.url)
      response.end('{}')
    })
    let connections = 0
    server.on('connection', () => connections++)
    const client = clientFor(url)
    expect(await client.send(suspend, () => false)).toMatchObject({ code: withdrawn, mayHaveBeenSent: false })
    expect(await client.send(readUserRequest('00u1'), () => true)).toMatchObject({ httpStatus: 200 })
    expect(seen).toEqual(['/api/v1/users/00u1'])
    expect(connections).toBe(1)
  })

  it('sends the method, the encoded path, the authorization and the user agent', async () => {
    const seen: unknown[] = []
    const { url } = await serve((request, response) => {
      const { authorization, 'user-agent': agent } = request.headers
      seen.push([request.method, request.url, authorization, agent])
      response.end('{}')
    })
    await clientFor(url).send(readUserRequest('a+b@example.com'))
    expect(seen).toEqual([['GET', '/api/v1/users/a%2Bb%40example.com', 'SSWS secret', 'okta-lifecycle/test']])
  })

  it('gives status, rate limit, request id and error of an answer', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(403, {
        'content-type': 'application/json',
        'x-rate-limit-limit': '300',
        'x-rate-limit-remaining': '12',
        'x-rate-limit-reset': '1759117808',
        'x-okta-request-id': 'req1',
      })
      response.end(JSON.stringify({ errorCode: 'E0000006', errorSummary: 'No.', errorCauses: [] }))
    })
    expect(await clientFor(url).send(suspend)).toMatchObject({
      kind: 'answered',
      httpStatus: 403,
      rateLimit: { limit: 300, remaining: 12, reset: 1759117808 },
      requestId: 'req1',
      error: { errorCode: 'E0000006', errorSummary: 'No.' },
    })
  })

  it('counts the wait until a date from the Date of the same answer: clocks may differ by years', async () => {
    const { url } = await serve((_request, response) => {
      const now = Date.parse('2031-01-01T00:00:00Z')
      const until = new Date(now + 90_000).toUTCString()
      response.sendDate = false
      response.writeHead(429, { date: new Date(now).toUTCString(), 'retry-after': until }).end('slow down')
    })
    expect(await clientFor(url).send(readUserRequest('00u1'))).toMatchObject({ retryAfterMs: 90_000 })
  })

  it('knows that nothing was sent where no connection could be made', async () => {
    const { url, server } = await serve(() => {})
    await new Promise((resolve) => server.close(resolve))
    expect(await clientFor(url).send(suspend)).toMatchObject({
      kind: 'unanswered',
      mayHaveBeenSent: false,
      code: 'ECONNREFUSED',
    })
  })

  it('says that the request may have been sent where the connection is lost after it', async () => {
    const { url } = await serve((request) => request.socket.destroy())
    expect(await clientFor(url).send(suspend)).toMatchObject({ kind: 'unanswered', mayHaveBeenSent: true })
  })

  it('tells how long a request waited before a byte of it could leave', async () => {
    const held: (() => void)[] = []
    const { url } = await serve((request, response) => {
      if (held.length > 0) request.socket.destroy()
      else held.push(() => response.end())
    })
    // The first request holds the one connection.
    const pool = new Pool(url, { connections: 1, pipelining: 1 })
    releases.push(() => pool.destroy())
    const ask = (): Promise<Received> => {
      const exchange = new Exchange(5_000)
      pool.dispatch({ method: suspend.method, path: suspend.path }, exchange)
      return exchange.received
    }
    const first = ask()
    const begun = performance.now()
    const second = ask()
    const release = setInterval(() => {
      if (held.length === 0 || performance.now() - begun < 100) return
      clearInterval(release)
      held[0]?.()
    }, 5)
    const received = await Promise.all([first, second])
    const [none, waited] = received.map(({ connectedAfterMs }) => connectedAfterMs ?? Number.NaN)
    expect(received[1]).toMatchObject({ kind: 'lost' })
    expect(waited).toBeGreaterThan(99)
    expect(waited).toBeLessThan(performance.now() - begun)
    expect(none).toBeLessThan(waited ?? 0)
  })

  it('says so in its answers, where the request may have been sent as well', async () => {
    const { url } = await serve((request, response) => {
      if (request.method === 'GET') response.end('{}')
      else request.socket.destroy()
    })
    const client = clientFor(url)
    for (const request of [readUserRequest('00u1'), suspend]) {
      const { connectedAfterMs } = await client.send(request)
      expect(connectedAfterMs).toBeGreaterThanOrEqual(0)
      expect(connectedAfterMs).toBeLessThan(5_000)
    }
  })

  it('does not take a truncated body for an answer', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"a":', () => request.socket.destroy())
    })
    expect(await clientFor(url).send(suspend)).toMatchObject({ kind: 'unanswered', mayHaveBeenSent: true })
  })

  it('gives up after the time limit of the whole request, also when bytes keep dripping', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    expect(await clientFor(url, 200).send(suspend)).toMatchObject({ kind: 'unanswered', code: 'TIMEOUT' })
  })

  it('gives up after the time limit also while an answer is announced again and again', async () => {
    const { url } = await serve((_request, response) => {
      const drip = setInterval(() => response.socket?.write('HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n'), 10)
      response.on('close', () => clearInterval(drip))
    })
    expect(await clientFor(url, 200).send(suspend)).toMatchObject({ kind: 'unanswered', code: 'TIMEOUT' })
  })

  it('reads no more of an endless body than the limit', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200)
      const chunk = 'x'.repeat(64 * 1024)
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    expect(await clientFor(url).send(suspend)).toMatchObject({
      kind: 'answered',
      body: { kind: 'unreadable' },
    })
  })

  it('reads answers that are compressed, and says which encodings it reads', async () => {
    const encoders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }
    for (const [name, encode] of Object.entries(encoders)) {
      const { url } = await serve((request, response) => {
        if (request.headers['accept-encoding']?.split(', ').includes(name) !== true) return response.end('{}')
        response.writeHead(200, { 'content-encoding': name })
        return response.end(encode('{"id":"00u1"}'))
      })
      expect(await clientFor(url).send(readUserRequest('00u1'))).toMatchObject({
        body: { kind: 'json', value: { id: '00u1' } },
      })
    }
  })

  it('takes no compressed body for an answer that has no end, or that it can not read', async () => {
    const bodies = [
      ['gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')), 'a body of more than 8 MiB'],
      ['zstd', Buffer.from('{}'), "a body in an encoding that this program can't read (zstd)"],
    ] as const
    for (const [name, body, why] of bodies) {
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'content-encoding': name })
        response.end(body)
      })
      expect(await clientFor(url).send(suspend)).toMatchObject({ body: { kind: 'unreadable', why } })
    }
  })

  it('follows no redirect', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(301, { location: 'https://other.example.com/' })
      response.end()
    })
    expect(await clientFor(url).send(suspend)).toMatchObject({
      kind: 'answered',
      httpStatus: 301,
      location: 'https://other.example.com/',
    })
  })
})
