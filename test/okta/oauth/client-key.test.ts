import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../src/messages/known-error.ts'
import { readClientKey } from '../../../src/okta/oauth/client-key.ts'
import type { ClientKey } from '../../../src/okta/oauth/private-key.ts'
import { type Setting, settingsOfEnvironment } from '../../../src/okta/settings.ts'

const { privateKey: rsa, publicKey: rsaPublic } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pkcs8 = pem(rsa, 'pkcs8')
const jwk = rsa.export({ format: 'jwk' })

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string {
  return String(key.export({ format: 'pem', type: type as 'pkcs8' }))
}

const files: Readonly<Record<string, string>> = {
  'key.pem': `${pkcs8}\n`,
  '/k/app.json': JSON.stringify(jwk),
}

function readFile(path: string): string {
  const text = files[path]
  if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' })
  return text
}

function read(text: string, keyId?: string): ClientKey {
  return readClientKey(
    settingsOfEnvironment({ OKTA_CLIENT_PRIVATEKEY: text, OKTA_CLIENT_KEYID: keyId }),
    readFile,
  )
}

function refusalOf(work: () => unknown): Refusal {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the private key of a service app', () => {
  it.each([
    ['PKCS#8', pkcs8],
    ['PKCS#1', pem(rsa, 'pkcs1')],
    ['PEM on one line', pkcs8.trim().replaceAll('\n', '\\n')],
    ['PEM with line ends of Windows', pkcs8.replaceAll('\n', '\r\n')],
    ['a JWK', JSON.stringify(jwk)],
    ['the path of a file with PEM', 'key.pem'],
    ['the path of a file with a JWK', '/k/app.json'],
  ])('may be %s', (_what, text) => {
    const { key, algorithm, keyId } = read(text)
    expect([algorithm, keyId, pem(key, 'pkcs8')]).toEqual(['RS256', null, pkcs8])
  })

  it('may be a mapping of a file, and names itself by its kid or by the setting', () => {
    const setting: Setting = {
      value: { ...jwk, kid: 'own' },
      source: 'okta.yaml',
      variable: null,
      place: 'okta.client.privateKey',
    }
    const keyId: Setting = { value: 'set', source: 'okta.yaml', variable: null, place: 'okta.client.keyId' }
    expect(readClientKey({ privateKey: setting }, readFile).keyId).toBe('own')
    expect(readClientKey({ privateKey: setting, keyId }, readFile).keyId).toBe('set')
  })

  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n'

  it.each([
    ['the parameters of its curve before it, as openssl ecparam writes it', ec, parameters, ''],
    ['the attributes of its bag before it, as openssl pkcs12 writes it', rsa, 'Bag Attributes\n  x: 1\n', ''],
    ['comments before it', rsa, '# key of the app\n', ''],
    ['a certificate before it', rsa, certificate, ''],
    ['a certificate behind it', rsa, '', certificate],
  ])('may have %s', (_what, key, before, behind) => {
    const text = `${before}${pem(key, key === ec ? 'sec1' : 'pkcs8')}${behind}`
    for (const given of [text, text.replaceAll('\n', '\\n')])
      expect(pem(read(given).key, 'pkcs8')).toBe(pem(key, 'pkcs8'))
  })

  it('is not chosen out of two', () => {
    expect(refusalOf(() => read(`${pkcs8}${pem(ec, 'sec1')}`)).message).toBe(
      'OKTA_CLIENT_PRIVATEKEY contains 2 private keys, and nobody can tell which one belongs to the app.',
    )
  })

  it('of an elliptic curve signs as its curve says, and of RSA as its JWK says', () => {
    expect(read(pem(ec, 'pkcs8')).algorithm).toBe('ES256')
    expect(read(pem(ec, 'sec1')).algorithm).toBe('ES256')
    const { privateKey: p384 } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    expect(read(pem(p384, 'pkcs8')).algorithm).toBe('ES384')
    expect(read(JSON.stringify({ ...jwk, alg: 'RS512' })).algorithm).toBe('RS512')
  })

  const locked = String(rsa.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }))
  const { d: _private, ...publicJwk } = jwk
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const otherJwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const ed = generateKeyPairSync('ed25519').privateKey

  it.each([
    ['a public key', String(rsaPublic.export({ format: 'pem', type: 'spki' })), /public key/],
    ['a public JWK', JSON.stringify(publicJwk), /private part \(d\)/],
    ['a locked key', locked, /passphrase/],
    [
      'a key of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----',
      /OpenSSH/,
    ],
    ['half a key', pkcs8.slice(0, 400), /cut off or damaged/],
    [
      'a key with a letter changed',
      pkcs8.slice(0, 200) + pkcs8.slice(200).replaceAll(/[a-m]/g, 'z'),
      /cut off or damaged|fit together/,
    ],
    ['a JWK of two keys', JSON.stringify({ ...jwk, n: otherJwk.n }), /missing or damaged|fit together/],
    ['broken JSON', JSON.stringify(jwk).slice(0, -3), /broken JSON/],
    ['a symmetric key', '{"kty":"oct","k":"c2VjcmV0"}', /neither RSA nor EC/],
    ['1024 bits', pem(small, 'pkcs8'), /1024 bits/],
    ['Ed25519', String(ed.export({ format: 'pem', type: 'pkcs8' })), /ed25519/],
    ['a file that is not there', './keys/gone.pem', /\.\/keys\/gone\.pem.*ENOENT/],
    ['the inside of a key', pkcs8.split('\n').slice(1, 4).join('\n'), /neither PEM nor a JWK/],
    [
      'a line of a key, which has slashes',
      `MIIEvQ/BADANBgkqh/iG9w0BAQ/EFAASCBKcw${'ab/cd'.repeat(5)}`,
      /neither PEM nor a JWK/,
    ],
    ['the inside of a key on one line', pkcs8.split('\n').slice(1, 3).join(''), /neither PEM nor a JWK/],
    ['quotation marks', `"${pkcs8}"`, /quotation marks/],
  ])('is refused before a call if it is %s, and nothing of it is shown', (_what, text, problem) => {
    const { message, next, exitCode } = refusalOf(() => read(text))
    expect(exitCode).toBe(2)
    expect(message).toMatch(/^OKTA_CLIENT_PRIVATEKEY /)
    expect(message).toMatch(problem)
    expect(next).not.toBe('')
    for (const line of text.split(/\\n|\s/)) {
      if (line.length > 40) expect(`${message} ${next}`).not.toContain(line.slice(0, 24))
    }
  })
})
