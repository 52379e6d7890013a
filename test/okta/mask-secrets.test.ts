import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { maskedLine, maskSecrets } from '../../src/okta/mask-secrets.ts'
import { Secret } from '../../src/okta/secret.ts'

describe('a secret', () => {
  it('shows itself to nobody but who asks for it', () => {
    const secret = new Secret('canary')
    const seen = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 9, showHidden: true }),
      Object.keys(secret).join(),
      JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
      String(new Error(`${secret}`)),
      JSON.stringify(structuredClone({ ...secret })),
    ]
    expect(seen.join('\n')).not.toContain('canary')
    expect(secret.reveal()).toBe('canary')
  })
})

const token = '00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_ab'
const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"sub":"x"}').toString('base64url')}.c2lnbmF0dXJl`
const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEsecretsecret\n-----END RSA PRIVATE KEY-----'

/** Of a key that nobody has, two full lines and a short one. */
const lines = [
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwgg+/SjAgEAAoIBAQDCxyz0123456',
  `${'aB3/'.repeat(15)}ab+/`,
  'Qw12/9+Q==',
]
const longPem = ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----'].join('\n')

function timesOver(count: number, write: (text: string) => string): (text: string) => string {
  return (text) => (count === 0 ? text : timesOver(count - 1, write)(write(text)))
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
const ofHtml = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9 ]/g, (one) => `&#${one === '+' ? 'x2B' : one.charCodeAt(0)};`)

