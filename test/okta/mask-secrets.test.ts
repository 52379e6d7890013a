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
