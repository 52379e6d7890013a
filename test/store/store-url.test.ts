import { expect, it } from 'vitest'
import { storeError } from '../../src/store/store-error.ts'
import { holdsPassword, parseStoreUrl } from '../../src/store/store-url.ts'

const password = 'fictional-Passw0rd'

it.each([
  `postgres://ann:${password}@db.example.com/lifecycle`,
  `postgresql://ann:${password}@db.example.com:5433/lifecycle?sslmode=verify-full`,
  `postgres://ann@db.example.com/lifecycle?password=${password}`,
])('the password in %s is in no message', (address) => {
  const url = parseStoreUrl(address)
  expect(url.url).toContain(password)
  expect(url.shown).toContain('db.example.com')
  expect(holdsPassword(url)).toBe(true)
  for (const code of ['ECONNREFUSED', '28P01']) {
    const { message, next } = storeError(url, Object.assign(new Error('It failed'), { code }))
    expect(message).toContain(url.shown)
    expect(url.shown + message + next).not.toContain(password)
  }
})

it.each([`mysql://ann:${password}@db.example.com/x`, `ann:${password}@db.example.com`, ''])(
  'what is no address of a store is refused, and not repeated: %s',
  (address) => {
    expect(() => parseStoreUrl(address)).toThrow(/^(?!.*Passw0rd).*What was given is no such address/)
  },
)

it('an address without a password is shown as it is', () => {
  const url = parseStoreUrl('postgres://ann@db.example.com/lifecycle')
  expect([url.shown, holdsPassword(url)]).toEqual(['postgres://ann@db.example.com/lifecycle', false])
})

it('a command to type names what the store can not be reached without, and nothing that may be secret', () => {
  const where = 'postgres://ann@db.example.com/lifecycle?sslmode=verify-full&sslrootcert=%2Fetc%2Fdb.pem'
  expect(parseStoreUrl(`${where}&options=-c%20x%3Dfictional&other=fictional`).shown).toBe(where)
})

it.each([
  ['28P01', 'password authentication failed', /PGPASSWORD/],
  [undefined, 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', /PGPASSWORD/],
  ['3D000', 'database "x" does not exist', /createdb/],
  ['42501', 'permission denied for database x', /GRANT CREATE/],
  [undefined, 'The server does not support SSL connections', /Switch TLS on/],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', /sslrootcert/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", /host name/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', /sslrootcert/],
  ['28000', 'no pg_hba.conf entry', /^Check user/],
])('a refusal with %s (%s) comes with what to do about it', (code, text, advice) => {
  const url = parseStoreUrl('postgres://ann@db.example.com/lifecycle')
  expect(storeError(url, Object.assign(new Error(text), { code })).next).toMatch(advice)
})
