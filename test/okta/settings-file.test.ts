import { expect, it } from 'vitest'
import { parseOrgsFile } from '../../src/okta/settings-file.ts'

const whole = '{ orgUrl: https://one.okta.com, token: fictional }'

it.each([
  ['{ token: fictional }', 'orgs[1] in o.yaml has no orgUrl.'],
  ['{ orgUrl: https://two.okta.com }', 'orgs[1] in o.yaml has no token, and no privateKey.'],
  ['{ orgUrl: https://two.okta.com, token: }', 'orgs[1] in o.yaml has no token, and no privateKey.'],
  ['{ orgUrl: https://two.okta.com, tokn: x }', 'orgs[1].tokn in o.yaml is not a setting of an org.'],
  ['https://two.okta.com', 'orgs[1] in o.yaml is not a mapping.'],
])('the entry %s of a file of orgs is refused by its place', (entry, message) => {
  expect(() => parseOrgsFile(`orgs:\n  - ${whole}\n  - ${entry}\n`, 'o.yaml')).toThrow(message)
})

it('takes a token or a key', () => {
  const withKey = '{ orgUrl: https://two.okta.com, authorizationMode: PrivateKey, privateKey: key.pem }'
  expect(parseOrgsFile(`orgs:\n  - ${whole}\n  - ${withKey}\n`, 'o.yaml')).toHaveLength(2)
})
