import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientId, makeKeys } from '../okta/oauth/service-app-client.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** Secrets that no pattern knows: whatever leaks one has not kept it, rather than not masked it. */
const canary = {
  token: 'canary.token.6f1d2c',
  password: 'canary-proxy-6f1d2c',
  access: 'canary.access.6f1d2c',
  link: 'canaryLink6f1d2cXYZ',
}
const keys = makeKeys('RS256')
const keyLine = keys.pem.split('\n')[3] ?? ''
const run = ['run', 'in.csv', '--action', 'suspend', ...unattended]

type Env = Readonly<Record<string, string>>

/** One way in which something goes wrong. */
interface Failure {
  /** How the org answers; by default it repeats all that it was sent. */
  readonly answer?: RequestListener
  readonly env?: (url: string) => Env
  readonly args?: readonly string[]
  readonly job?: string
}

function everything(request: IncomingMessage): string {
  return JSON.stringify(request.headers).replaceAll('"', "'")
}

/** An answer that repeats the request's headers in its body and in its own headers, as a debugging proxy does. */
function echo(status: number, more: Readonly<Record<string, string>> = {}, html = false): RequestListener {
  return (request, response) => {
    const { authorization = '', dpop } = request.headers
    const said = everything(request)
    const json = { errorCode: 'E0000001', errorSummary: said, errorCauses: [{ errorSummary: authorization }] }
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-okta-request-id': `id ${authorization} ${String(dpop ?? '')}`,
      ...more,
    })
    response.end(html ? `<html>${said}</html>` : JSON.stringify(json))
  }
}

/** Answers the first request in one way, and all others in another. */
function once(first: RequestListener, then: RequestListener): RequestListener {
  let requests = 0
  return (request, response) => (requests++ === 0 ? first : then)(request, response)
}

const done: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'x-okta-request-id': 'r' }).end('{}')
}

/** An org in which one call goes through and others don't. */
function onCalls(answer: RequestListener): RequestListener {
  return (request, response) => {
    if (request.method === 'POST') answer(request, response)
    else user(request, response)
  }
}

function user({ url = '' }: IncomingMessage, response: ServerResponse, status = 'ACTIVE'): void {
  // The owner is none of the users in the input.
  const id = url.endsWith('/me') ? userIdOf(99) : (url.split('/').at(-1) ?? '')
  response.writeHead(200, { 'content-type': 'application/json', 'x-okta-request-id': 'r' })
  response.end(JSON.stringify({ id, status, statusChanged: null, profile: { login: `${id}@example.com` } }))
}

/** A token endpoint that gives the canary, before an org that does something else. */
function withTokens(api: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url !== '/oauth2/v1/token') return api(request, response)
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'x-okta-request-id': 'r' })
    response.end(JSON.stringify({ access_token: canary.access, token_type: 'DPoP', expires_in: 3600 }))
  }
}

/** A token endpoint that repeats the form that it got. */
const echoForm: RequestListener = (request, response) => {
  let form = ''
  request.on('data', (chunk) => {
    form += String(chunk)
  })
  request.on('end', () => {
    response.writeHead(401, { 'content-type': 'application/json', 'x-okta-request-id': form.slice(0, 2000) })
    const assertion = new URLSearchParams(form).get('client_assertion')
    response.end(JSON.stringify({ error: 'invalid_client', error_description: `${assertion} ${form}` }))
  })
}

function app(url: string): Env {
  return {
    OKTA_CLIENT_ORGURL: url,
    OKTA_CLIENT_TOKEN: '',
    OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
    OKTA_CLIENT_CLIENTID: clientId,
    OKTA_CLIENT_PRIVATEKEY: keys.pem,
  }
}

const link: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'x-okta-request-id': 'r' })
  const url = `https://acme.okta.com/tokens/${canary.link}/verify`
  response.end(JSON.stringify({ activationUrl: url, activationToken: canary.link }))
}

const staged: RequestListener = (request, response) =>
  user(request, response, request.url?.endsWith('/me') ? 'ACTIVE' : 'STAGED')

