import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Received } from '../../src/okta/exchange.ts'
import { AnswerCleaner } from '../../src/okta/without-secrets.ts'

const token = '00Secret+of/the=org'
const call = { method: 'GET', path: '/', headers: { authorization: `Bearer ${token}` } } as const

function textOf(text: string): string | null {
  const received = { kind: 'answered', httpStatus: 200, headers: { link: `<${token}>` }, text }
  const clean = new AnswerCleaner().clean(call, received as unknown as Received)
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
  const clean = new AnswerCleaner().clean(sent, received as unknown as Received)
  expect(clean.kind === 'lost' ? null : clean.text).not.toContain(long.slice(0, 16))
})

it('leaves other texts as they are', () => {
  expect(textOf('{"a":"one\\\\two"')).toBe('{"a":"one\\\\two"')
  expect(textOf('{"a": 1}')).toBe('{"a": 1}')
})

const hexOf = (one: string): string => one.charCodeAt(0).toString(16)

describe('a refusal', () => {
  const long = '00aB3xY7kLmN0pQrStUvWxYz1234567890AbCdEfGh'
  const sent = { method: 'POST', path: '/', headers: { authorization: `SSWS ${long}` } } as const

  function refused(text: string, cleaner = new AnswerCleaner()): string {
    const received = { kind: 'response', connectedAfterMs: 0, httpStatus: 400, headers: {}, text } as const
    const clean = cleaner.clean(sent, received)
    return clean.kind === 'lost' ? '' : (clean.text ?? '')
  }

  it('shows no eight characters of the token in a row, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.nat({ max: 42 }), fc.nat({ max: 42 }), (one, other) => {
        const piece = long.slice(Math.min(one, other), Math.max(one, other))
        const shown = refused(`Bad token (${piece}) given`)
        expect(shown).toBe(`Bad token (${piece.length < 8 ? piece : '[secret]'}) given`)
      }),
    )
  })

  it.each<[string, (text: string) => string]>([
    ['base64', (text) => Buffer.from(text).toString('base64')],
    ['hexadecimal digits', (text) => Buffer.from(text).toString('hex')],
    ['hexadecimal digits in capitals', (text) => Buffer.from(text).toString('hex').toUpperCase()],
    ['base64url', (text) => Buffer.from(text).toString('base64url')],
    ['percent-encoded base64', (text) => encodeURIComponent(Buffer.from(text).toString('base64'))],
    [
      'percent-encoding of every byte',
      (text) => text.replaceAll(/./gs, (one) => `%${one.charCodeAt(0).toString(16)}`),
    ],
    [
      'percent-encoding of itself',
      (text) => text.replaceAll(/./gs, (one) => `%25${one.charCodeAt(0).toString(16)}`),
    ],
    ['JSON escapes', (text) => text.replaceAll(/./gs, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)],
    ['escapes of HTML', (text) => text.replaceAll(/./gs, (one) => `&#${one.charCodeAt(0)};`)],
    [
      'percent-encoding and letters of JSON',
      (text) => text.replaceAll(/[a-z]/g, (one) => `%5Cu00${hexOf(one)}`),
    ],
    ['HTML in JSON', (text) => text.replaceAll(/./gs, (one) => `\\u0026#x${hexOf(one)};`)],
    ['names and numbers of HTML', (text) => text.replaceAll(/./gs, (one) => `&amp;#0${one.charCodeAt(0)};`)],
    ['zero-width spaces of JSON between', (text) => [...text].join('\\u200b')],
    ['zero-width spaces of JSON in JSON between', (text) => [...text].join('\\\\u200b')],
    ['escapes of JSON for a terminal between', (text) => [...text].join('\\u001b')],
    ['backspaces of JSON between', (text) => [...text].join('\\b')],
    ['percent-encoded zero-width spaces between', (text) => [...text].join('%E2%80%8B')],
    ['zero-width spaces that are encoded twice between', (text) => [...text].join('%25E2%2580%258B')],
    ['percent-encoded soft hyphens between', (text) => [...text].join('%C2%AD')],
    ['numbers of HTML between', (text) => [...text].join('&#8203;')],
    ['hexadecimal numbers of HTML between', (text) => [...text].join('&#x200B;')],
    ['names of HTML between', (text) => [...text].join('&shy;')],
    ['longer names of HTML between', (text) => [...text].join('&ZeroWidthSpace;')],
    ['raw escapes between', (text) => [...text].join('\u001b')],
    [
      'base64 with zero-width spaces between',
      (text) => [...Buffer.from(text).toString('base64')].join('\u200b'),
    ],
    ['zero-width spaces between', (text) => [...text].join('\u200b')],
    ['byte order marks between', (text) => [...text].join('\ufeff')],
    ['soft hyphens between', (text) => [...text].join('\u00ad')],
  ])('shows no token as %s, at any place of a longer text', (_, encoded) => {
    for (const before of ['', 'a', 'ab', 'user:'])
      for (const after of ['', ':x', '::yy']) {
        const shown = refused(`<${encoded(before + long + after)}> "is bad"`)
        expect(shown).toMatch(/^<.{0,120}\[secret\].{0,120}> "is bad"$/)
        // Of base64 the characters at the ends depend on what comes before and after the token.
        // What stands between its characters also stands on both sides of it.
        const others = encoded(before).length + encoded(after).length + 4 + 2 * encoded('ab').length
        expect(shown.length, shown).toBeLessThanOrEqual('<[secret]> "is bad"'.length + others)
        // A letter that is longer in lower case must not keep anything from being found.
        expect(refused(`İstek <${encoded(before + long + after)}> "is bad"`)).toBe(`İstek ${shown}`)
      }
  })

  it.each(['pa\\ss12x9Q', 'p%41ss12x9Qw', 'a&b<c>12x9Q"', 'ΑΣΣ12x9QwΣ', 'İ12x9Qwİ'])(
    'shows no password with characters that are escaped: %j',
    (password) => {
      const cleaner = new AnswerCleaner([password])
      const ofHtml = password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      const encoded = encodeURIComponent(password)
      for (const text of [password, JSON.stringify(password), ofHtml, encoded, encodeURIComponent(encoded)])
        expect(refused(`[${text}] [${text}x`, cleaner), text).not.toMatch(/[1x]2|9Q/)
    },
  )

  it('stays JSON, with everything else in it', () => {
    const inner = JSON.stringify({ token: long, note: 'a "b" \\ c' })
    const cleaned = refused(JSON.stringify({ errorSummary: inner, errorCode: 'E0000001' }))
    const { errorSummary, errorCode } = JSON.parse(cleaned)
    expect([errorCode, JSON.parse(errorSummary)]).toEqual([
      'E0000001',
      { token: '[secret]', note: 'a "b" \\ c' },
    ])
  })

  it.each([
    ['password', 'The password does not meet the password policy'],
    ['Password2026', 'The password does not meet the password policy'],
    ['example.com', 'ada@example.com was not found'],
    ['Api validation', 'Api validation failed: login'],
    ['errorSummary', 'Api validation failed: login'],
  ])('leaves the words of Okta although a proxy has the password %s', (password, said) => {
    const text = JSON.stringify({ errorCode: 'E0000001', errorSummary: said })
    expect(refused(text, new AnswerCleaner([password]))).toBe(text)
    expect(refused(`<p>${password}</p>`, new AnswerCleaner([password]))).toBe('<p>[secret]</p>')
  })

  it.each(['\u034f', '\u3164', '\ufe0f', '\u115f', '\u0000', '\u0001', '\u2028', '\u200b'])(
    'shows no token between whose characters stands what is not shown: %j',
    (between) => {
      expect(refused(`token ${[...long].join(between)} is bad`)).toBe('token [secret] is bad')
    },
  )

  it('shows no password of a proxy', () => {
    const sentToProxy = Buffer.from('ann:correct-horse').toString('base64')
    const cleaner = new AnswerCleaner([sentToProxy, 'correct-horse'])
    expect(refused(`${sentToProxy} correct-horse correct- horse`, cleaner)).toBe(
      '[secret] [secret] [secret] horse',
    )
  })
})

