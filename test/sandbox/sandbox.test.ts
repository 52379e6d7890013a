import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { KnownError } from '../../src/messages/known-error.ts'
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { act, orgOf, send, userOf } from './with-sandbox.ts'

const ann = userOf('ann@example.com', 'ACTIVE')

describe('startSandbox', () => {
  it('serves a made-up org with an owner of its token where nothing is given', async () => {
    const sandbox = await startSandbox()
    const authorization = `SSWS ${sandbox.token}`
    const { body } = await send(`${sandbox.url}/api/v1/users/me`, 'GET', { authorization })
    expect(body).toMatchObject({ status: 'ACTIVE', profile: { login: 'admin@example.com' } })
    expect(sandbox.org.size).toBe(101)
    await sandbox.close()
  })

  it('frees its port on close, whatever hangs on it', async () => {
    const sandbox = await startSandbox({ seed: orgOf([ann]), faults: { plan: ['hang_before'] } })
    const port = Number(new URL(sandbox.url).port)
    const idle = createConnection(port, '127.0.0.1')
    await once(idle, 'connect')
    const hanging = expect(act(sandbox, ann.id, 'suspend')).rejects.toThrow()
    await expect.poll(() => sandbox.traffic().requests).toBe(1)
    const ended = once(idle, 'close')
    await sandbox.close()
    await Promise.all([hanging, ended])
    await sandbox.close()
    const again = await startSandbox({ port })
    expect(again.url).toBe(sandbox.url)
    await again.close()
  })

  it('does nothing more once it has closed', async () => {
    const latencyMilliseconds = 100
    const sandbox = await startSandbox({ seed: orgOf([ann]), latencyMilliseconds })
    const cut = expect(act(sandbox, ann.id, 'suspend')).rejects.toThrow()
    await expect.poll(() => sandbox.traffic().requests).toBe(1)
    await sandbox.close()
    await cut
    // A timer of the same length that starts later ends later than the call's own.
    await setTimeout(latencyMilliseconds)
    expect(sandbox.org.find(ann.id)?.status).toBe('ACTIVE')
  })

  it('says so when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(startSandbox({ port })).rejects.toMatchObject({
      message: `The sandbox can't listen on port ${port} of 127.0.0.1: it is in use.`,
      next: expect.stringContaining('another port'),
    })
    other.close()
  })

  it("leaves the process's own Request and Response alone", async () => {
    const before = [globalThis.Request, globalThis.Response]
    const sandbox = await startSandbox()
    expect([globalThis.Request, globalThis.Response]).toEqual(before)
    await sandbox.close()
  })

  const wrong: SandboxOptions[] = [
    { port: -1 },
    { port: 65_536 },
    { windowSeconds: 0 },
    { windowSeconds: 1.5 },
    { clientPercent: 0 },
    { clientPercent: 101 },
    { limits: { '/api/v1/users': 0 } },
    { limits: { '/api/v1/users': Number.NaN } },
    { latencyMilliseconds: -1 },
    { concurrency: 0 },
    { clockSkewSeconds: Number.POSITIVE_INFINITY },
    { faults: { rates: { drop_after: 2 } } },
  ]
  it.each(wrong)('refuses the options %o', async (options) => {
    await expect(startSandbox(options)).rejects.toThrow(KnownError)
  })
})