const proxyEnv = (port: number): Env => ({
  OKTA_CLIENT_ORGURL: 'https://acme.okta.com',
  HTTPS_PROXY: `http://ann:${canary.password}@127.0.0.1:${port}`,
})

const failures: readonly (readonly [what: string, failure: Failure])[] = [
  ['a 401 that repeats the request', { answer: echo(401) }],
  [
    'a 401 with a challenge that repeats it',
    {
      answer: (request, response) =>
        echo(401, { 'www-authenticate': `Bearer error="${request.headers.authorization}"` })(
          request,
          response,
        ),
    },
  ],
  ['a call refused with all of it', { answer: onCalls(echo(400)) }],
  ['a call refused with a page of it', { answer: onCalls(echo(403, {}, true)) }],
  ['a call that fails with all of it', { answer: onCalls(once(echo(500), done)) }],
  ['a call answered by a strange success', { answer: onCalls(echo(200)) }],
  [
    'a call refused ten times',
    { answer: onCalls(echo(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' })) },
  ],
  [
    'a redirect with the token in its target',
    {
      answer: (request, response) =>
        response
          .writeHead(302, { location: `https://x.example.com/?t=${request.headers.authorization}` })
          .end(),
    },
  ],
  [
    'a redirect to a host with the token in its name',
    {
      answer: (request, response) =>
        response
          .writeHead(302, {
            location: `https://${String(request.headers.authorization).slice(5).replaceAll('.', '-')}.example.com/`,
          })
          .end(),
    },
  ],
  [
    'a rate limit with all of it',
    {
      answer: onCalls(
        echo(400, { 'x-rate-limit-limit': '5', 'x-rate-limit-remaining': '4', 'x-rate-limit-reset': '1' }),
      ),
    },
  ],
  ['a plan that fails', { answer: echo(401), args: ['plan', 'in.csv', '--action', 'suspend', '--json'] }],
  [
    'a plan of a user whose read is refused',
    {
      answer: (request, response) =>
        request.url?.endsWith('/me') ? user(request, response) : echo(403)(request, response),
      args: ['plan', 'in.csv', '--action', 'suspend'],
    },
  ],
  ['an error as JSON', { answer: echo(401), args: [...run, '--json'] }],
  ['a token with a space', { env: () => ({ OKTA_CLIENT_TOKEN: `SSWS ${canary.token}` }) }],
  ['a token in quotation marks', { env: () => ({ OKTA_CLIENT_TOKEN: `"${canary.token}"` }) }],
  ['a token in place of the URL', { env: () => ({ OKTA_CLIENT_ORGURL: canary.token }) }],
  [
    'a URL with a password',
    { env: () => ({ OKTA_CLIENT_ORGURL: `https://ann:${canary.password}@acme.okta.com` }) },
  ],
  ['a token in place of the mode', { env: () => ({ OKTA_CLIENT_AUTHORIZATIONMODE: 'Kerberos' }) }],
  ['half a key', { env: (url) => ({ ...app(url), OKTA_CLIENT_PRIVATEKEY: keys.pem.slice(0, 600) }) }],
  ['a key without its first line', { env: (url) => ({ ...app(url), OKTA_CLIENT_PRIVATEKEY: keyLine }) }],
  [
    'a key with quotation marks',
    { env: (url) => ({ ...app(url), OKTA_CLIENT_PRIVATEKEY: `'${keys.pem}'` }) },
  ],
  ['a token endpoint that repeats the form', { answer: echoForm, env: app }],
  ['a token endpoint that repeats the headers', { answer: echo(400), env: app, args: ['doctor', '--json'] }],
  ['an access token that the API repeats', { answer: withTokens(echo(400)), env: app }],
  ['an access token that the API refuses', { answer: withTokens(echo(401)), env: app }],
  ['an access token that a call repeats', { answer: withTokens(onCalls(echo(403))), env: app }],
  [
    'a link that nobody asked for',
    {
      answer: (request, response) => (request.method === 'POST' ? link : staged)(request, response),
      args: ['run', 'in.csv', '--job', 'job.yaml', ...unattended],
      job: 'name: j\naction: activate\noptions: { send_email: false }\n',
    },
  ],
  [
    'a link with a failure',
    {
      answer: (request, response) =>
        request.method === 'POST'
          ? response.writeHead(400, { 'x-okta-request-id': 'r' }).end(
              JSON.stringify({
                errorCode: 'E0000001',
                errorSummary: `https://acme.okta.com/tokens/${canary.link}/verify`,
                errorCauses: [],
              }),
            )
          : staged(request, response),
      args: ['run', 'in.csv', '--action', 'activate', ...unattended],
    },
  ],
  ['a doctor with all of it', { answer: echo(403), args: ['doctor'] }],
  ['a doctor as JSON', { answer: echo(401), args: ['doctor', '--json'] }],
  [
    'a proxy that is no URL',
    {
      env: () => ({
        OKTA_CLIENT_ORGURL: 'https://acme.okta.com',
        HTTPS_PROXY: `http://ann:${canary.password} @proxy`,
      }),
    },
  ],
  [
    'a proxy of another kind',
    {
      env: () => ({
        OKTA_CLIENT_ORGURL: 'https://acme.okta.com',
        HTTPS_PROXY: `socks5://ann:${canary.password}@proxy`,
      }),
    },
  ],
]

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function filesOf(place: Workplace): Promise<string> {
  const entries = await readdir(place.directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')))).join(
    '\n',
  )
}

function expectNoCanary(text: string): void {
  for (const [name, secret] of Object.entries(canary)) expect(text, name).not.toContain(secret)
  expect(text, 'key').not.toContain(keyLine)
  expect(text, 'assertion or proof').not.toMatch(/eyJ[\w-]{20,}\.eyJ/)
}

describe('no secret is seen', () => {
  it.each(failures)('of %s', async (_what, { answer = echo(401), env = () => ({}), args = run, job }) => {
    await withWorkplace(async (place) => {
      const url = await serve(answer)
      await place.write('in.csv', usersCsv(Array.from({ length: 12 }, (_, index) => userIdOf(index + 1))))
      if (job !== undefined) await place.write('job.yaml', job)
      const right = {
        OKTA_CLIENT_ORGURL: url,
        OKTA_CLIENT_TOKEN: canary.token,
        HOME: place.directory,
        OKTA_CLIENT_REQUESTTIMEOUT: '2',
      }
      const end = await place.runHere(
        null,
        [...args, ...(args[0] === 'run' && !args.includes('--drain') ? ['--drain', '1'] : [])],
        { env: { ...right, ...env(url) } },
      )
      expect(end.stdout + end.stderr).not.toBe('')
      expectNoCanary(end.stdout + end.stderr + (await filesOf(place)))
    })
  })

  it('of a proxy that refuses the password', async () => {
    await withWorkplace(async (place) => {
      const proxy = await startConnectProxy({ wants: 'ann:other' })
      onTestFinished(() => proxy.close())
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const env = { ...proxyEnv(proxy.port), OKTA_CLIENT_TOKEN: canary.token, HOME: place.directory }
      for (const args of [run, ['doctor', '--json'], ['doctor']]) {
        const end = await place.runHere(null, args, { env })
        expect(end.code).not.toBe(0)
        expectNoCanary(end.stdout + end.stderr + (await filesOf(place)))
      }
    })
  })

  it('in the arguments of the process, nor when it is killed', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 30 }), token: canary.token, latencyMs: 100 })
      await place.write('in.csv', usersCsv(Array.from({ length: 30 }, (_, index) => userIdOf(index + 1))))
      const env = { OKTA_CLIENT_REQUESTTIMEOUT: '2' }
      const cli = place.start(org, run, { env })
      await org.waitUntil(() => Object.keys(org.applied).length > 3)
      if (process.platform === 'linux') expectNoCanary(await readFile(`/proc/${cli.pid}/cmdline`, 'utf8'))
      cli.kill('SIGKILL')
      await cli.ended
      expectNoCanary(await filesOf(place))
      const resumed = await place.run(org, ['resume', runId, '--yes', '--quiet'], { env })
      expect(resumed.code, resumed.stderr).toBe(0)
      expectNoCanary(resumed.stdout + resumed.stderr + (await filesOf(place)))
    })
  })
})
