import { connect } from 'node:net'
import { errors, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { KnownError } from '../../../src/messages/known-error.ts'
import { FaultChooser, type FaultName, faultNames, faults } from '../../../src/sandbox/faults/faults.ts'
import { act, orgOf, read, token, userOf, withSandbox } from '../with-sandbox.ts'

const ann = userOf('ann@example.com', 'ACTIVE')

describe('FaultChooser', () => {
  it('follows a list call by call, and a function by attempt', () => {
    const list = new FaultChooser({ plan: [null, 'drop_after'] })
    expect([1, 2, 3].map(() => list.choose('suspend', 'a'))).toEqual([null, faults.drop_after, null])
    const chooser = new FaultChooser({
      plan: ({ user, action, attempt }) =>
        user === 'a' && action === 'suspend' && attempt === 2 ? 'read_only' : null,
    })
    expect(chooser.choose('suspend', 'a')).toBeNull()
    expect(chooser.choose('unsuspend', 'a')).toBeNull()
    expect(chooser.choose('suspend', 'b')).toBeNull()
    expect(chooser.choose('suspend', 'a')).toBe(faults.read_only)
  })

  it('hits the same attempts for the same seed in any order, and others for another', () => {
    const names = Array.from({ length: 400 }, (_, index) => `user${index}`)
    function hits(seed: number, users: readonly string[]): string[] {
      const chooser = new FaultChooser({ rates: { error_after: 0.1, drop_before: 0.1 }, seed })
      return users.filter((user) => chooser.choose('suspend', user) !== null).sort()
    }
    const first = hits(7, names)
    expect(first.length).toBeGreaterThan(40)
    expect(first.length).toBeLessThan(130)
    expect(hits(7, names.toReversed())).toEqual(first)
    expect(hits(8, names)).not.toEqual(first)
  })

  it('spares reads unless asked not to', () => {
    expect(new FaultChooser({ rates: { read_only: 1 } }).choose(null, 'a')).toBeNull()
    expect(new FaultChooser({ rates: { read_only: 1 }, reads: true }).choose(null, 'a')).toBe(
      faults.read_only,
    )
  })

  it.each([{ error_after: -0.1 }, { error_after: 1.5 }, { error_after: 0.6, drop_after: 0.6 }])(
    'refuses the rates %o',
    (rates) => {
      expect(() => new FaultChooser({ rates })).toThrow(KnownError)
    },
  )
})

const answers: Readonly<Partial<Record<FaultName, readonly [number, string]>>> = {
  error_before: [500, 'E0000009'],
  error_after: [500, 'E0000009'],
  read_only: [503, 'E0000010'],
  revoked_token: [401, 'E0000011'],
  forbidden: [403, 'E0000006'],
  in_transition: [409, 'E0000112'],
  too_many_at_once: [429, 'E0000047'],
  unavailable_before: [503, '<h1>503 Service Temporarily Unavailable</h1>'],
  unavailable_after: [503, '<h1>503 Service Temporarily Unavailable</h1>'],
  drip_after: [200, '{}'],
  bad_gateway_before: [502, '<h1>502 Bad Gateway</h1>'],
  bad_gateway_after: [502, '<h1>502 Bad Gateway</h1>'],
  gateway_timeout_before: [504, '<h1>504 Gateway Time-out</h1>'],
  gateway_timeout_after: [504, '<h1>504 Gateway Time-out</h1>'],
}

describe('faults on real sockets', () => {
  it.each(faultNames)('%s', async (name) => {
    const options = { seed: orgOf([ann]), faults: { plan: [name] }, dripMilliseconds: 2 }
    await withSandbox(options, async (sandbox) => {
      const url = `${sandbox.url}/api/v1/users/${ann.id}/lifecycle/suspend`
      const headers = { authorization: `SSWS ${token}` }
      async function call(): Promise<[number, string, boolean]> {
        const response = await request(url, { method: 'POST', headers, headersTimeout: 300 })
        const limited = response.headers['x-rate-limit-limit'] !== undefined
        return [response.statusCode, await response.body.text(), limited]
      }
      const expected = answers[name]
      if (expected === undefined) {
        await expect(call()).rejects.toThrow(
          faults[name].shows === 'hang'
            ? errors.HeadersTimeoutError
            : /other side closed|terminated|ECONNRESET/,
        )
      } else {
        const [status, text, limited] = await call()
        expect(status).toBe(expected[0])
        expect(text).toContain(expected[1])
        expect(limited).toBe(faults[name].shows !== 'html')
      }
      const worked = name.endsWith('_after')
      expect(sandbox.org.find(ann.id)?.status).toBe(worked ? 'SUSPENDED' : 'ACTIVE')
      expect((await act(sandbox, ann.id, 'suspend')).status).toBe(worked ? 400 : 200)
    })
  })

  it('lets an answer drip for longer than its bytes would need, and ends it with the sandbox', async () => {
    const options = { seed: orgOf([ann]), faults: { plan: ['drip_after', 'drip_after'] as const } }
    await withSandbox({ ...options, dripMilliseconds: 3 }, async (sandbox) => {
      const started = performance.now()
      expect(await act(sandbox, ann.id, 'suspend')).toMatchObject({ status: 200, body: {} })
      expect(performance.now() - started).toBeGreaterThan(100)
    })
    let cut: Promise<void> | null = null
    await withSandbox({ ...options, dripMilliseconds: 60_000 }, async (sandbox) => {
      cut = expect(act(sandbox, ann.id, 'suspend')).rejects.toThrow()
      await expect.poll(() => sandbox.org.find(ann.id)?.status).toBe('SUSPENDED')
    })
    await cut
  })

  it('hits reads where they may be hit', async () => {
    await withSandbox(
      { seed: orgOf([ann]), faults: { plan: ['error_before'], reads: true } },
      async (sandbox) => {
        expect((await read(sandbox, ann.id)).status).toBe(500)
        expect((await read(sandbox, ann.id)).status).toBe(200)
      },
    )
  })

  it('does the work although the client has gone', async () => {
    await withSandbox({ seed: orgOf([ann]), latencyMilliseconds: 100 }, async (sandbox) => {
      const { hostname, port, host } = new URL(sandbox.url)
      const client = connect(Number(port), hostname)
      const head = `POST /api/v1/users/${ann.id}/lifecycle/suspend HTTP/1.1\r\nhost: ${host}\r\nauthorization: SSWS ${token}\r\ncontent-length: 0\r\n\r\n`
      await new Promise((resolve) => client.write(head, resolve))
      client.destroy()
      await expect.poll(() => sandbox.org.find(ann.id)?.status).toBe('SUSPENDED')
    })
  })
})
