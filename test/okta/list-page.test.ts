import { describe, expect, it } from 'vitest'
import { parseListPage } from '../../src/okta/list-page.ts'
import { nextLink } from '../../src/okta/next-link.ts'
import { answerOf } from './answers.ts'

const self = '<https://org.example.com/api/v1/groups/00g1/users?limit=2>; rel="self"'
const next = '<https://org.example.com/api/v1/groups/00g1/users?after=a,b&limit=2>; rel="next"'
const target = 'https://org.example.com/api/v1/groups/00g1/users?after=a,b&limit=2'

describe('the next page in link headers', () => {
  it.each([
    ['two lines, as Okta sends them', [self, next], target],
    ['one line', `${next}, ${self}`, target],
    ['without quotes and with other parameters', '</x>; title="a"; rel=next; type="b"', '/x'],
    ['none', self, null],
    ['another relation that sounds alike', '</x>; rel="nextish"', null],
    ['no header', undefined, null],
    ['not a link', 'next', null],
  ])('%s', (_, header, found) => {
    expect(nextLink(header)).toBe(found)
  })
})

describe('a page of a list', () => {
  it('is a list whose next page the header names', () => {
    const answer = { ...answerOf(200, '[{"id":"a"}]'), nextPage: '/next' }
    expect(parseListPage(answer)).toEqual({ entries: [{ id: 'a' }], next: '/next' })
    expect(parseListPage(answerOf(200, '[]'))).toEqual({ entries: [], next: null })
  })

  it('is an object with the list and the next page in it', () => {
    const body = { value: [{ id: 'a' }], _links: { next: { href: '/next' } } }
    expect(parseListPage(answerOf(200, JSON.stringify(body)))).toEqual({ entries: body.value, next: '/next' })
    expect(parseListPage(answerOf(200, '{"value":[]}'))).toEqual({ entries: [], next: null })
  })

  it.each(['{"id":"a"}', '["a"]', '[null]', '{"value":{}}'])('is not %s', (body) => {
    expect(parseListPage(answerOf(200, body))).toBeNull()
  })
})
