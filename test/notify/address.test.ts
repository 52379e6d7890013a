import { expect, it } from 'vitest'
import { KnownError } from '../../src/messages/known-error.ts'
import { readNotifyAddress } from '../../src/notify/address.ts'

const of = (url: string | undefined) => readNotifyAddress({ OKTA_LIFECYCLE_NOTIFY_URL: url })

it('takes an HTTPS address, and plain HTTP on this machine alone', () => {
  const { origin, path, authorization } = of('https://hooks.example.com/services/T0/B0?x=1')
  expect([origin, path.reveal(), authorization]).toEqual([
    'https://hooks.example.com',
    '/services/T0/B0?x=1',
    null,
  ])
  expect(of('http://127.0.0.1:8080/hook').origin).toBe('http://127.0.0.1:8080')
})

it('takes user and password out of the address', () => {
  const { origin, authorization } = of('https://ada:pass%20word@hooks.example.com/')
  expect(origin).toBe('https://hooks.example.com')
  expect(authorization?.reveal()).toBe(`Basic ${Buffer.from('ada:pass word').toString('base64')}`)
})

it.each([
  [undefined, /asks for notifications \(notify\), but OKTA_LIFECYCLE_NOTIFY_URL is not set/],
  ['', /is not set/],
  ['"https://hooks.example.com/secretpath"', /is not a URL/],
  ['hooks.example.com/secretpath', /is not a URL/],
  ['http://hooks.example.com/secretpath', /must begin with https/],
  ['ftp://hooks.example.com/secretpath', /must begin with https/],
])('refuses %s, and does not show it', (url, said) => {
  let error: unknown
  try {
    of(url)
  } catch (thrown) {
    error = thrown
  }
  if (!(error instanceof KnownError)) throw new Error('no known error')
  expect(error.message).toMatch(said)
  expect(`${error.message} ${error.next}`).not.toContain('secretpath')
})

it('keeps the path out of what is printed', () => {
  expect(JSON.stringify(of('https://hooks.example.com/secretpath'))).not.toContain('secretpath')
})
