import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { judgeOtherKeys } from '../../src/cli/doctor/judge-settings.ts'
import { Refusal } from '../../src/messages/known-error.ts'
import { readConnection } from '../../src/okta/connection.ts'
import { mergeSettings, type Settings, settingsOfEnvironment } from '../../src/okta/settings.ts'
import { parseSettingsFile } from '../../src/okta/settings-file.ts'

const path = './okta.yaml'

function refusalOf(work: () => unknown): Refusal {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function connect(settings: Settings): unknown {
  return readConnection(settings, () => {
    throw new Error('There is no file here.')
  })
}

describe('an okta.yaml', () => {
  it('gives the settings under okta.client, with their place, and names the keys that are not read', () => {
    const { settings, others } = parseSettingsFile(
      `okta:
  client:
    orgUrl: https://acme.okta.com
    token: # none
    scopes: [okta.users.read, okta.groups.read]
    requestTimeout: 0
    privateKey: |
      -----BEGIN PRIVATE KEY-----
      abc
    rateLimit: { maxRetries: 4 }
  testing: { x: 1 }
other: 1
`,
      path,
    )
    expect(settings).toEqual({
      orgUrl: {
        value: 'https://acme.okta.com',
        source: path,
        variable: null,
        place: 'okta.client.orgUrl in ./okta.yaml',
      },
      scopes: {
        value: ['okta.users.read', 'okta.groups.read'],
        source: path,
        variable: null,
        place: 'okta.client.scopes in ./okta.yaml',
      },
      requestTimeout: {
        value: 0,
        source: path,
        variable: null,
        place: 'okta.client.requestTimeout in ./okta.yaml',
      },
      privateKey: {
        value: '-----BEGIN PRIVATE KEY-----\nabc\n',
        source: path,
        variable: null,
        place: 'okta.client.privateKey in ./okta.yaml',
      },
    })
    expect(others).toEqual(['okta.client.rateLimit', 'other', 'okta.testing'])
  })

  it('names no key that looks like a token', () => {
    const { others } = parseSettingsFile('okta:\n  client:\n    ? k7Qz-9XwPv3_mRt5Ln8Bd2Hs6Jf4Gc1Yy\n', path)
    const shown = judgeOtherKeys(others).map(({ message }) => message)
    expect(shown).toEqual(['These keys are not used by this program: okta.client.[33 characters].'])
  })

  it('may hold a private key as a mapping, and may be empty or about something else', () => {
    const { settings } = parseSettingsFile('okta: {client: {privateKey: {kty: RSA, kid: k}}}', path)
    expect(settings.privateKey?.value).toEqual({ kty: 'RSA', kid: 'k' })
    for (const text of ['', '# nothing\n', '~\n', 'okta:\n', 'okta:\n  client:\n', 'other: [a]\n']) {
      expect(parseSettingsFile(text, path).settings, text).toEqual({})
    }
  })

  it.each([
    ['okta: https://example.okta.com\n', 'okta'],
    ['okta:\n  client:\n    - token: 00secret\n', 'okta.client'],
  ])('with something else where a mapping belongs is refused, without its text: %j', (text, where) => {
    const { message, next, exitCode } = refusalOf(() => parseSettingsFile(text, path))
    expect([exitCode, message]).toEqual([
      2,
      expect.stringContaining(`${where} in ./okta.yaml is not a mapping`),
    ])
    expect(message + next).not.toContain('00secret')
  })

  it.each([
    ['a list at its top', '- okta: {client: {token: 00secret}}\n', /^\.\/okta\.yaml is not a mapping/],
    ['a text at its top', '00secret\n', /^\.\/okta\.yaml is not a mapping/],
    [
      'a setting at its top',
      'token: 00secret\n',
      /^token in .* is not okta\.client\.token, so it is not read/,
    ],
    ['the org below okta', 'okta: {orgUrl: 00secret}\n', /^okta\.orgUrl in .* is not okta\.client\.orgUrl/],
    [
      'client at its top',
      'client: {orgUrl: 00secret}\n',
      /^client\.orgUrl in .* is not okta\.client\.orgUrl/,
    ],
    ['okta in another case', 'Okta: {client: {token: 00secret}}\n', /^Okta\.client\.token in .* is not/],
    [
      'a name in another case',
      'okta: {client: {orgURL: x, token: 00secret}}\n',
      /^okta\.client\.orgURL in .* is not/,
    ],
    [
      'a name as Okta’s form for it',
      'okta: {client: {api_token: 00secret}}\n',
      /api_token in .* is not okta\.client\.token/,
    ],
    ['a variable’s name', 'OKTA_CLIENT_ORGURL: 00secret\n', /^OKTA_CLIENT_ORGURL in .* is not/],
    ['a dotted name', 'okta.client.orgUrl: 00secret\n', /^okta\.client\.orgUrl in .* is one name with dots/],
    [
      'all of it one level too deep',
      'test: {okta: {client: {token: 00secret}}}\n',
      /^test\.okta\.client\.token in/,
    ],
    [
      'an alias as a setting',
      'x: &t 00secret\nokta: {client: {token: *t}}\n',
      /^okta\.client in \.\/okta\.yaml uses an alias/,
    ],
    [
      'an alias in a setting',
      'x: &t okta.users.read\nokta: {client: {scopes: [*t]}}\n',
      /^okta\.client in \.\/okta\.yaml uses an alias/,
    ],
    [
      'an alias as client',
      'x: &t {token: 00secret}\nokta: {client: *t}\n',
      /^okta\.client in .* uses an alias/,
    ],
    ['an alias as okta', 'x: &t {client: {token: 00secret}}\nokta: *t\n', /^okta in .* uses an alias/],
    [
      'a merge key in client',
      'x: &t {token: 00secret}\nokta: {client: {<<: *t}}\n',
      /^okta\.client in .* merge key/,
    ],
    ['a merge key in okta', 'x: &t {client: {token: 00secret}}\nokta: {<<: *t}\n', /^okta in .* merge key/],
    ['a merge key at its top', 'x: &t {okta: {client: {}}}\n<<: *t\n', /^\.\/okta\.yaml uses .* merge key/],
  ])('is refused by name, without its text: %s', (_what, text, words) => {
    const { message, next, exitCode } = refusalOf(() => parseSettingsFile(text, path))
    expect(exitCode).toBe(2)
    expect(message).toMatch(words)
    expect(message + next).not.toContain('00secret')
  })

  it('may have aliases where none of this is read', () => {
    const text = 'x: &t 5\ny: *t\nokta: {testing: {a: *t}, client: {token: abc}}\n'
    expect(parseSettingsFile(text, path).settings.token?.value).toBe('abc')
  })

  it.each([
    'okta:\n  client: {token: 00secret',
    'okta:\n\tclient:\n',
    'okta: {a: 1}\nokta: {a: 2}\n',
    'okta:\n  client:\n    token: "00secret\n',
  ])('that is not YAML is refused by line and column, without its text: %j', (text) => {
    const { message, next, exitCode } = refusalOf(() => parseSettingsFile(text, path))
    expect(exitCode).toBe(2)
    expect(message).toMatch(/^\.\/okta\.yaml is not valid YAML: line \d+, column \d+/)
    expect(message + next).not.toContain('00secret')
  })
})

describe('settings of several sources', () => {
  it('win one by one, the later over the earlier', () => {
    const home = parseSettingsFile(
      'okta: {client: {orgUrl: https://a.okta.com, token: home}}',
      '~/.okta/okta.yaml',
    )
    const here = parseSettingsFile('okta: {client: {orgUrl: https://b.okta.com}}', path)
    const environment = settingsOfEnvironment({ OKTA_CLIENT_TOKEN: ' ', OKTA_CLIENT_KEYID: 'k' })
    const settings = mergeSettings(home.settings, here.settings, environment)
    expect(Object.values(settings).map(({ value, place }) => [value, place])).toEqual([
      ['https://b.okta.com', 'okta.client.orgUrl in ./okta.yaml'],
      ['home', 'okta.client.token in ~/.okta/okta.yaml'],
      ['k', 'OKTA_CLIENT_KEYID'],
    ])
  })

  it('name their place when they are wrong, and say what to do there', () => {
    const file = parseSettingsFile('okta: {client: {orgUrl: acme.okta.com, token: x}}', path)
    const { message, next } = refusalOf(() => connect(file.settings))
    expect(message).toBe('okta.client.orgUrl in ./okta.yaml has no scheme: acme.okta.com.')
    expect(next).toBe('Set okta.client.orgUrl in ./okta.yaml to https://acme.okta.com')
  })

  const serviceApp = {
    OKTA_CLIENT_AUTHORIZATIONMODE: 'PrivateKey',
    OKTA_CLIENT_CLIENTID: '0oa1',
    OKTA_CLIENT_PRIVATEKEY: String(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ),
  }

  it.each([
    [{ OKTA_CLIENT_ORGURL: '"https://acme.okta.com"' }, 'OKTA_CLIENT_ORGURL'],
    [{ OKTA_CLIENT_TOKEN: "'00secretsecret'" }, 'OKTA_CLIENT_TOKEN'],
    [{ OKTA_CLIENT_TOKEN: '“00secretsecret”' }, 'OKTA_CLIENT_TOKEN'],
    [{ OKTA_CLIENT_AUTHORIZATIONMODE: '"SSWS"' }, 'OKTA_CLIENT_AUTHORIZATIONMODE'],
    [{ OKTA_CLIENT_REQUESTTIMEOUT: '"30"' }, 'OKTA_CLIENT_REQUESTTIMEOUT'],
    [{ ...serviceApp, OKTA_CLIENT_CLIENTID: '"0oa1"' }, 'OKTA_CLIENT_CLIENTID'],
    [{ ...serviceApp, OKTA_CLIENT_KEYID: '"secret"' }, 'OKTA_CLIENT_KEYID'],
    [{ ...serviceApp, OKTA_CLIENT_PRIVATEKEY: '"/secret/key.pem"' }, 'OKTA_CLIENT_PRIVATEKEY'],
    [{ ...serviceApp, OKTA_CLIENT_SCOPES: '"okta.users.read okta.users.manage"' }, 'OKTA_CLIENT_SCOPES'],
  ])('are refused with quotation marks around them, before a call: %j', (change, place) => {
    const right = { OKTA_CLIENT_ORGURL: 'https://acme.okta.com', OKTA_CLIENT_TOKEN: '00right' }
    const { message, next } = refusalOf(() => connect(settingsOfEnvironment({ ...right, ...change })))
    expect(message).toMatch(new RegExp(`^${place} has quotation marks`))
    expect(next).toBe(`Remove the quotation marks from ${place}`)
    expect(message).not.toContain('secret')
  })
})
