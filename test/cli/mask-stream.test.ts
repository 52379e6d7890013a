import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { showSettings } from '../../src/cli/doctor/settings-view.ts'
import { knownSecretsOf, maskStream, secretsOf, withoutSecrets } from '../../src/cli/terminal/mask-stream.ts'
import { KnownSecrets } from '../../src/okta/known-secrets.ts'

const token = 'a-t0ken-of-n0-known-f0rm'
const environment = {
  OKTA_CLIENT_TOKEN: token,
  OKTA_CLIENT_PRIVATEKEY: '-----BEGIN PRIVATE KEY-----\\nTUlJRXZRSUJBREFO\\n-----END PRIVATE KEY-----',
  HTTPS_PROXY: 'http://ann:p%40ssword1@proxy.example.com:3128',
  no_proxy: 'localhost',
  OKTA_CLIENT_CLIENTID: '0oaClientIdIsNoSecret',
  PATH: '/usr/bin',
}

describe('the last line of defence', () => {
  it('knows the secrets of the environment, whatever their form', () => {
    const secrets = secretsOf(environment)
    const text = `token ${token}, key TUlJRXZRSUJBREFO, password p%40ssword1, app 0oaClientIdIsNoSecret, -----BEGIN`
    expect(withoutSecrets(text, new KnownSecrets(secrets))).toBe(
      'token [secret], key [secret], password [secret], app 0oaClientIdIsNoSecret, -----BEGIN',
    )
  })

  it.each([
    'ann:long-password@proxy.example.com:3128',
    'http://ann:long-password@proxy.example.com',
    'http://ann:long@pass/word@proxy.example.com',
  ])('knows the password of the proxy %s', (url) => {
    const password = /ann:(.*)@/.exec(url)?.[1] ?? ''
    const sent = Buffer.from(`ann:${password}`).toString('base64')
    expect(secretsOf({ https_proxy: url })).toEqual([sent, password])
    const [shown] = showSettings({}, { https_proxy: url })
    expect(shown?.value).toMatch(/^(http:\/\/)?ann:\[password\]@proxy\.example\.com(:3128)?$/)
  })

  it.each([
    [
      'OKTA_LIFECYCLE_STORE',
      'postgres://ann:p%40ss-w0rd1@db.example.com/lifecycle',
      ['p%40ss-w0rd1', 'p@ss-w0rd1'],
    ],
    ['PGPASSWORD', 'p@ss-w0rd1', ['p@ss-w0rd1']],
  ])('knows the password in %s', (name, value, passwords) => {
    const known = knownSecretsOf({ [name]: value })
    for (const password of passwords)
      expect(withoutSecrets(`it is ${password}.`, known)).toBe('it is [secret].')
    expect(withoutSecrets('postgres://ann@db.example.com/lifecycle', known)).toContain(
      'db.example.com/lifecycle',
    )
  })

  it('does not take the path of a key file for a secret, nor the host of a web hook', () => {
    expect(secretsOf({ OKTA_CLIENT_PRIVATEKEY: '/etc/okta-lifecycle/key.pem' })).toEqual([])
    expect(secretsOf({ OKTA_LIFECYCLE_NOTIFY_URL: 'https://hooks.example.com/secret/path' })).toEqual([
      'secret/path',
    ])
  })

  it('masks a piece of a secret, but no words that a password has in common with the text', () => {
    const known = new KnownSecrets(['Corp.Example20261128-offboarding', '00aB3xY7kLmN0pQrStUvWxYz12'])
    for (const text of ['ann@corp.example', '20261128T0722-offboarding', 'Offboarding of Example'])
      expect(withoutSecrets(text, known)).toBe(text)
    expect(withoutSecrets('Corp.Example20261128-offboarding, pQrStUvW, x3xY7kLmN0', known)).toBe(
      '[secret], [secret], x[secret]',
    )
  })

  it.each([
    ['the path of notifications', { OKTA_LIFECYCLE_NOTIFY_URL: 'http://127.0.0.1:8080/offboarding' }],
    ['a path with a number', { OKTA_LIFECYCLE_NOTIFY_URL: 'https://hooks.example.com/jobs/offboarding2026' }],
    [
      'the path of one job',
      { OKTA_LIFECYCLE_NOTIFY_URL: 'https://hooks.example.com/x8d7f6s5/offboarding2026' },
    ],
    ['the password of a proxy', { HTTPS_PROXY: 'http://ann:directory@proxy.example.com:3128' }],
    ['another one', { HTTPS_PROXY: 'http://ann:suspended@proxy.example.com:3128' }],
    [
      'the password for notifications',
      { OKTA_LIFECYCLE_NOTIFY_URL: 'https://ann:succeeded@hooks.example.com/a' },
    ],
    ['a token', { OKTA_CLIENT_TOKEN: 'offboarding' }],
  ])('leaves what the program writes as it is, whatever words are %s', (_, given) => {
    const text = `${JSON.stringify({
      run_id: '20261128T115200123Z-offboarding',
      directory: '/srv/hr/offboarding2026/runs',
      results: { succeeded: 2, suspended: 1 },
      org: 'https://directory.okta.com',
    })}
2 of 2 people are suspended.
Next: okta-lifecycle resume 20261128T115200123Z-offboarding2026 --runs-dir jobs/offboarding2026
`
    expect(withoutSecrets(text, knownSecretsOf(given))).toBe(text)
  })

  it('masks words where they are a credential', () => {
    const known = knownSecretsOf({
      HTTPS_PROXY: 'http://ann:directory@proxy.example.com:3128',
      OKTA_LIFECYCLE_NOTIFY_URL: 'https://bob:suspended@Hooks.example.com/jobs/offboarding',
    })
    const mask = (text: string): string => withoutSecrets(text, known)
    expect(mask('ann:directory@proxy.example.com')).toBe('ann:[secret]@proxy.example.com')
    expect(mask('{"url":"x://bob:suspended@h"}')).toBe('{"url":"x://bob:[password]@h"}')
    for (const pair of ['ann:directory', 'bob:suspended'])
      expect(mask(`Basic ${Buffer.from(pair).toString('base64')}.`)).toBe('Basic [secret].')
    expect(mask('https://hooks.example.com/jobs/offboarding: 404')).toBe(
      'https://hooks.example.com/[secret]: 404',
    )
    expect(mask('"https:\\/\\/hooks.example.com\\/jobs\\/offboarding"')).toBe(
      '"https:\\/\\/hooks.example.com\\/[secret]"',
    )
    expect(mask('https://hooks.example.com/jobs/offboarding-of-leavers')).toBe(
      'https://hooks.example.com/jobs/offboarding-of-leavers',
    )
  })

  it.each([
    ['https://hooks.example.com/jobs/offboarding', 'POST https://hooks.example.com//jobs/offboarding'],
    ['https://hooks.example.com/offboarding', 'https://hooks.example.com:443/offboarding'],
    ['https://hooks.example.com:443/offboarding', 'to https://hooks.example.com/offboarding'],
    ['http://LOCALHOST:8080/x/../offboarding', 'http://localhost:8080/offboarding'],
    ['http://127.1:8080/offboarding', 'http://127.0.0.1:8080//offboarding'],
    ['https://hooks.example.com?key=offboarding', 'https://hooks.example.com/?key=offboarding'],
    ['https:/hooks.example.com/offboarding', 'https://hooks.example.com/offboarding'],
    ['https://hooks.example.com/ключ', `https://hooks.example.com/${encodeURIComponent('ключ')}`],
    ['https://hooks.example.com/x9Kd8s', 'https://hooks.example.com/x9Kd8s'],
    ['https://hooks.example.com?key=x9Kd8sPq2', 'path: /?key=x9Kd8sPq2'],
    ['https:/hooks.example.com/x9Kd8sPq2', 'path: /x9Kd8sPq2'],
  ])('knows the path of the address %s as requests have it: %s', (url, text) => {
    const shown = withoutSecrets(text, knownSecretsOf({ OKTA_LIFECYCLE_NOTIFY_URL: url }))
    expect(shown).toContain('[secret]')
    expect(shown).not.toMatch(/offboarding|x9Kd8s|%D0/)
  })

  it('masks all of what is not made of words', () => {
    for (const secret of ['s3cr3tpath', 'Corp20261128', 'aBcDeFgHiJkL', 'hooks/T0AB12CD', 'pa ssW0rd'])
      expect(withoutSecrets(`x-${secret}-y`, new KnownSecrets([secret]))).toBe('x-[secret]-y')
  })

  it('masks no name of the format of a key', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\\nTUlJRXZRSUJBREFO\\n-----END PRIVATE KEY-----'
    const jwk = '{"kty":"RSA","kid":"k1","d":"TUlJRXZRSUJBREFOTUlJ"}'
    for (const key of [pem, jwk]) {
      const known = new KnownSecrets(secretsOf({ OKTA_CLIENT_PRIVATEKEY: key }))
      const text = 'a PRIVATE KEY in PEM begins with -----BEGIN PRIVATE KEY; a JWK has {"kty":"RSA","kid":'
      expect(known.mask(`${text} UlJRXZRSUJ`, 'leave words')).toBe(`${text} [secret]`)
    }
  })

  it('leaves alone what is too short to be one', () => {
    expect(secretsOf({ OKTA_CLIENT_TOKEN: 'sandbox', HTTPS_PROXY: 'http://a:b@p' })).toEqual([])
  })

  it('lets nothing out of a stream, and passes on what write is given and gives', async () => {
    const seen: string[] = []
    const stream = new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        seen.push(String(chunk))
        done()
      },
    })
    maskStream(stream as unknown as NodeJS.WriteStream, knownSecretsOf(environment))
    await new Promise<void>((resolve, reject) => {
      const more = stream.write(`one ${token}\n`, 'utf8', (error) => (error ? reject(error) : resolve()))
      expect(more).toBe(true)
    })
    stream.write('SSWS another.token.here\n')
    expect(seen).toEqual(['one [secret]\n', 'SSWS [token]\n'])
  })
})
