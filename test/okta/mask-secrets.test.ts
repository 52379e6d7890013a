import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { maskSecrets } from '../../src/okta/mask-secrets.ts'
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
    [`{"kty":"RSA","n":"public","d":"${'A'.repeat(40)}"}`, '{"kty":"RSA","n":"public","d":"[private key]"}'],
    [
      'https://acme.okta.com/tokens/XE6wE17zmphl3KqAPFxO/verify',
      'https://acme.okta.com/tokens/[token]/verify',
    ],
    ['https://acme.okta.com/welcome/XE6wE17zmphl3KqAPFxO', 'https://acme.okta.com/welcome/[token]'],
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
    'okta-lifecycle resume 20260901T020000000Z-nightly',
    'https://acme.okta.com:8443/a@b',
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  ])('leaves %j as it is', (text) => {
    expect(maskSecrets(text)).toBe(text)
  })
})
