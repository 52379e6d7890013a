import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeAnswer, parseBody, parseOktaError } from '../../src/okta/answer.ts'
import { answerOf, errorText, noAnswer, strangersAnswer } from './answers.ts'

describe('parseBody', () => {
  it.each([
    ['', { kind: 'empty' }],
    [' \r\n ', { kind: 'empty' }],
    ['{}', { kind: 'json', value: {} }],
    ['[1]', { kind: 'json', value: [1] }],
    ['null', { kind: 'unreadable' }],
    ['"text"', { kind: 'unreadable' }],
    ['42', { kind: 'unreadable' }],
    ['{"a":', { kind: 'unreadable' }],
    ['<html></html>', { kind: 'unreadable', why: 'HTML' }],
    ['\n <!DOCTYPE html>', { kind: 'unreadable', why: 'HTML' }],
  ])('reads %j', (text, expected) => {
    expect(parseBody(text)).toMatchObject(expected)
  })
})

describe('parseOktaError', () => {
  it('reads the code, the summary and the causes', () => {
    const text = errorText('E0000001', 'Api validation failed: suspendUser', [
      'Cannot suspend a user that is not active',
    ])
    expect(parseOktaError(parseBody(text))).toEqual({
      errorCode: 'E0000001',
      errorSummary: 'Api validation failed: suspendUser',
      causes: ['Cannot suspend a user that is not active'],
    })
  })

  it('reads OAuth’s own form of an error', () => {
    const text = '{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}'
    expect(parseOktaError(parseBody(text))).toEqual({
      errorCode: 'invalid_dpop_proof',
      errorSummary: 'The DPoP proof JWT header is missing.',
      causes: [],
    })
  })

  it('reads no error from what is none', () => {
    for (const text of ['', '{}', '[]', '{"errorCode":7}', '{"errorCode":null}', 'null', '<html>'])
      expect(parseOktaError(parseBody(text))).toBeNull()
  })

  it('never throws, whatever stands in an error’s place', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (errorCauses, errorSummary) => {
        const text = `{"errorCode":"E0000009","errorCauses":${errorCauses},"errorSummary":${errorSummary}}`
        const error = parseOktaError(parseBody(text))
        expect(error?.errorCode).toBe('E0000009')
        expect(error?.causes.every((cause) => typeof cause === 'string')).toBe(true)
        expect(describeAnswer(answerOf(500, text))).toContain('500 E0000009')
      }),
    )
  })
})

describe('describeAnswer', () => {
  it('names status, code and the useful text of the causes', () => {
    const text = errorText('E0000032', 'Unlock is not allowed for this user.', [
      'The user is not locked out.',
      '',
    ])
    expect(describeAnswer(answerOf(403, text))).toBe(
      'Okta answered 403 E0000032: Unlock is not allowed for this user. (The user is not locked out.)',
    )
  })

  it('tells what came in place of Okta’s JSON', () => {
    expect(describeAnswer(answerOf(502, '<html>'))).toContain('502 with HTML')
    expect(describeAnswer(answerOf(504, ''))).toContain('504')
    expect(describeAnswer(answerOf(200, '{"a":'))).toContain('200 with broken JSON')
    expect(describeAnswer(answerOf(200, 'ok'))).toContain('200 with some text')
    expect(describeAnswer(answerOf(204, ''))).toContain('204 with nothing')
    expect(describeAnswer(answerOf(200, '{"a":1}'))).toContain('200 with other JSON')
    expect(describeAnswer(noAnswer(true))).toBe('the connection was lost')
  })

  it.each([
    ['https://portal.example.com/login?session=SECRET', 'https://portal.example.com'],
    ['/login?session=SECRET', null],
    ['data:text/plain,SECRET', null],
    [null, null],
  ])('tells where a redirect to %s leads, and no more', (location, origin) => {
    const sentence = describeAnswer(strangersAnswer(302, '', location))
    expect(sentence).toContain('302, a redirect')
    expect(sentence).not.toContain('SECRET')
    if (origin !== null) expect(sentence).toContain(`to ${origin},`)
  })

  it('is one line of a bounded length, whatever the server writes', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 400 }), (word, times) => {
        const sentence = describeAnswer(answerOf(400, errorText('E0000001', `${word}\r\n`.repeat(times))))
        expect(sentence).not.toMatch(/[\r\n]/)
        expect(sentence.length).toBeLessThanOrEqual(400)
      }),
    )
  })
})
