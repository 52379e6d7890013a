import { describe, expect, it } from 'vitest'
import { looksLikeSecret, mayBeHost, shownValue, unlessSecret } from '../../src/messages/secret-like.ts'
import { shownList } from '../../src/messages/shown.ts'
import { randomFrom } from '../support/random.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

describe('a text that was set in the wrong place', () => {
  it('looks like a secret if it was drawn, but for a few in thousands that look like words', () => {
    const random = randomFrom(1)
    const drawn = Array.from({ length: 5_000 }, () =>
      Array.from(
        { length: 32 + Math.floor(random() * 33) },
        () => alphabet[Math.floor(random() * alphabet.length)],
      ).join(''),
    )
    expect(drawn.filter((text) => !looksLikeSecret(text)).length).toBeLessThanOrEqual(10)
  })

  it.each([
    '00u1ab2cd3ef4gh5ij6k',
    '0oa1ab2cd3ef4gh5ij6k',
    'okta.users.manage okta.users.read okta.groups.manage.self',
    'https://my-company-123456789-preview.oktapreview.com',
    'http://proxy-eu-west-1.corp.example.com:3128',
    'localhost,127.0.0.1,.example.com,10.0.0.0/8',
    '/etc/ssl/certs/corporate-root-ca-2026.pem',
    '20261128T115200123Z-offboarding',
    'the_login_of_the_employee_in_okta',
    'custom_attribute_1_employee_number',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '550e8400-e29b-41d4-a716-446655440000',
    '3F2504E0-4F89-41D3-9A0C-0305E82C3301',
    'okta-lifecycle-3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  ])('leaves %j as it is', (text) => {
    expect(unlessSecret(text)).toBe(text)
  })

  it('looks like a secret if it is the first line of a key, whose capitals are many', () => {
    expect(looksLikeSecret('MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ')).toBe(true)
    expect(looksLikeSecret('MIIGRATED_ACCOUNTS_OF_2026')).toBe(false)
  })

  it.each([
    'a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5-1234567890.eu-west-1.elb.amazonaws.com:3128',
    'squid-7d9f8b6c5d-x2x4z.proxy.svc.cluster.local',
    'acme-k8s-p1-eu1-squid-px01.example.com',
    'proxy',
  ])('is a host where it is a name as clouds make them: %s', (host) => {
    expect(mayBeHost(host)).toBe(true)
  })

  it('is no host where it is a token', () => {
    expect(mayBeHost('k7Qz-9XwPv3_mRt5Ln8Bd2Hs6Jf4Gc1Yy')).toBe(false)
    expect(mayBeHost('eyJraWQiOiJhYmMi.eyJ2ZXIiOjEsImp0aSI6.k7Qz9XwPv3mRt5Ln8Bd2Hs6J')).toBe(false)
  })

  it('looks like a secret although a UUID, or what begins as one, is in it', () => {
    const id = '550e8400-e29b-41d4-a716-446655440000'
    const secret = 'k7Qz-9XwPv3_mRt5Ln8Bd2Hs6Jf4Gc1Yy'
    for (const text of [
      `${id}-${secret}`,
      `${secret}-${id}`,
      `${id}${secret}`,
      `${id.slice(0, -1)}x7Qz9XwPv3`,
    ])
      expect(looksLikeSecret(text), text).toBe(true)
  })

  it('is known again by its length, and its beginning if that is asked for', () => {
    const secret = 'k7Qz-9XwPv3_mRt5Ln8Bd2Hs6Jf4Gc1Yy'
    expect(unlessSecret(secret)).toBe('[33 characters]')
    expect(unlessSecret(secret, 6)).toBe('k7Qz-9… (33 characters)')
    expect(shownValue(secret)).toBe('a text of 33 characters')
    expect(shownValue('Kerberos')).toBe('"Kerberos"')
    expect(shownList(['user', secret])).toBe('"user", [33 characters that look like a secret]')
  })
})
