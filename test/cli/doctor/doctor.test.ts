import { execFileSync } from 'node:child_process'
import { chmod, mkdir } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Findings } from '../../../src/cli/doctor/render-findings.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { type Workplace, withWorkplace } from '../../end-to-end/workplace.ts'
import { clientId, makeKeys } from '../../okta/oauth/service-app-client.ts'
import { orgOf, userOf } from '../../sandbox/with-sandbox.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import {
  type AuthorizationOptions,
  startForeignAuthorization,
} from '../../support/foreign-authorization/server.ts'
import { defaultToken, type ForeignOrgOptions } from '../../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../../support/foreign-org/user.ts'
import { ownCa } from '../../support/own-ca.ts'
import { startSpoilingProxy } from '../../support/spoiling-proxy.ts'

const keys = makeKeys('RS256', 'the-key')
const users = makeUsers({ count: 3 })

const forbidden = { name: 'forbidden' } as const

type Env = Readonly<Record<string, string>>

/** The scene of one misconfiguration: an org that is well, and the settings that reach it. */
interface Scene {
  readonly place: Workplace
  readonly url: string
  org(options: ForeignOrgOptions): Promise<string>
  app(options?: Partial<AuthorizationOptions>): Promise<Env>
}

/** Plants a misconfiguration; gives what differs from the right settings, and arguments. */
type Plant = (scene: Scene) => Promise<Plan> | Plan

