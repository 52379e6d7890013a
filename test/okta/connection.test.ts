import { describe, expect, it } from 'vitest'
import { showSettings } from '../../src/cli/doctor/settings-view.ts'
import { KnownError } from '../../src/messages/known-error.ts'
import { type Connection, readConnection } from '../../src/okta/connection.ts'
import { readOrgUrl } from '../../src/okta/org-url.ts'
import { proxyFor } from '../../src/okta/proxy.ts'
import { settingsOfEnvironment } from '../../src/okta/settings.ts'

function problemOf(work: () => unknown): KnownError {
  try {
    work()
  } catch (error) {
    if (error instanceof KnownError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function checkOrgUrl(text: string | undefined): string {
  return readOrgUrl(settingsOfEnvironment({ OKTA_CLIENT_ORGURL: text }))
}

function connect(environment: Readonly<Record<string, string | undefined>>): Connection {
  return readConnection(settingsOfEnvironment(environment), () => {
    throw new Error('There is no file here.')
  })
}

/** The header of a token, and whether it has no owner. */
function tokenOf({ credentials }: Connection): { authorization: string; ofServiceApp: boolean } {
  if (credentials.kind !== 'token') throw new Error('These are no token.')
  return { authorization: credentials.authorization.reveal(), ofServiceApp: credentials.ofServiceApp }
}

describe('readOrgUrl', () => {
  it.each([
    ['https://acme.okta.com', 'https://acme.okta.com'],
    ['https://acme.okta.com/', 'https://acme.okta.com'],
    ['  https://ACME.okta.com/ \n', 'https://acme.okta.com'],
    ['https://login.example.com:8443/', 'https://login.example.com:8443'],
    ['https://acme-admin.example.com', 'https://acme-admin.example.com'],
    ['https://admin-acme.okta.com', 'https://admin-acme.okta.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.8.9.1', 'http://127.8.9.1'],
    ['http://localhost:3000/', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('accepts %j', (text, origin) => {
    expect(checkOrgUrl(text)).toBe(origin)
  })

  it.each([
    undefined,
    '',
    '   ',
    'acme.okta.com',
    '//acme.okta.com',
    'ftp://acme.okta.com',
    'file:///etc/passwd',
    'http://acme.okta.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://0.0.0.0:80',
    'http://10.0.0.1',
    'http://[::2]',
    'https://acme.okta.com/api/v1',
    'https://acme.okta.com//',
    'https://acme.okta.com/?a=1',
    'https://acme.okta.com/#a',
    'https://user:pass@acme.okta.com',
    'https://user@acme.okta.com',
  ])('refuses %j and names the variable and what to type', (text) => {
    const error = problemOf(() => checkOrgUrl(text))
    expect(error.message).toContain('OKTA_CLIENT_ORGURL')
    expect(error.next).toMatch(/^export OKTA_CLIENT_ORGURL='?https?:\/\/\S+$/)
    expect(error.message).not.toContain('pass@')
  })

  const api = '00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_ab'
  const opaque = 'k7Qz-9XwPv3-mRt5Ln8Bd2Hs6Jf4Gc1Yy'
  const line = 'AcLIfuPd8uua9ui5fsAlnUlfK9Wx5O/t3+Qw8ZpLk2VbNm4RsXy7Tg1HjFd6Ce0A'
  const pem = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----`
  const jwk = JSON.stringify({ kty: 'RSA', n: 'abc', d: 'SB42eFR-gyukfSQjbPd5tw9ClZg64JxQ' })
  const jwt = `eyJraWQiOiJhYmMifQ.${'QmVzdFRva2VuRXZlcjEy'.repeat(4)}.c2lnbmF0dXJl`

  it.each([api, opaque, line, pem, pem.replaceAll('\n', '\\n'), jwk, jwt])(
    'does not show a token that was set in its place: %s',
    (secret) => {
      const encoded = encodeURIComponent(secret)
      const urls = [secret, `https://${secret}`, `https://${secret}/`, `https://acme.okta.com/${secret}`]
      const more = [`https://acme.okta.com?token=${encoded}`, `https://acme.okta.com/${encoded}`]
      for (const url of [...urls, ...more, `https://acme.okta.com/#${secret}`]) {
        const settings = settingsOfEnvironment({ OKTA_CLIENT_ORGURL: url })
        const error = problemOf(() => readOrgUrl(settings))
        const [shown] = showSettings(settings, {})
        const seen = `${error.message} ${error.next} ${shown?.value}`.toLowerCase()
        for (let at = 0; at + 8 <= secret.length; at++) {
          const piece = secret.slice(at, at + 8).toLowerCase()
          expect(seen, `${url} at ${at}`).not.toContain(piece)
          expect(seen, `${url} at ${at}`).not.toContain(encodeURIComponent(piece).toLowerCase())
        }
      }
    },
  )

  it('shows a path that is made of words, since it tells what to change', () => {
    expect(problemOf(() => checkOrgUrl('https://acme.okta.com/api/v1/users')).message).toContain(
      'it has /api/v1/users)',
    )
  })

  it.each([
    ['https://', ''],
    ['https://', '.okta.com'],
    ['', '.okta.com'],
    ['https://acme.okta.com/', ''],
    ['http://', '.example.com:8080/'],
  ])('refuses a token in a URL, without showing it: %sTOKEN%s', (before, after) => {
    const tokens = [
      'canary.TOKEN.6f1d2c',
      'canary-TOKEN-6f1d2c',
      '00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_ab',
    ]
    for (const token of [...tokens, ...tokens.map((one) => one.toLowerCase())]) {
      const settings = settingsOfEnvironment({
        OKTA_CLIENT_ORGURL: `${before}${token}${after}`,
        OKTA_CLIENT_TOKEN: token.startsWith('00') ? undefined : token.replace('token', 'TOKEN'),
      })
      const error = problemOf(() => readOrgUrl(settings))
      expect(error).toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/^OKTA_CLIENT_ORGURL has a token in it/),
      })
      const [shown] = showSettings(settings, {})
      expect(`${error.message} ${error.next} ${shown?.value}`).not.toMatch(/canary|00abcd/i)
    }
  })

  it.each(['acme.okta', 'sandbox', 'acme-corporation'])(
    'takes the token %s for no part of the URL',
    (token) => {
      const url = 'https://sandbox-acme-corporation.okta.com'
      expect(readOrgUrl(settingsOfEnvironment({ OKTA_CLIENT_ORGURL: url, OKTA_CLIENT_TOKEN: token }))).toBe(
        url,
      )
    },
  )

  it.each([
    ['https://acme-admin.okta.com', 'https://acme.okta.com'],
    ['https://acme-admin.oktapreview.com/admin/dashboard', 'https://acme.oktapreview.com'],
    ['https://ACME-ADMIN.okta-emea.com', 'https://acme.okta-emea.com'],
    ['https://acme-admin.okta-gov.com', 'https://acme.okta-gov.com'],
    ['https://acme-admin.okta.mil', 'https://acme.okta.mil'],
  ])('knows %s for the admin console', (text, fixed) => {
    expect(problemOf(() => checkOrgUrl(text)).next).toBe(`export OKTA_CLIENT_ORGURL=${fixed}`)
  })
})

describe('readConnection', () => {
  const environment = { OKTA_CLIENT_ORGURL: 'https://acme.okta.com/', OKTA_CLIENT_TOKEN: '00aBcDeF' }

  it('takes an API token and 30 seconds where nothing else is said', () => {
    const connection = connect(environment)
    expect(connection).toMatchObject({ orgUrl: 'https://acme.okta.com', requestTimeoutMs: 30_000 })
    expect(tokenOf(connection)).toEqual({ authorization: 'SSWS 00aBcDeF', ofServiceApp: false })
  })

  it('knows the access token of a service app by its own claims, and takes nothing else for one', () => {
    const app = { sub: '0oa1', cid: '0oa1' }
    const isApp = (claims: unknown): boolean => {
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
      const connection = connect({
        ...environment,
        OKTA_CLIENT_AUTHORIZATIONMODE: 'Bearer',
        OKTA_CLIENT_TOKEN: `eyJhbGciOiJub25lIn0.${payload}.c2ln`,
      })
      return tokenOf(connection).ofServiceApp
    }
    expect(isApp(app)).toBe(true)
    // A user signed in, somebody else's subject, and claims that are missing or not an object.
    for (const claims of [
      { ...app, uid: '00u1' },
      { ...app, sub: 'ada@example.com' },
      { sub: '' },
      {},
      null,
      7,
    ])
      expect(isApp(claims), JSON.stringify(claims)).toBe(false)
  })

  it('takes a token read from a file with its line feed, and the Bearer scheme in any letter case', () => {
    const connection = connect({
      ...environment,
      OKTA_CLIENT_TOKEN: 'eyJhbGciOi.J9 \n'.replace(' ', ''),
      OKTA_CLIENT_AUTHORIZATIONMODE: 'bearer',
    })
    expect(tokenOf(connection).authorization).toBe('Bearer eyJhbGciOi.J9')
  })

  it.each([undefined, '', '  \n'])('refuses the token %j', (token) => {
    const error = problemOf(() => connect({ ...environment, OKTA_CLIENT_TOKEN: token }))
    expect(error.message).toContain('OKTA_CLIENT_TOKEN')
  })

  it.each(['SSWS 00secret', '00sec ret', '00secret\r\nx-evil: 1', '00secrét', '00secret\u0000'])(
    'refuses a token that no header could carry, without showing it: %j',
    (token) => {
      const error = problemOf(() => connect({ ...environment, OKTA_CLIENT_TOKEN: token }))
      expect(`${error.message} ${error.next}`).not.toMatch(/00sec/)
    },
  )

  it('refuses a way of authorization that it does not have', () => {
    const error = problemOf(() => connect({ ...environment, OKTA_CLIENT_AUTHORIZATIONMODE: 'Kerberos' }))
    expect(error.message).toContain('Kerberos')
  })

  it.each(['AUTHORIZATIONMODE', 'REQUESTTIMEOUT', 'CLIENTID', 'KEYID', 'SCOPES'])(
    'shows no token that was set as OKTA_CLIENT_%s',
    (name) => {
      for (const token of [
        'k7Qz-9XwPv3-mRt5Ln8Bd2Hs6Jf4Gc1Yy',
        'AcLIfuPd8uua9ui5fsAlnUlfK9Wx5O/t3+Qw8ZpLk2Vb',
      ]) {
        const set = { ...environment, [`OKTA_CLIENT_${name}`]: token }
        const shown = showSettings(settingsOfEnvironment(set), {}).find((one) => one.name.endsWith(name))
        expect(shown?.value).toMatch(/\d\d characters/)
        expect(shown?.value).not.toContain(token.slice(0, 8))
        expect(shown?.value).not.toContain(token.slice(8, 16))
        if (!/MODE|TIMEOUT/.test(name)) continue
        expect(problemOf(() => connect(set)).message).toContain(`is a text of ${token.length} characters`)
      }
    },
  )

  it.each(['HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'])('shows no token that was set as %s', (name) => {
    for (const token of ['k7Qz-9XwPv3-mRt5Ln8Bd2Hs6Jf4Gc1Yy', 'AcLIfuPd8uua9ui5fsAlnUlfK9Wx5O/t3+Qw8ZpLk2Vb'])
      expect(showSettings({}, { [name]: token })[0]?.value).toBe(`[${token.length} characters]`)
  })

  it.each(['SB42eFR-gyukfSQjbPd5tw9ClZg64JxQ', 'eyJraWQiOiJhYmMifQ.QmVzdFRva2VuRXZlcjEy.c2lnbmF0dXJl'])(
    'takes no token for the host of a proxy: %s',
    (token) => {
      const problem = problemOf(() => proxyFor('https://acme.okta.com', { HTTPS_PROXY: token }))
      expect(problem.message).toBe('HTTPS_PROXY is not the URL of a proxy.')
    },
  )

  it.each([
    ['10', 10_000],
    [' 45 ', 45_000],
    ['0.5', 500],
    ['600', 600_000],
    ['0', 30_000],
    ['', 30_000],
  ])('reads the time limit %j as %i ms', (text, expected) => {
    const connection = connect({ ...environment, OKTA_CLIENT_REQUESTTIMEOUT: text })
    expect(connection.requestTimeoutMs).toBe(expected)
  })

  it.each(['-1', 'abc', '601', 'Infinity', 'NaN', '30s'])('refuses the time limit %j', (text) => {
    const error = problemOf(() => connect({ ...environment, OKTA_CLIENT_REQUESTTIMEOUT: text }))
    expect(error.message).toContain('OKTA_CLIENT_REQUESTTIMEOUT')
  })
})

describe('a token and its mode', () => {
  const orgUrl = 'https://acme.okta.com'
  const apiToken = `00${'aB3-'.repeat(10)}`
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
  const problem = (token: string | undefined, mode: string): string => {
    const { message, next } = problemOf(() =>
      connect({ OKTA_CLIENT_ORGURL: orgUrl, OKTA_CLIENT_TOKEN: token, OKTA_CLIENT_AUTHORIZATIONMODE: mode }),
    )
    return `${message} → ${next}`
  }

  it.each([
    [
      'no token for Bearer',
      undefined,
      'Bearer',
      /must be an access token\. → Get one from .*If you have an API token: export OKTA_CLIENT_AUTHORIZATIONMODE=SSWS/,
    ],
    ['no token for SSWS', undefined, 'SSWS', /must be an API token\. → Create one .* > Tokens/],
    [
      'an API token for Bearer',
      apiToken,
      'Bearer',
      /looks like an API token, but the authorization mode is Bearer\. → export OKTA_CLIENT_AUTHORIZATIONMODE=SSWS/,
    ],
    [
      'a JWT for SSWS',
      jwt,
      'SSWS',
      /looks like an access token \(a JWT\), but the authorization mode is SSWS\. → export OKTA_CLIENT_AUTHORIZATIONMODE=Bearer/,
    ],
    ['a word before it', 'Bearer abcdef', 'SSWS', /without the word Bearer before it/],
    ['the word of the mode before it', 'SSWS abcdef', 'SSWS', /without the word SSWS before it/],
    ['a header', 'Authorization: SSWS abcdef', 'SSWS', /without the words Authorization: SSWS before it/],
    ['a space in it', 'abc def', 'Bearer', /without the word Bearer before it/],
  ])('are named when they do not fit: %s', (_what, token, mode, words) => {
    expect(problem(token, mode)).toMatch(words)
    expect(problem(token, mode)).not.toContain(token ?? 'nothing')
    expect(problem(token, mode)).not.toContain('abc')
  })

  it('may be each in its own mode', () => {
    for (const [token, mode] of [
      [apiToken, 'SSWS'],
      [jwt, 'Bearer'],
    ] as const) {
      const environment = { OKTA_CLIENT_ORGURL: orgUrl, OKTA_CLIENT_TOKEN: token }
      const connection = connect({ ...environment, OKTA_CLIENT_AUTHORIZATIONMODE: mode })
      expect(tokenOf(connection).authorization).toBe(`${mode} ${token}`)
    }
  })
})

it('names a scheme that is there twice, and shows the right address', () => {
  for (const text of ['https://https://acme.okta.com', 'https://http://acme.okta.com/']) {
    const { message, next } = problemOf(() => checkOrgUrl(text))
    expect(message).toBe('OKTA_CLIENT_ORGURL has its scheme twice.')
    expect(next).toBe('export OKTA_CLIENT_ORGURL=https://acme.okta.com')
  }
  const secret = 'abcDEF123abcDEF123abcDEF123'
  expect(problemOf(() => checkOrgUrl(`https://https://${secret}`)).next).not.toContain(secret)
})