describe('an activation token', () => {
  const token = 'XE6wE17zmphl3KqAPFxO'
  const call = { method: 'POST', path: '/', headers: { authorization: 'SSWS 00abcdefghijk' } } as const

  function answer(httpStatus: number, requestId: string, text: string): Received {
    return {
      kind: 'response',
      connectedAfterMs: 0,
      httpStatus,
      headers: { 'x-okta-request-id': requestId, 'x-rate-limit-reset': '1767225600' },
      text,
    }
  }

  const brought = (given: string): string =>
    JSON.stringify({ activationUrl: `https://o/welcome/${given}`, activationToken: given })

  it.each<[string, string]>([
    ['the same', token],
    ['in other letter case', token.toLowerCase()],
    ['a piece', token.slice(0, 14)],
    ['another piece', token.slice(5, 17)],
    ['with underscores around it', `_${token}_`],
    ['in a link whose end is encoded', `fromURI=https%3A%2F%2Fx%2Fstart%3Fk%3D${token}`],
    ['base64', Buffer.from(token).toString('base64')],
    ['hexadecimal digits', Buffer.from(token).toString('hex')],
    ['hexadecimal digits of a link', Buffer.from(`/tokens/${token}/x`).toString('hex').toUpperCase()],
    ['base64url of a link', Buffer.from(`https://x/tokens/${token}/verify?`).toString('base64url')],
    ['base64 of another link', encodeURIComponent(Buffer.from(`ab https://x/y/${token}`).toString('base64'))],
    ['zero-width spaces between', [...token].join('\u200b')],
    ['soft hyphens of JSON between', [...token].join('\\u00ad')],
    ['percent-encoded', [...token].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')],
  ])('is masked in later answers: %s', (_, written) => {
    const cleaner = new AnswerCleaner()
    cleaner.clean(call, answer(200, 'req', brought(token)))
    for (const [status, method] of [
      [400, 'POST'],
      [200, 'GET'],
    ] as const) {
      const later = cleaner.clean(
        { ...call, method },
        answer(status, `r-${written}`, `{"a":"x ${written} y"}`),
      )
      const shown = later.kind === 'lost' ? '' : JSON.stringify([later.text, later.headers])
      expect(shown.match(/\[secret\]/g)).toHaveLength(2)
      for (let at = 0; at + 8 <= written.length; at++) {
        const piece = written.slice(at, at + 8)
        if (token.includes(piece)) expect(shown).not.toContain(piece)
      }
      expect(later.kind === 'lost' ? '' : later.text).toMatch(/^\{"a":"x .{0,40}\[secret\].{0,20} y"\}$/)
    }
  })

  it('is known if it is written with escapes, or has been brought before ten thousand others', () => {
    const cleaner = new AnswerCleaner()
    const escaped = brought(token).replaceAll(token, token.replaceAll('a', '\\u0061'))
    cleaner.clean(call, answer(200, 'req', escaped))
    for (let times = 0; times < 10_000; times++)
      cleaner.clean(call, answer(200, 'r', brought(`aB3${String(times).padStart(17, 'xY7-')}`)))
    expect(cleaner.clean(call, answer(400, 'r', `no ${token}`))).toMatchObject({ text: 'no [secret]' })
  })

  it('stays in the body that brings it, and nowhere else, then or later', () => {
    const cleaner = new AnswerCleaner()
    const body = JSON.stringify({ activationUrl: `https://o/welcome/${token}`, activationToken: token })
    expect(cleaner.clean(call, answer(200, `req-${token}`, body))).toMatchObject({
      text: body,
      headers: { 'x-okta-request-id': 'req-[secret]', 'x-rate-limit-reset': '1767225600' },
    })
    const read = { ...call, method: 'GET' } as const
    expect(cleaner.clean(read, answer(200, token, '{}'))).toMatchObject({
      headers: { 'x-okta-request-id': '[secret]' },
    })
    expect(cleaner.clean(read, answer(404, 'reqOther', `{"errorSummary":"no ${token}"}`))).toMatchObject({
      headers: { 'x-okta-request-id': 'reqOther' },
      text: '{"errorSummary":"no [secret]"}',
    })
  })
})

describe('a success', () => {
  const b64 = (text: string): string => Buffer.from(text).toString('base64')
  const ofJson = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  function cleaned(
    sent: Parameters<AnswerCleaner['clean']>[0],
    said: string,
    never: readonly string[],
  ): string {
    const headers = { 'x-okta-request-id': `via ${said}`, 'x-rate-limit-reset': '1767225600' }
    const text = JSON.stringify({ id: '00u1', profile: { login: said } })
    const received = { kind: 'response', connectedAfterMs: 0, httpStatus: 200, headers, text } as const
    const clean = new AnswerCleaner(never).clean(sent, received)
    return clean.kind === 'lost' ? '' : `${JSON.stringify(clean.headers)} ${clean.text}`
  }

  const writings: readonly (readonly [string, (text: string) => string])[] = [
    ['as it is', (text) => text],
    ['in upper case', (text) => text.toUpperCase()],
    ['percent-encoded', (text) => text.replaceAll(/./g, (one) => `%${hexOf(one)}`)],
    ['as escapes of JSON', (text) => text.replaceAll(/./g, (one) => `\\u{${hexOf(one)}}`)],
    ['in base64', b64],
    ['as hexadecimal digits', (text) => Buffer.from(`a${text}`).toString('hex')],
    ['in base64 with more before it', (text) => b64(`ann:${text}:x`)],
    ['as credentials', (text) => `Basic ${b64(`ann:${text}`)}`],
    ['with what is not shown between', (text) => [...text].join('%E2%80%8B')],
  ]

  it.each(writings)('shows no password of a proxy %s', (_, written) => {
    const password = 'Hunter2-proxy9x'
    const shown = cleaned(call, written(password), [b64(`ann:${password}`), password])
    expect(shown.match(/\[secret\]/g)).toHaveLength(2)
    expect(shown).not.toContain(written(password).slice(4, -8))
    expect(shown).toContain('"x-rate-limit-reset":"1767225600"')
  })

  it('masks a password of words only where nothing else can be meant', () => {
    const shown = cleaned(call, 'directory', ['directory'])
    expect(shown).toBe(
      '{"x-okta-request-id":"via [secret]","x-rate-limit-reset":"1767225600"} {"id":"00u1","profile":{"login":"directory"}}',
    )
  })

  const jwt = [
    ofJson({ alg: 'RS256' }),
    ofJson({ ver: 1, iss: 'https://acme.okta.com' }),
    'x9K'.repeat(40),
  ].join('.')

  it.each(writings)('shows no token, proof or assertion %s', (_, written) => {
    const proof = jwt.replace('x9K', 'pR0')
    const assertion = jwt.replace('x9K', 'aS5')
    const headers = { authorization: `DPoP ${jwt}`, dpop: proof }
    const body = new URLSearchParams({ client_assertion: assertion }).toString()
    const sent = { method: 'POST', path: '/', headers, body } as const
    for (const secret of [
      jwt,
      proof,
      assertion,
      ...[jwt, proof, assertion].map((one) => one.split('.')[2] ?? ''),
    ]) {
      const shown = cleaned(sent, written(secret), [])
      expect(shown.match(/\[secret\]/g)).toHaveLength(2)
      expect(shown.length).toBeLessThan(250)
    }
  })

  const lined = (text: string, length: number, feed: string): string =>
    (text.match(new RegExp(`.{1,${length}}`, 'gs')) ?? []).join(feed)

  it.each(['\n', '\r\n', '\\r\\n', ' '])(
    'shows no base64 of a token or a password in lines parted by %j',
    (feed) => {
      const api = '00aB3xY7kLmN0pQrStUvWxYz1234567890AbCdEfGh'
      const password = 'Hunter2-proxy9x-Qw7z'
      for (const [authorization, secret] of [
        [`SSWS ${api}`, api],
        [`Bearer ${jwt}`, jwt],
        ['SSWS other-token-9x8w7', password],
      ] as const)
        for (const length of [16, 20, 64, 76]) {
          const said = lined(b64(secret), length, feed)
          const sent = { method: 'GET', path: '/', headers: { authorization } } as const
          const { login } = JSON.parse(
            cleaned(sent, said, [b64(`ann:${password}`), password]).split('} ')[1] ?? '',
          ).profile
          // What is left of a line is less than twelve characters of the secret.
          for (const [left] of login.replaceAll('[secret]', '!').matchAll(/[\w+/=]+/g))
            expect(left.length, login).toBeLessThan(16 + feed.length)
        }
    },
  )

  it('shows no long piece of a token, and none of the signature of an access token', () => {
    const api = '00aB3xY7kLmN0pQrStUvWxYz1234567890AbCdEfGh'
    const ofApi = { method: 'GET', path: '/', headers: { authorization: `SSWS ${api}` } } as const
    expect(cleaned(ofApi, `${api.slice(0, 39)} ${api.slice(9, 24)}`, [])).toContain(
      `"[secret] ${api.slice(9, 24)}"`,
    )
    const ofApp = { method: 'GET', path: '/', headers: { authorization: `Bearer ${jwt}` } } as const
    const signature = jwt.split('.')[2] ?? ''
    expect(cleaned(ofApp, `${jwt.slice(0, 40)} ${signature.slice(1, 60)}`, [])).toContain(
      `"${jwt.slice(0, 40)} [secret]"`,
    )
  })

  it('leaves a long piece of a password of words in a login', () => {
    const shown = cleaned(call, 'acme-offboarding-team@example.com', ['acme-offboarding-team-12345'])
    expect(shown).toContain('"acme-offboarding-team@example.com"')
  })

  it('keeps cursors and ids that have something in common with the token', () => {
    const sent = { method: 'GET', path: '/', headers: { authorization: `Bearer ${jwt}` } } as const
    const cursor = ofJson({ ver: 1, iss: 'https://acme.okta.com', last: '00u1' })
    const link = `<https://acme.okta.com/api/v1/groups/1/users?after=${cursor}&limit=200>; rel="next"`
    const text = JSON.stringify([{ id: `00u${jwt.slice(-11)}` }, { id: jwt.slice(20, 40) }])
    const headers = { link, 'x-okta-request-id': jwt.slice(30, 52) }
    const received = { kind: 'response', connectedAfterMs: 0, httpStatus: 200, headers, text } as const
    expect(new AnswerCleaner().clean(sent, received)).toEqual(received)
  })
})

describe('an activation token is learnt', () => {
  const token = 'XE6wE17zmphl3KqAPFxO'
  const url = `https://acme.okta.com/tokens/${token}/verify`
  const sent = { ...call, method: 'POST' } as const
  const success = { kind: 'response', connectedAfterMs: 0, httpStatus: 200, headers: {} } as const
  const far = 'x'.repeat(300_000)

  function later(text: string): unknown {
    const cleaner = new AnswerCleaner()
    const clean = cleaner.clean(sent, { ...success, headers: { 'x-okta-request-id': token }, text })
    expect(clean).toMatchObject({ headers: { 'x-okta-request-id': '[secret]' } })
    return [clean, cleaner.clean(sent, { ...success, httpStatus: 400, text: `no ${token}` })]
  }

  it.each([
    ['from its field', `{"activationUrl":"${url}","activationToken":"${token}"}`],
    ['from a name with escapes', `{"\\u0061ctivationToken":"${token}"}`],
    ['beside another one', `{"a":{"activationToken":"aaaaaaaaaaaaaaaaaaaa"},"activationToken":"${token}"}`],
    ['far behind', `{"a":"${far}","activationToken":"${token}"}`],
  ])('%s, in which it stays', (_, text) => {
    expect(later(text)).toMatchObject([{ text }, { text: 'no [secret]' }])
  })

  it.each([
    ['from the link alone', `{"activationUrl":"${url}"}`],
    ['from the link of a classic org', `{"activationUrl":"https://acme.okta.com/welcome/${token}"}`],
    ['from a link of another form', `{"activationUrl":"https://acme.okta.com/start?key=${token}"}`],
    ['from broken JSON', `{"activationToken":"${token}","activationUrl":"https://acme`],
    ['from broken JSON with the link alone', `{"activationUrl":"${url}","a`],
    ['from a list', `[{"activationToken":"${token}"}]`],
    ['from an object in another one', `{"data":{"activationToken" : "${token}"}}`],
    ['from JSON in JSON', JSON.stringify({ a: JSON.stringify({ activationToken: token }) })],
    ['from single quotes', `{'activationToken': '${token}'}`],
    ['from a name in other letters', `activation_token=${token}&a=1`],
    ['from a page', `<table><tr><td>activationToken</td><td>${token}</td></tr></table>`],
    ['from a link of a page', `<a href='${url.replaceAll('/', '&#x2f;')}'>Activate</a>`],
    ['from an encoded link', `next=${encodeURIComponent(url)}`],
    ['far behind', `<p>${far}</p>${url}`],
  ])('%s, in which it is masked', (_, text) => {
    const answers = later(text)
    expect(JSON.stringify(answers)).not.toContain(token)
    expect(answers).toMatchObject([{}, { text: 'no [secret]' }])
  })

  it.each(['{"activationToken":null,"activationUrl":null}', 'activationToken: undefined'])(
    'but nothing is from an answer without one: %s',
    (text) => {
      const cleaner = new AnswerCleaner()
      cleaner.clean(sent, {
        ...success,
        text: `${text} /activate/verification-of-2026 /tokens/00u1ab2cd3ef4gh5ij6k`,
      })
      const refusal = 'undefined activationUrl verification-of-2026 00u1ab2cd3ef4gh5ij6k'
      expect(cleaner.clean(sent, { ...success, httpStatus: 400, text: refusal })).toMatchObject({
        text: refusal,
      })
    },
  )
})

describe('the largest answer', () => {
  const sent = { method: 'POST', path: '/', headers: { authorization: `SSWS ${token}x1` } } as const
  const response = { kind: 'response', connectedAfterMs: 0, headers: {} } as const
  const size = 8 * 1024 * 1024

  function made(): AnswerCleaner {
    const cleaner = new AnswerCleaner(['Hunter2-proxy9x'])
    cleaner.clean(sent, { ...response, httpStatus: 200, text: '{"activationToken":"XE6wE17zmphl3KqAPFxO"}' })
    return cleaner
  }

  it.each(['a', '\u200b', '"activationToken":"', '\\', '%41'])(
    'is cleaned whatever it is made of: %j',
    (pump) => {
      for (const [httpStatus, begin] of [
        [200, '{"activationToken":"'],
        [400, '{"errorCode":"'],
      ] as const) {
        const text = begin + pump.repeat((size - begin.length) / pump.length)
        const clean = made().clean(sent, { ...response, httpStatus, text })
        // A failure would show as this word alone.
        expect(clean.kind === 'lost' ? null : clean.text?.slice(0, 9)).not.toBe('[secret]')
      }
    },
  )

  it('is not shown if it can not be masked', () => {
    const broken = {
      ...response,
      httpStatus: 200,
      headers: { date: 'x', 'x-rate-limit-limit': '600' },
      text: 'raw',
    }
    const sentBroken = {
      ...sent,
      get headers(): never {
        throw new RangeError('Maximum call stack size exceeded')
      },
    }
    expect(made().clean(sentBroken, broken)).toEqual({
      ...broken,
      headers: { date: '[secret]', 'x-rate-limit-limit': '600' },
      text: '[secret]',
    })
  })

  it('keeps what a message shows of a long refusal', () => {
    const said = { errorCode: 'E0000001', errorSummary: `no ${token}x1`, errorId: 'x'.repeat(20_000) }
    const clean = made().clean(sent, { ...response, httpStatus: 400, text: JSON.stringify(said) })
    expect(JSON.parse((clean.kind === 'lost' ? null : clean.text) ?? '')).toEqual({
      errorCode: 'E0000001',
      errorSummary: 'no [secret]',
    })
  })
})

it('costs hardly anything for a user who is read', () => {
  const cleaner = new AnswerCleaner()
  const user = JSON.stringify({
    id: '00u1',
    profile: { note: 'ü'.repeat(200), text: 'Lorem ipsum dolor '.repeat(150) },
  })
  const received = {
    kind: 'response',
    connectedAfterMs: 0,
    httpStatus: 200,
    headers: {},
    text: user,
  } as const
  const begun = performance.now()
  for (let times = 0; times < 1_000; times++) cleaner.clean(call, received)
  // A read of Okta takes a hundred times as long.
  expect((performance.now() - begun) / 1_000).toBeLessThan(0.5)
})

it('leaves a short password of a proxy in the login of a user who is read', () => {
  const cleaner = new AnswerCleaner(['ops4all'])
  const text = '{"profile":{"login":"breakglass-ops4all@example.com"}}'
  const received = { kind: 'response', connectedAfterMs: 0, httpStatus: 200, text } as const
  const clean = cleaner.clean(call, { ...received, headers: { 'x-okta-request-id': 'req-ops4all' } })
  expect(clean).toMatchObject({ text, headers: { 'x-okta-request-id': 'req-[secret]' } })
})
