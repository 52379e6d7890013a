import { readdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer as createTls } from 'node:tls'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { selfSigned } from '../support/self-signed.ts'
import { parseCsv, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it.concurrent('a holder stopped while a connection is made sends nothing when it wakes up', {
  timeout: 260_000,
}, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 12, factors: 1, status: 'PROVISIONED' })
    const org = await place.org({ users, latencyMs: 300 })
    const port = Number(new URL(org.url).port)
    // TLS in front of the org; and before it a way that can hold the first bytes of the server back.
    const tls = createTls({ ...selfSigned }, (socket) => {
      const inner = connect(port, '127.0.0.1')
      socket.pipe(inner)
      // Each connection serves one request, as behind a balancer that keeps none alive.
      inner.on('data', (bytes) => {
        socket.write(bytes)
        setTimeout(() => socket.end(), 2)
      })
      socket.on('error', () => inner.destroy())
      inner.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
    const tlsPort = (tls.address() as { port: number }).port
    let gate: Promise<void> = Promise.resolve()
    const way = createServer((socket) => {
      const inner = connect(tlsPort, '127.0.0.1')
      socket.on('error', () => inner.destroy())
      inner.on('error', () => socket.destroy())
      socket.pipe(inner)
      inner.on('data', async (bytes) => {
        inner.pause()
        await gate
        socket.write(bytes)
        inner.resume()
      })
      inner.on('end', () => socket.end())
    })
    await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
    const url = `https://localhost:${(way.address() as { port: number }).port}`
    await place.write('ca.pem', selfSigned.cert)
    const env = { NODE_EXTRA_CA_CERTS: join(place.directory, 'ca.pem'), OKTA_CLIENT_REQUESTTIMEOUT: '20' }
    const address = { url, token: org.token }
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const intents = async () =>
      (await place.read(`runs/${runId}/journal.ndjson`).catch(() => '')).split('"event":"intent"').length - 1
    const applied = () => Object.values(org.applied).reduce((a, b) => a + b, 0)
    const first = place.start(
      address,
      ['run', 'in.csv', '--action', 'reset_factors', '--no-read', ...unattended],
      { env },
    )
    // From the first applied call on, no new connection gets its handshake.
    await org.waitUntil(() => applied() >= 1)
    let open = (): void => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    for (let i = 0; i < 200 && (await intents()) < 4; i++) await delay(10)
    await delay(100)
    first.kill('SIGSTOP')
    open()
    gate = Promise.resolve()
    // A sign of life counts as fresh for 15 s; only then is the holder watched.
    await delay(16_000)
    await place.run(address, ['resume', runId, '--yes', '--quiet'], { env })
    const requests = org.requests.length
    first.kill('SIGCONT')
    await first.ended
    const twice = Object.entries(org.applied).filter(([, count]) => count > 1)
    const later = org.requests
      .slice(requests)
      .map(({ method, path, status }) => `${method} ${path} ${status}`)
    tls.close()
    way.close()
    expect(later.filter((line) => line.startsWith('POST'))).toEqual([])
    expect(twice).toEqual([])
  })
})

it.concurrent('a holder stopped while it writes reports does not write over those of its successor', {
  timeout: 260_000,
}, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 4_000, status: 'PROVISIONED' })
    const org = await place.org({ users })
    // Wide rows make the reports take long.
    await place.write(
      'in.csv',
      ['user,note', ...users.map(({ id }) => `${id},${'x'.repeat(2_000)}`), ''].join('\n'),
    )
    const first = place.start(org, ['run', 'in.csv', '--action', 'reactivate', ...unattended])
    await org.waitUntil(() => Object.keys(org.applied).length >= 2_000)
    first.kill('SIGINT')
    const directory = join(place.directory, 'runs', runId)
    for (let i = 0; i < 5_000; i++) {
      if (readdirSync(directory).some((name) => /failed\.csv|results/.test(name))) break
      await delay(1)
    }
    first.kill('SIGSTOP')

    // A sign of life counts as fresh for 15 s; only then is the holder watched.
    await delay(16_000)
    await place.run(org, ['resume', runId, '--yes', '--quiet'])
    const good = await place.read(`runs/${runId}/failed.csv`)
    const state = JSON.parse(await place.read(`runs/${runId}/run.json`)) as { state: string }
    first.kill('SIGCONT')
    await first.ended
    const bad = await place.read(`runs/${runId}/failed.csv`)
    const after = JSON.parse(await place.read(`runs/${runId}/run.json`)) as { state: string }
    await place.run(null, ['status', runId])
    expect(after.state).toBe(state.state)
    expect(parseCsv(bad).length).toBe(parseCsv(good).length)
  })
})