describe('a private key', () => {
  it.each<[string, (pem: string) => string]>([
    ['as it is', (text) => text],
    ['with two spaces', (text) => text.replaceAll(' ', '  ')],
    ['with a tab', (text) => text.replaceAll(' ', '\t')],
    ['in lower case', (text) => text.toLowerCase()],
    ['in upper case', (text) => text.toUpperCase()],
    ['in a URL', encodeURIComponent],
    ['in a URL with encoded dashes', (text) => encodeURIComponent(text).replaceAll('-', '%2d')],
    ['in a URL in a URL', (text) => encodeURIComponent(encodeURIComponent(text).replaceAll('-', '%2D'))],
    ...[1, 2, 3, 4, 5].map((count): [string, (text: string) => string] => [
      `in JSON ${count} times over`,
      timesOver(count, inJson),
    ]),
    ['in JSON of PHP', (text) => inJson(text).replaceAll('/', '\\/')],
    [
      'in JSON as ASCII',
      (text) => inJson(text).replaceAll(/[-+/=]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
    ],
    ['in HTML', ofHtml],
    ['with lines of HTML', (text) => text.replaceAll('\n', '<br>')],
    ['with other lines of HTML', (text) => text.replaceAll('\n', '<br />\n')],
    ['with form feeds', (text) => text.replaceAll('\n', '\f')],
    ['with form feeds of JSON', (text) => text.replaceAll('\n', '\\f')],
    ['with commas', (text) => text.replaceAll('\n', ',')],
    ['with commas and spaces', (text) => text.replaceAll('\n', ', ')],
  ])('is masked %s, whole or cut off', (_, written) => {
    const text = written(longPem)
    expect(maskSecrets(`key "${text}" end`)).toBe('key "[private key]" end')
    for (const cut of [2, 3]) {
      const begin = written(longPem.split('\n').slice(0, cut).join('\n'))
      expect(maskSecrets(`"${begin}"`)).toBe('"[private key]"')
    }
  })

  it('leaves what follows it after a comma', () => {
    const [begin = ''] = longPem.split('\n')
    for (const rest of ['next', 'okta_lifecycle_2026', 'offboardingContractors', '00u1ab2cd3'])
      expect(maskSecrets(`${begin},${rest},x`)).toBe(`${begin},${rest},x`)
    expect(maskSecrets(`${longPem},Qw12x9Ab,00u1ab2cd3ef4gh5ij6k\n`)).toBe(
      '[private key],Qw12x9Ab,00u1ab2cd3ef4gh5ij6k\n',
    )
  })
})

describe('masking', () => {
  it.each([
    [`Authorization: SSWS ${token}`, 'Authorization: SSWS [token]'],
    [`sent "${token}" to it`, 'sent "[token]" to it'],
    ['authorization: bearer abcdefgh.ijk', 'authorization: bearer [token]'],
    [`DPoP ${jwt}`, 'DPoP [token]'],
    [`proof=${jwt}&x=1`, 'proof=[token]&x=1'],
    [`key ${pem} end`, 'key [private key] end'],
    [pem.replaceAll('\n', '\\n'), '[private key]'],
    [pem.slice(0, 50), '[private key]'],
    [`"${pem.slice(0, 50)}"`, '"[private key]"'],
    [`${pem.slice(0, 50)}\nnext line\n`, '[private key]\nnext line\n'],
    [JSON.stringify({ a: pem.slice(0, 50), b: 1 }), '{"a":"[private key]","b":1}'],
    [
      JSON.stringify(JSON.stringify({ a: `${pem.slice(0, 50)}\n` })),
      String.raw`"{\"a\":\"[private key]\\n\"}"`,
    ],
    [encodeURIComponent(pem), '[private key]'],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A\n\nMIIEsecretsecret+/=\n\n',
      '[private key]\n\n',
    ],
    [`a ${pem.replaceAll('\n', ' ')} b ${pem} c`, 'a [private key] b [private key] c'],
    [`{"kty":"RSA","n":"public","d":"${'A'.repeat(40)}"}`, '{"kty":"RSA","n":"public","d":"[private key]"}'],
    [
      'https://acme.okta.com/tokens/XE6wE17zmphl3KqAPFxO/verify',
      'https://acme.okta.com/tokens/[token]/verify',
    ],
    ['https://acme.okta.com/welcome/XE6wE17zmphl3KqAPFxO', 'https://acme.okta.com/welcome/[token]'],
    ['https://acme.okta.com/welcome/abcdefgh', 'https://acme.okta.com/welcome/[token]'],
    [
      'https://acme.okta.com/signin/reset-password/abcdefgh',
      'https://acme.okta.com/signin/reset-password/[token]',
    ],
    ['"https:\\/\\/acme.okta.com\\/welcome\\/abcdefgh"', '"https:\\/\\/acme.okta.com\\/welcome\\/[token]"'],
    ['see /welcome/XE6wE17zmphl3KqAPFxO', 'see /welcome/[token]'],
    ['proof eyJhbGciOi-eyJhbGciOiJ.abc.def, x-eyJhb.abc.', 'proof [token], x-[token]'],
    ['{"activationToken":"XE6wE17zmphl3KqAPFxO"}', '{"activationToken":"[token]"}'],
    ['via http://user:pa55word@proxy.example.com:8080', 'via http://user:[password]@proxy.example.com:8080'],
  ])('takes the secret out of %j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked)
    expect(maskSecrets(masked)).toBe(masked)
  })

  it.each([
    '00u1ab2cd3ef4gh5ij6k',
    'https://acme.okta.com/api/v1/users/00u1ab2cd3ef4gh5ij6k/lifecycle/suspend',
    'ada@example.com',
    'Bearer of bad news',
    'Bearer Smithsonian',
    'SSWS Administrator',
    '-----BEGIN PRIVATE KEY-----',
    '{"a":"-----BEGIN PRIVATE KEY-----","b":"-----END PRIVATE KEY-----"}\n',
    'x -----BEGIN RSA PRIVATE KEY----- is how a key begins\n',
    'okta-lifecycle resume 20260901T020000000Z-nightly',
    'https://acme.okta.com:8443/a@b',
    'Next: okta-lifecycle resume x --runs-dir /srv/welcome/directory',
    '/srv/welcome/20261128T115200123Z-Offboarding/results.csv',
    'https://acme.okta.com is the org; see /srv/tokens/okta-lifecycle-2026/runs',
    'eyJhbGciOi is the beginning of one, and eyJhbGciOi. too',
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  ])('leaves %j as it is', (text) => {
    expect(maskSecrets(text)).toBe(text)
  })

  it.each(['a', '\u200b', 'aB3', 'token ', '-----BEGIN PRIVATE KEY-----', 'eyJa.', ':', '"d":"a'])(
    'ends for the longest texts, whatever they are made of: %j',
    (pump) => {
      const text = pump.repeat(Math.ceil((17 * 1024 * 1024) / pump.length))
      const masked = maskSecrets(`${text}\n`)
      expect(masked.endsWith('\n')).toBe(true)
      expect(masked.length).toBeLessThanOrEqual(text.length + 1)
    },
  )

  it('finds secrets all over a long text', () => {
    for (const gap of [' ', '\n', '","']) {
      const text = `${token}${gap}`.repeat(60_000)
      expect(maskSecrets(text)).toBe(`[token]${gap}`.repeat(60_000))
    }
  })

  it('shows no part of a secret that is cut off', () => {
    // What is masked is shorter than what it stands for, so the cut moves into what is shown.
    const long = `${`${jwt} `.repeat(500)}`
    for (let cut = 0; cut < 60; cut++) {
      const shown = maskedLine(`${' x'.repeat(cut)} ${long}`, 20_000)
      expect(shown.replaceAll('[token]', '')).toMatch(/^[x ]*…$/)
      expect(shown).toContain('[token]')
    }
    expect(maskedLine('a'.repeat(9_000), 400)).toBe('…')
    expect(maskedLine('word '.repeat(9_000), 10)).toBe('word word…')
  })
})