interface Plan {
  readonly env?: Env
  readonly args?: readonly string[]
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function doctor(plant: Plant): Promise<{ code: number | null; findings: Findings; text: string }> {
  let result = { code: null as number | null, findings: { settings: [], checks: [] } as Findings, text: '' }
  await withWorkplace(async (place) => {
    const rateLimit = { lifecycle: 600, read: 600, windowSeconds: 60 }
    const { url } = await place.org({ users, ownerId: userIdOf(3), rateLimit })
    const scene: Scene = {
      place,
      url,
      org: async (options) => (await place.org({ users, ownerId: userIdOf(3), rateLimit, ...options })).url,
      app: async (options = {}) => {
        const org = await place.org({ users, ownerId: null, rateLimit })
        const authorization = await startForeignAuthorization({
          org,
          clientId,
          publicJwk: keys.publicJwk,
          dpop: true,
          ...options,
        })
        onTestFinished(() => authorization.close())
        return {
          OKTA_CLIENT_ORGURL: authorization.url,
          OKTA_CLIENT_TOKEN: '',
          OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
          OKTA_CLIENT_CLIENTID: clientId,
          OKTA_CLIENT_PRIVATEKEY: keys.pem,
        }
      },
    }
    const { env = {}, args = [] } = await plant(scene)
    const right = { OKTA_CLIENT_ORGURL: url, OKTA_CLIENT_TOKEN: defaultToken, HOME: place.directory }
    const end = await place.runHere(null, ['doctor', '--json', ...args], { env: { ...right, ...env } })
    result = { code: end.code, findings: JSON.parse(end.stdout), text: end.stdout + end.stderr }
  })
  return result
}

/** Each thing planted, the check that must find it, and what must be in its words. */
const planted: readonly (readonly [what: string, plant: Plant, check: string, words: RegExp])[] = [
  [
    'no URL',
    () => ({ env: { OKTA_CLIENT_ORGURL: '' } }),
    'settings',
    /OKTA_CLIENT_ORGURL is not set.*export/,
  ],
  [
    'a URL without scheme',
    () => ({ env: { OKTA_CLIENT_ORGURL: 'acme.okta.com' } }),
    'settings',
    /no scheme.*https:\/\/acme/,
  ],
  [
    'the admin console',
    () => ({ env: { OKTA_CLIENT_ORGURL: 'https://acme-admin.okta.com' } }),
    'settings',
    /admin console.*https:\/\/acme\.okta\.com/,
  ],
  [
    'a URL with a path',
    () => ({ env: { OKTA_CLIENT_ORGURL: 'https://acme.okta.com/api/v1' } }),
    'settings',
    /without a path/,
  ],
  [
    'an example that was not filled in',
    () => ({ env: { OKTA_CLIENT_ORGURL: 'https://{yourOktaDomain}' } }),
    'settings',
    /OKTA_CLIENT_ORGURL/,
  ],
  [
    'quotation marks around the URL',
    ({ url }) => ({ env: { OKTA_CLIENT_ORGURL: `"${url}"` } }),
    'settings',
    /quotation marks.*Remove/,
  ],
  [
    'quotation marks around the token',
    () => ({ env: { OKTA_CLIENT_TOKEN: `'${defaultToken}'` } }),
    'settings',
    /OKTA_CLIENT_TOKEN has quotation marks/,
  ],
  [
    'a token with its scheme',
    () => ({ env: { OKTA_CLIENT_TOKEN: `SSWS ${defaultToken}` } }),
    'settings',
    /without the word SSWS/,
  ],
  ['no token', () => ({ env: { OKTA_CLIENT_TOKEN: '' } }), 'settings', /OKTA_CLIENT_TOKEN is not set/],
  [
    'an unknown mode',
    () => ({ env: { OKTA_CLIENT_AUTHORIZATIONMODE: 'OAuth' } }),
    'settings',
    /SSWS.*Bearer.*PrivateKey/,
  ],
  [
    'a time limit in words',
    () => ({ env: { OKTA_CLIENT_REQUESTTIMEOUT: '30s' } }),
    'settings',
    /number of seconds/,
  ],
  [
    'a time limit that no connection keeps to',
    () => ({ env: { OKTA_CLIENT_REQUESTTIMEOUT: '0.0001' } }),
    'settings',
    /OKTA_CLIENT_REQUESTTIMEOUT.*from 0\.1 to 600/,
  ],
  [
    'half a private key',
    async ({ app }) => ({ env: { ...(await app()), OKTA_CLIENT_PRIVATEKEY: keys.pem.slice(0, 500) } }),
    'settings',
    /cut off/,
  ],
  [
    'a key file that is gone',
    async ({ app }) => ({ env: { ...(await app()), OKTA_CLIENT_PRIVATEKEY: './gone.pem' } }),
    'settings',
    /gone\.pem.*ENOENT/,
  ],
  [
    'a pipe as key file',
    async ({ app, place }) => {
      execFileSync('mkfifo', [join(place.directory, 'key.pem')])
      return { env: { ...(await app()), OKTA_CLIENT_PRIVATEKEY: './key.pem' } }
    },
    'settings',
    /key\.pem can't be read \(not a regular file\)/,
  ],
  [
    'a key file that all may read',
    async ({ app, place }) => {
      await place.write('key.pem', keys.pem)
      await chmod(join(place.directory, 'key.pem'), 0o644)
      return { env: { ...(await app()), OKTA_CLIENT_PRIVATEKEY: 'key.pem' } }
    },
    'secret_files',
    /mode 644.*chmod 600/,
  ],
  [
    'settings at the top of okta.yaml',
    async ({ place }) => {
      await place.write('okta.yaml', 'client: { requestTimeout: 20 }\n')
      return {}
    },
    'settings_misspelled',
    /client is not read.*okta\.client/,
  ],
  [
    'an okta.yaml that is a text',
    async ({ place }) => {
      await place.write('okta.yaml', 'okta: https://example.okta.com\n')
      return {}
    },
    'settings',
    /okta in \.\/okta\.yaml is not a mapping.*should look like/,
  ],
  [
    'a broken okta.yaml',
    async ({ place }) => {
      await place.write('okta.yaml', 'okta:\n  client: {token: 00secret\n')
      return {}
    },
    'settings',
    /\.\/okta\.yaml is not valid YAML: line/,
  ],
  [
    'a misspelled key',
    async ({ place, url }) => {
      await place.write('okta.yaml', `okta:\n  client:\n    orgURL: ${url}\n`)
      return { env: { OKTA_CLIENT_ORGURL: '' } }
    },
    'settings',
    /okta\.client\.orgURL in .* is not okta\.client\.orgUrl, so it is not read/,
  ],
  [
    'a misspelled variable',
    () => ({ env: { OKTA_API_TOKEN: 'x' } }),
    'settings_misspelled',
    /OKTA_API_TOKEN is not read.*OKTA_CLIENT_TOKEN/,
  ],
  [
    'a key with the mode of tokens',
    () => ({ env: { OKTA_CLIENT_PRIVATEKEY: keys.pem } }),
    'settings_unused',
    /OKTA_CLIENT_PRIVATEKEY.*PrivateKey/,
  ],
  [
    'certificates that nobody checks',
    () => ({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }),
    'tls_checks',
    /turns off all checks.*unset/,
  ],
  [
    'a CA file that is gone',
    () => ({ env: { NODE_EXTRA_CA_CERTS: '/gone/ca.pem' } }),
    'extra_ca',
    /\/gone\/ca\.pem, which can't be read/,
  ],
  [
    'a host that is not there',
    () => ({ env: { OKTA_CLIENT_ORGURL: 'https://acme.okta.invalid' } }),
    'reachable',
    /can't be reached.*OKTA_CLIENT_ORGURL/,
  ],
  [
    'a port where nothing listens',
    () => ({ env: { OKTA_CLIENT_ORGURL: 'http://127.0.0.1:1' } }),
    'reachable',
    /nothing listens.*firewall/,
  ],
  [
    'a certificate that is not trusted',
    async ({ url }) => {
      const proxy = await startSpoilingProxy({ org: { url, token: '' }, tls: true })
      onTestFinished(() => proxy.close())
      return { env: { OKTA_CLIENT_ORGURL: proxy.url } }
    },
    'tls',
    /not accepted.*example\.com tests.*NODE_EXTRA_CA_CERTS/,
  ],
  [
    'a CA file that lacks the CA of the certificate',
    async ({ url, place }) => {
      const proxy = await startSpoilingProxy({ org: { url, token: '' }, tls: true })
      onTestFinished(() => proxy.close())
      await place.write('other-ca.pem', ownCa.root)
      return { env: { OKTA_CLIENT_ORGURL: proxy.url, NODE_EXTRA_CA_CERTS: 'other-ca.pem' } }
    },
    'tls',
    /not accepted.*Add the CA that issued it to .*other-ca\.pem \(NODE_EXTRA_CA_CERTS\), which has other CAs/,
  ],
  [
    'a proxy whose tunnel is silent',
    async () => {
      const proxy = await startConnectProxy({ wants: null, silentTunnel: true })
      onTestFinished(() => proxy.close())
      const https_proxy = `127.0.0.1:${proxy.port}`
      const env = {
        https_proxy,
        OKTA_CLIENT_ORGURL: 'https://acme.okta.com',
        OKTA_CLIENT_REQUESTTIMEOUT: '0.3',
      }
      return { env }
    },
    'reachable',
    /the proxy gives a connection, and nothing comes through it \(PROXY_SILENT\).*\(https_proxy\).*whether the proxy reaches the org's host/,
  ],
  [
    'a proxy that an exception keeps from being used',
    () => ({
      env: { HTTPS_PROXY: '127.0.0.1:1', NO_PROXY: '*', OKTA_CLIENT_ORGURL: 'https://acme.okta.invalid' },
    }),
    'reachable',
    /NO_PROXY=\* keeps requests from the proxy in HTTPS_PROXY/,
  ],
  [
    'a proxy that is not there, in the variable that is used',
    () => ({
      env: {
        https_proxy: '127.0.0.1:1',
        HTTPS_PROXY: '127.0.0.1:2',
        OKTA_CLIENT_ORGURL: 'https://a.okta.com',
      },
    }),
    'reachable',
    /^(?!.*HTTPS_PROXY).*\(https_proxy\) can't be reached.*Check the address and the scheme of the proxy, and/s,
  ],
  [
    'a proxy that wants a password',
    async () => {
      const proxy = await startConnectProxy({ wants: 'ann:right' })
      onTestFinished(() => proxy.close())
      const env = { HTTPS_PROXY: `127.0.0.1:${proxy.port}`, OKTA_CLIENT_ORGURL: 'https://acme.okta.com' }
      return { env }
    },
    'reachable',
    /the proxy refuses the connection.*USER:PASSWORD/,
  ],
  [
    'a proxy that is none',
    () => ({ env: { HTTPS_PROXY: 'socks5://127.0.0.1:1', OKTA_CLIENT_ORGURL: 'https://acme.okta.com' } }),
    'settings',
    /HTTPS_PROXY names a proxy for socks5/,
  ],
  [
    'an org that has moved',
    async () => ({
      env: {
        OKTA_CLIENT_ORGURL: await serve((_, answer) =>
          answer.writeHead(302, { location: 'https://login.example.com/x' }).end(),
        ),
      },
    }),
    'reachable',
    /redirects to https:\/\/login\.example\.com/,
  ],
  [
    'a sign-in page in between',
    async () => ({
      env: { OKTA_CLIENT_ORGURL: await serve((_, answer) => answer.end('<html>Sign in</html>')) },
    }),
    'reachable',
    /Something else answers.*proxy/,
  ],
  [
    'a token that is not valid',
    () => ({ env: { OKTA_CLIENT_TOKEN: '00wrong' } }),
    'credentials',
    /refuses the credentials.*OKTA_CLIENT_TOKEN/,
  ],
  [
    'a token whose owner is hidden',
    async ({ org }) => ({ env: { OKTA_CLIENT_ORGURL: await org({ ownerId: null }) } }),
    'owner',
    /does not show who owns/,
  ],
  [
    'an unknown client',
    async ({ app }) => ({ env: { ...(await app()), OKTA_CLIENT_CLIENTID: '0oaNobody' } }),
    'credentials',
    /0oaNobody.*OKTA_CLIENT_CLIENTID/,
  ],
  [
    'a wrong key',
    async ({ app }) => ({ env: { ...(await app()), OKTA_CLIENT_PRIVATEKEY: makeKeys('RS256').pem } }),
    'credentials',
    /private key does not belong/,
  ],
  [
    'scopes that were not granted',
    async ({ app }) => ({ env: await app({ granted: ['okta.users.read'] }) }),
    'credentials',
    /scopes okta\.users\.manage.*Okta API Scopes/,
  ],
  [
    'scopes that do not suffice',
    async ({ app }) => ({ env: { ...(await app()), OKTA_CLIENT_SCOPES: 'okta.users.read' } }),
    'scopes',
    /lack okta\.users\.manage/,
  ],
  [
    'a scope that Okta does not know',
    async ({ app }) => ({
      env: { ...(await app()), OKTA_CLIENT_SCOPES: 'okta.user.manage okta.users.read okta.roles.read' },
    }),
    'scopes',
    /change okta\.user\.manage to okta\.users\.manage/,
  ],
  [
    'an access token that has expired',
    ({ url }) => {
      const claims = {
        sub: '0oa1',
        cid: '0oa1',
        scp: ['okta.users.manage', 'okta.users.read'],
        exp: 1_700_000_000,
      }
      const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
      return {
        env: { OKTA_CLIENT_ORGURL: url, OKTA_CLIENT_AUTHORIZATIONMODE: 'Bearer', OKTA_CLIENT_TOKEN: token },
      }
    },
    'token_life',
    /has expired.*PrivateKey/,
  ],
  [
    'an app without an admin role',
    async () => {
      const oauth = { clients: [{ id: clientId, keys: [keys.publicJwk], hasRole: false }] }
      const sandbox = await startSandbox({ seed: orgOf([userOf('ann@example.com', 'ACTIVE')]), oauth })
      onTestFinished(() => sandbox.close())
      return {
        env: {
          OKTA_CLIENT_ORGURL: sandbox.url,
          OKTA_CLIENT_TOKEN: '',
          OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
          OKTA_CLIENT_CLIENTID: clientId,
          OKTA_CLIENT_PRIVATEKEY: keys.pem,
        },
      }
    },
    'role',
    /no user at all.*admin role/,
  ],
  [
    'a clock that is off',
    async ({ org }) => ({ env: { OKTA_CLIENT_ORGURL: await org({ clockSkewSeconds: 600 }) } }),
    'clock',
    /behind Okta's.*NTP/,
  ],
  [
    'a limit that others use up',
    async ({ org }) => ({
      env: { OKTA_CLIENT_ORGURL: await org({ rateLimit: { lifecycle: 1, read: 600, windowSeconds: 60 } }) },
    }),
    'limits',
    /\/api\/v1\/users: 0 of 1 left.*Rate Limits/,
  ],
  [
    'a job file that is not valid',
    async ({ place }) => {
      await place.write('job.yaml', 'name: x\nguard: {}\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'job',
    /job\.yaml:2:1.*validate/,
  ],
  [
    'an input that is gone',
    async ({ place }) => {
      await place.write('job.yaml', 'name: x\ninput: { file: gone.csv }\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'input',
    /gone\.csv.*input\.file/,
  ],
  [
    'an input without the column that the job names',
    async ({ place }) => {
      await place.write('in.csv', 'login\na@example.com\n')
      await place.write(
        'job.yaml',
        'name: x\ninput: { file: in.csv, user_column: leaver }\nsteps: [suspend]\n',
      )
      return { args: ['--job', 'job.yaml'] }
    },
    'input',
    /in\.csv.*leaver/,
  ],
  [
    'a job that names no action for its rows',
    async ({ place }) => {
      await place.write('in.csv', 'login\na@example.com\n')
      await place.write('job.yaml', 'name: x\ninput: { file: in.csv }\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'input',
    /in\.csv.*action/,
  ],
  [
    'a place for activation links that holds something else',
    async ({ place }) => {
      await place.write('in.csv', 'login,action\na@example.com,activate\n')
      await place.write(
        'job.yaml',
        'name: x\ninput: { file: in.csv }\nreport: { activation_links: in.csv }\n',
      )
      return { args: ['--job', 'job.yaml'] }
    },
    'activation_links',
    /in\.csv.*activation_links/,
  ],
  [
    'a list of protected users that is gone',
    async ({ place }) => {
      await place.write('job.yaml', 'name: x\nguards: { protect_file: never.txt }\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'protect_file',
    /never\.txt can't be read.*guards\.protect_file/,
  ],
  [
    'a list of protected users with nobody in it',
    async ({ place }) => {
      await place.write('never.txt', 'nobody@example.com\n')
      await place.write('job.yaml', 'name: x\nguards: { protect_file: never.txt }\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'guard_protect',
    /nobody@example\.com/,
  ],
  [
    'no place for activation links',
    async ({ place }) => {
      await place.write('job.yaml', 'name: x\nreport: { activation_links: gone/links.csv }\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'activation_links',
    /gone, does not exist.*report\.activation_links/,
  ],
  [
    'notifications without an address',
    async ({ place }) => {
      await place.write('job.yaml', 'name: x\nnotify: {}\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'notify',
    /OKTA_LIFECYCLE_NOTIFY_URL is not set.*export OKTA_LIFECYCLE_NOTIFY_URL=/,
  ],
  [
    'a protected user who is nobody',
    async ({ place }) => {
      await place.write(
        'job.yaml',
        'name: x\nguards: { protect: [nobody@example.com, "*@board.example.com"] }\n',
      )
      return { args: ['--job', 'job.yaml'] }
    },
    'guard_protect',
    /nobody@example\.com.*protects nobody/,
  ],
  [
    'a token that may not see who has an admin role, without a job',
    async ({ org }) => ({
      env: {
        OKTA_CLIENT_ORGURL: await org({
          fault: ({ path }) => (path.includes('/iam/') ? { name: 'forbidden' } : null),
        }),
      },
    }),
    'guard_admins',
    /protect_admins.*"View roles, resources, and admin assignments".*okta\.roles\.read.*--no-protect-admins/,
  ],
  [
    'an org that does not say who has an admin role',
    async ({ org }) => ({
      env: {
        OKTA_CLIENT_ORGURL: await org({
          fault: ({ path }) => (path.includes('/iam/') ? { name: 'unknownPath' } : null),
        }),
      },
    }),
    'guard_admins',
    /E0000008.*--no-protect-admins/,
  ],
  [
    'a token that may not see the roles of single users, where the job needs them',
    async ({ place, org }) => {
      await place.write('job.yaml', 'name: x\naction: unlock\nguards: { protect_admins: true }\n')
      const fault = ({ path }: { path: string }) => (/\/roles$/.test(path) ? forbidden : null)
      return { env: { OKTA_CLIENT_ORGURL: await org({ fault }) }, args: ['--job', 'job.yaml'] }
    },
    'guard_admins',
    /"View roles, resources, and admin assignments"/,
  ],
  [
    'a service app without the scope for admin roles',
    async ({ app }) => ({ env: await app({ granted: ['okta.users.manage', 'okta.users.read'] }) }),
    'guard_admins',
    /okta\.roles\.read/,
  ],
  [
    'a protected group that is not there',
    async ({ place }) => {
      await place.write('job.yaml', 'name: x\nguards: { protect_groups: [00g1ab2cd3ef4gh5ij6k] }\n')
      return { args: ['--job', 'job.yaml'] }
    },
    'guard_groups',
    /00g1ab2cd3ef4gh5ij6k.*Correct the id/,
  ],
  [
    'a runs directory that is a file',
    async ({ place }) => {
      await place.write('file', '')
      return { args: ['--runs-dir', 'file'] }
    },
    'runs_directory',
    /file.*another --runs-dir/,
  ],
  [
    'a runs directory that all may write to',
    async ({ place }) => {
      await mkdir(join(place.directory, 'open'), { mode: 0o777 })
      await chmod(join(place.directory, 'open'), 0o777)
      return { args: ['--runs-dir', 'open'] }
    },
    'runs_directory',
    /Other users.*chmod/,
  ],
]

describe('doctor', () => {
  it.each(planted)('finds %s, and says what to do', async (_what, plant, name, words) => {
    const { code, findings, text } = await doctor(plant)
    const found = findings.checks.filter((check) => !check.ok && check.name === name)
    expect(
      found
        .map(({ message, fix }) => `${message} → ${fix}`)
        .join(' ')
        .replaceAll('\n', ' '),
      text,
    ).toMatch(words)
    expect(code).toBe(1)
    for (const { ok, fix } of findings.checks) expect(ok).toBe(fix === undefined)
    for (const secret of [defaultToken, '00wrong', '00secret', keys.pem.slice(60, 120)]) {
      expect(text).not.toContain(secret)
    }
  })

  it('finds nothing wrong where nothing is, with a token and as a service app', async () => {
    for (const plant of [() => ({}), async ({ app }: Scene) => ({ env: await app() })]) {
      const { code, findings } = await doctor(plant)
      expect(findings.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(code).toBe(0)
      const names = findings.checks.map(({ name }) => name)
      expect(names).toEqual(
        expect.arrayContaining([
          'settings',
          'reachable',
          'clock',
          'credentials',
          'owner',
          'role',
          'limits',
          'runs_directory',
        ]),
      )
    }
  })

  it('shows where each setting comes from, with secrets hidden and other keys of Okta’s named', async () => {
    const { findings } = await doctor(async ({ place, url }) => {
      await mkdir(join(place.directory, '.okta'))
      await place.write(
        '.okta/okta.yaml',
        `okta: {client: {orgUrl: https://other.okta.com, token: x, requestTimeout: 20}}`,
      )
      await place.write('okta.yaml', `okta: {client: {orgUrl: ${url}, rateLimit: {maxRetries: 4}}}`)
      for (const name of ['.okta/okta.yaml', 'okta.yaml']) await chmod(join(place.directory, name), 0o600)
      const env = { HTTPS_PROXY: 'http://user:canary@proxy.example.com:3128', NO_PROXY: '127.0.0.1' }
      return { env: { OKTA_CLIENT_ORGURL: '', ...env } }
    })
    const shown = findings.settings.map(({ name, source, value }) => `${name} ${source} ${value}`)
    expect(shown).toEqual([
      expect.stringMatching(/^OKTA_CLIENT_ORGURL \.\/okta\.yaml http:\/\/127/),
      'OKTA_CLIENT_TOKEN environment [secret]',
      'OKTA_CLIENT_REQUESTTIMEOUT ~/.okta/okta.yaml 20',
      'HTTPS_PROXY environment http://user:[password]@proxy.example.com:3128',
      'NO_PROXY environment 127.0.0.1',
    ])
    expect(findings.checks).toContainEqual(
      expect.objectContaining({
        name: 'settings_not_used',
        ok: true,
        message: expect.stringContaining('okta.client.rateLimit'),
      }),
    )
  })

  it('ends with 2 where there is no org to check', async () => {
    const { code } = await doctor(() => ({ env: { OKTA_CLIENT_ORGURL: '', OKTA_CLIENT_TOKEN: '' } }))
    expect(code).toBe(2)
  })

  it('sends nothing but reads, and leaves nothing behind', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users, ownerId: userIdOf(3) })
      const end = await place.runHere(org, ['doctor'], { env: { HOME: place.directory } })
      expect(end.stdout).toMatch(/All is well\./)
      expect(end.code).toBe(0)
      expect(new Set(org.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
      expect(await place.runs().catch(() => [])).toEqual([])
    })
  })

  it.each([
    ['has them off', 'guards: { protect_admins: false }'],
    ['locks nobody out', 'steps: [activate, reset_factors]'],
  ])('does not ask for admin roles where the job %s', async (_, job) => {
    const { code, findings } = await doctor(async ({ place, org }) => {
      await place.write('job.yaml', `name: x\n${job}\n`)
      const fault = ({ path }: { path: string }) => (/iam|roles/.test(path) ? forbidden : null)
      return { env: { OKTA_CLIENT_ORGURL: await org({ fault }) }, args: ['--job', 'job.yaml'] }
    })
    expect(findings.checks.filter(({ name }) => name === 'guard_admins')).toEqual([])
    expect(code).toBe(0)
  })
})
