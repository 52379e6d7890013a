import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { readNotifyAddress } from '../../src/notify/address.ts'
import { type Delivery, deliver } from '../../src/notify/deliver.ts'

interface Hook {
  readonly url: string
  /** Method, path and body of each request. */
  readonly got: string[]
}

/** A web address that answers with these, the last one for ever. */
async function hookThat(...answers: readonly RequestListener[]): Promise<Hook> {
  const got: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const answer = answers[Math.min(got.length, answers.length - 1)]
      got.push(`${request.method} ${request.url} ${body}`)
      answer?.(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }
}

function answering(status: number, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_, response) => response.writeHead(status, headers).end('thanks')
}

async function deliverTo(
  url: string,
  timeLimitMs = 20_000,
  signal: AbortSignal = new AbortController().signal,
): Promise<Delivery> {
  return await deliver(readNotifyAddress({ OKTA_LIFECYCLE_NOTIFY_URL: url }), {
    body: '{"text":"done"}',
    userAgent: 'okta-lifecycle/test',
    environment: {},
    timeLimitMs,
    signal,
  })
}

it('posts the body once where it is taken', async () => {
  const { url, got } = await hookThat(answering(204))
  expect(await deliverTo(`${url}/hook?x=1`)).toEqual({ delivered: true })
  expect(got).toEqual(['POST /hook?x=1 {"text":"done"}'])
})

it('tries again after what may pass', async () => {
  const dropping: RequestListener = (request) => request.socket.destroy()
  const { url, got } = await hookThat(answering(503), dropping, answering(200))
  expect(await deliverTo(url)).toEqual({ delivered: true })
  expect(got).toHaveLength(3)
})

it.each([
  [404, 'it answered HTTP 404'],
  [302, 'it answered HTTP 302'],
])('takes %i for the last word, and follows no redirect', async (status, why) => {
  const { url, got } = await hookThat(answering(status, { location: '/elsewhere' }))
  expect(await deliverTo(url)).toEqual({ delivered: false, why })
  expect(got).toHaveLength(1)
})

it('ends within its time limit, also where it is told to wait longer', async () => {
  const { url, got } = await hookThat(answering(429, { 'retry-after': '3600' }))
  expect(await deliverTo(url, 5_000)).toEqual({ delivered: false, why: 'it answered HTTP 429' })
  expect(got).toHaveLength(1)
})

it('counts the wait until a date from the Date of the same answer', async () => {
  const now = Date.parse('2031-01-01T00:00:00Z')
  const [date, until] = [now, now - 1_000].map((time) => new Date(time).toUTCString())
  const { url, got } = await hookThat(
    answering(503, { date: date ?? '', 'retry-after': until ?? '' }),
    answering(204),
  )
  expect(await deliverTo(url)).toEqual({ delivered: true })
  expect(got).toHaveLength(2)
})

it('is given up at a signal, also while an answer is waited for', async () => {
  const stop = new AbortController()
  const { url } = await hookThat(() => stop.abort())
  expect(await deliverTo(url, 20_000, stop.signal)).toMatchObject({ delivered: false })
})
