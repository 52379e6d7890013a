import { expect, it } from 'vitest'
import type { Received } from '../../src/okta/exchange.ts'
import { withoutSecretsOf } from '../../src/okta/without-secrets.ts'

const token = '00Secret+of/the=org'
const call = { method: 'GET', path: '/', headers: { authorization: `Bearer ${token}` } } as const

function textOf(text: string): string | null {
  const received = { kind: 'answered', httpStatus: 200, headers: { link: `<${token}>` }, text }
  const clean = withoutSecretsOf(call, received as unknown as Received)
  expect(JSON.stringify(clean)).not.toContain(token)
  return clean.kind === 'lost' ? null : clean.text
}

it('takes what was sent out of an answer, however the answer writes it', () => {
  expect(textOf(`{"errorSummary":"token ${token} is bad"}`)).toBe('{"errorSummary":"token [secret] is bad"}')
  expect(textOf(`{"login":"${token.replaceAll('/', '\\/')}"}`)).toBe('{"login":"[secret]"}')
  expect(textOf(`{"errorCode":"\\u0030\\u0030${token.slice(2)}"}`)).toBe('{"errorCode":"[secret]"}')
  expect(textOf(`<p>${encodeURIComponent(token)}</p>`)).toBe('<p>[secret]</p>')
  expect(textOf(`<p>${encodeURIComponent(token).toLowerCase()}</p>`)).toBe('<p>[secret]</p>')
  const bytes = [...token].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
  expect(textOf(`<p>${bytes}</p>`)).toBe('<p>[secret]</p>')
  const inner = JSON.stringify({ a: token.replace('+', '\\u002b') }).replaceAll('/', '\\/')
  expect(textOf(JSON.stringify({ text: inner }))).toContain('[secret]')
  expect(textOf(JSON.stringify({ text: inner }))).not.toContain('Secret')
})

it('takes out what is cut short, of an answer that refuses', () => {
  const long = '00aB3xY7kLmN0pQrStUvWxYz1234567890AbCdEfGh'
  const sent = { ...call, headers: { authorization: `SSWS ${long}` } } as const
  const received = {
    kind: 'answered',
    httpStatus: 400,
    headers: {},
    text: `token ${long.slice(0, 39)} is bad`,
  }
  const clean = withoutSecretsOf(sent, received as unknown as Received)
  expect(clean.kind === 'lost' ? null : clean.text).not.toContain(long.slice(0, 16))
})

it('leaves other texts as they are', () => {
  expect(textOf('{"a":"one\\\\two"')).toBe('{"a":"one\\\\two"')
  expect(textOf('{"a": 1}')).toBe('{"a": 1}')
})
