import { expect, it } from 'vitest'
import { Refusal } from '../../src/messages/known-error.ts'
import { requireCertificateChecks } from '../../src/okta/certificate-checks.ts'

const off = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }

it('no token goes to an org whose certificate nobody checks', () => {
  expect(() => requireCertificateChecks('https://example.okta.com', off)).toThrow(Refusal)
  expect(() => requireCertificateChecks('https://example.okta.com', off)).toThrow(
    'NODE_TLS_REJECT_UNAUTHORIZED',
  )
})

it.each([
  ['https://example.okta.com', {}],
  ['https://example.okta.com', { NODE_TLS_REJECT_UNAUTHORIZED: '1' }],
  ['https://localhost:8443', off],
  ['http://127.0.0.1:8080', off],
])('%s is fine with %j', (orgUrl, environment) => {
  expect(() => requireCertificateChecks(orgUrl, environment)).not.toThrow()
})
