import { spawn } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { askToken, clientId, makeKey, refusalOf, tokenOf } from './oauth/service-app.ts'
import { send } from './with-sandbox.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const authorization = 'SSWS sandbox-token'
const pem = { type: 'spki', format: 'pem' } as const

/** Runs the built command until the callback is done with the org that it serves. */
async function serve(flags: readonly string[], use: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [main, 'sandbox', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  try {
    const [url] = await once(createInterface({ input: child.stdout }), 'line')
    await use(String(url))
  } finally {
    child.kill('SIGTERM')
  }
  expect((await exited)[0]).toBe(0)
}

describe('okta-lifecycle sandbox', () => {
  it('serves as many users of each status as --users says', async () => {
    await serve(['--users', 'ACTIVE=3,LOCKED_OUT=2'], async (url) => {
      const { body } = await send(`${url}/sandbox`, 'GET')
      // The administrator who owns the token is one more.
      expect(body).toMatchObject({ users: 6, statuses: { ACTIVE: 4, LOCKED_OUT: 2, STAGED: 0 } })
    })
  })

  it('has the limits, shares, neighbours and delays that the flags say', async () => {
    const limits = [
      '--client-percent',
      '25',
      '--limit',
      '10',
      '--bucket-limit',
      '/api/v1=40',
      '--window',
      '30',
    ]
    const others = ['--neighbour', '600/min', '--neighbour', '/api/v1=60/min,token']
    const delays = ['--activate-delay', '60000', '--users', 'STAGED=1']
    await serve([...limits, ...others, ...delays], async (url) => {
      const admins = await send(`${url}/api/v1/iam/assignees/users`, 'GET', { authorization })
      expect(admins.headers['x-rate-limit-limit']).toBe('10')
      const search = `${url}/api/v1/users?filter=${encodeURIComponent('status eq "STAGED"')}`
      const found = await send(search, 'GET', { authorization })
      expect(found.headers['x-rate-limit-limit']).toBe('10')
      const [{ id }] = found.body as [{ id: string }]
      const user = `${url}/api/v1/users/${id}`
      await send(`${user}/lifecycle/activate`, 'POST', { authorization })
      const { body } = await send(user, 'GET', { authorization })
      expect(body).toMatchObject({ status: 'STAGED', transitioningToStatus: expect.any(String) })
      const { body: seen } = await send(`${url}/sandbox/neighbours`, 'GET')
      expect(seen).toMatchObject({
        neighbours: [
          { bucket: '/api/v1/users', callsPerMinute: 600, counter: 'org' },
          { bucket: '/api/v1', callsPerMinute: 60, counter: 'token' },
        ],
      })
      const { body: rules } = await send(`${url}/sandbox/limits`, 'GET')
      expect(rules).toMatchObject({
        limits: { windowSeconds: 30, limits: { '/api/v1/users': 40, '/api/v1': 40 } },
      })
    })
  })

  it('fails as --fault says, in all calls with --fault-reads, and by the clock of --clock-skew', async () => {
    const flags = ['--fault', 'revoked_token=1', '--fault-reads', '--clock-skew', '-3600']
    await serve(flags, async (url) => {
      const { status, headers } = await send(`${url}/api/v1/users/me`, 'GET', { authorization })
      expect(status).toBe(401)
      expect(Math.abs(Date.now() - 3_600_000 - Date.parse(String(headers.date)))).toBeLessThan(60_000)
    })
  })

  it('has the service apps that the flags say', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sandbox-command-'))
    try {
      const [key, second] = await Promise.all([makeKey('ES256'), makeKey('RS256')])
      const file = join(directory, 'keys.json')
      await writeFile(file, JSON.stringify({ keys: [key.publicJwk] }))
      const other = join(directory, 'key.pem')
      await writeFile(other, createPublicKey({ key: second.publicJwk, format: 'jwk' }).export(pem))
      const flags = [
        ...['--oauth-client', `${clientId}=${file}`, '--oauth-client', `0oaOther=${other}`],
        ...['--oauth-scope', 'okta.users.read', '--no-dpop', '--no-admin-role', '--token-lifetime', '30'],
      ]
      await serve(flags, async (url) => {
        const answer = await askToken({ url }, key)
        expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 30, scope: 'okta.users.read' })
        const claims = { iss: '0oaOther', sub: '0oaOther' }
        const bearer = tokenOf(await askToken({ url }, second, { claims }))
        const list = await send(`${url}/api/v1/users`, 'GET', { authorization: `Bearer ${bearer}` })
        expect(list).toMatchObject({ status: 200, body: [] })
      })
      await serve(['--oauth-client', `${clientId}=${file}`], async (url) => {
        expect(refusalOf(await askToken({ url }, key))).toMatch(/DPoP proof JWT header is missing/)
      })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it.each([
    ['--oauth-client', '0oaclient'],
    ['--oauth-client', '0oaclient=/nowhere/public.pem'],
    ['--oauth-client', '0oaclient=package.json'],
    ['--users', 'ACTIVE'],
    ['--bucket-limit', '/api/v1/elsewhere=5'],
    ['--bucket-limit', '/api/v1/users=many'],
    ['--neighbour', 'often'],
    ['--client-percent', '0'],
    ['--drip', '0'],
  ])('refuses %s %s, and says what was expected', async (flag, value) => {
    const child = spawn(process.execPath, [main, 'sandbox', flag, value], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const printed: string[] = []
    child.stderr.on('data', (chunk) => printed.push(String(chunk)))
    const [code] = await once(child, 'close')
    expect(code).toBe(2)
    expect(printed.join('')).toMatch(/→ \S/)
  })
})
