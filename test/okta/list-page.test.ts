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
    ['among several relations', '</x>; rel="self next"', '/x'],
    ['in other letters', '</x>; REL=Next', '/x'],
    ['none', self, undefined],
    ['another relation that sounds alike', '</x>; rel="nextish"', undefined],
    ['a title that sounds alike', '</x>; title="next"; rel="self"', undefined],
    ['no header', undefined, undefined],
    ['not a link', 'garbage; rel=next', null],
    ['a link that is not closed', '</x; rel="next"', null],
    ['a link that is not opened', '/x>; rel="next"', null],
    ['a link to nowhere', '<>; rel="next"', null],
    ['other quotation marks', "</x>; rel='next'", null],
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
    const answer = answerOf(200, JSON.stringify(body))
    expect(parseListPage(answer, 'value')).toEqual({ entries: body.value, next: '/next' })
    expect(parseListPage(answerOf(200, '{"value":[]}'), 'value')).toEqual({ entries: [], next: null })
  })

  it.each(['{"id":"a"}', '["a"]', '[null]', '{"value":{}}', '{"value":[]}'])('is not %s', (body) => {
    expect(parseListPage(answerOf(200, body))).toBeNull()
  })

  it.each([
    ['a bare list', '[]'],
    ['a next page without an address', '{"value":[{"id":"a"}],"_links":{"next":{}}}'],
    ['a next page that is a number', '{"value":[],"_links":{"next":{"href":5}}}'],
    ['a next page that is a list', '{"value":[],"_links":{"next":[{"href":"x"}]}}'],
    ['a next page that is a text', '{"value":[],"_links":{"next":"http://x"}}'],
  ])('with its list in value is not %s', (_, body) => {
    expect(parseListPage(answerOf(200, body), 'value')).toBeNull()
  })

  it('is none where the header seems to name a next page', () => {
    expect(parseListPage({ ...answerOf(200, '[]'), nextPage: null })).toBeNull()
  })
})
