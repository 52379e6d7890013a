import { describe, expect, it } from 'vitest'
import { withoutSecrets } from '../../src/cli/terminal/mask-stream.ts'
import { describeAnswer } from '../../src/okta/answer.ts'
import { KnownSecrets } from '../../src/okta/known-secrets.ts'
import { maskSecrets } from '../../src/okta/mask-secrets.ts'
import { AnswerCleaner } from '../../src/okta/without-secrets.ts'
import { answerOf } from './answers.ts'

/** What a hostile server repeats: what a pattern begins with, what it goes on with, and what it has to give up. */
const pumps: readonly (readonly [before: string, pump: string, after: string])[] = [
  ['Invalid token provided: ', 'a', '1'],
  ['token=', 'Ab', '1'],
  ['token=', 'ab-', '1@'],
  ['', 'eyJ-', ''],
  ['eyJ', 'a.', ' '],
  ['', 'eyJa.', ''],
  ['', 'a.', ''],
  ['', 'a+', '://'],
  ['', 'a://b', ''],
  ['https://', ':', ''],
  ['https://', 'a:', '@'],
  ['', 'x://a:', ' '],
  ['', '-----BEGIN ', ''],
  ['-----BEGIN ', 'PRIVATE KEY ', ''],
  ['-----BEGIN PRIVATE KEY-----', '-----END ', ''],
  ['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY', ''],
  ['', '-----BEGIN PRIVATE KEY-----', ''],
  ['-----BEGIN PRIVATE KEY-----', '\nMIIEsecretsecret', '!'],
  ['-----BEGIN PRIVATE KEY-----', '\\n', ''],
  ['', '-----BEGIN PRIVATE KEY-----\nMIIEsecretsecret\n-----END ', ''],
  ['-----BEGIN PRIVATE KEY-----', ',MIIEsecretsecret1', '!'],
  ['-----BEGIN PRIVATE KEY-----', ',', ''],
  ['-----BEGIN PRIVATE KEY-----', '<br>', ''],
  ['PRIVATE', '-----BEGIN ', ''],
  ['PRIVATE', '-----BEGIN a a a a', ''],
  ['PRIVATE', '\\', ''],
  ['PRIVATE', '%25', ''],
  ['', '"d"', ''],
  ['"d"', ' ', 'x'],
  ['', '"d" : "aaaaaaaaaaaaaaaaaaaaaa', ''],
  ['Bearer', ' ', '"'],
  ['', 'Bearer ', ''],
  ['', 'Bearer%20', ''],
  ['', '00', ''],
  ['', '00a-', ''],
  ['', '/tokens/', ''],
  ['', '/tokens/abcdefgh', ''],
  ['', 'https://a/welcome/Abcdefgh1Abcdefgh1Abcdefgh1', ''],
  ['', '/welcome\\', ''],
  ['', 'activationToken', ''],
  ['activationToken', ' ', '"'],
  ['', 'token ', ''],
  ['token', ' is', ''],
  ['token ', 'is ,', ''],
  ['', 'token is the ', '@'],
  ['', '-', '('],
  ['', ' aaaaaaaaaaaaaaaaaaaa (', ''],
  ['aaaaaaaaaaaaaaaaaaaa (', 'a ', '!'],
  ['aaaaaaaaaaaaaaaaaaaa', '"', '!'],
  ['aaaaaaaaaaaaaaaaaaaa', ' ', '!'],
  ['aaaaaaaaaaaaaaaaaaaa is a ', 'a', '!'],
  ['', '\\', ''],
  ['', '\\', 'u00'],
  ['', '\\u00', ''],
  ['', '\\u0025', ''],
  ['', '\\u{', ''],
  ['', '\\u{0', ''],
  ['\\u{', '0', ''],
  ['', '%41', ''],
  ['', '%25', ''],
  ['%', '25', 'x'],
  ['', '%E2%80', ''],
  ['', '%E2', '%2'],
  ['', '&#0', ''],
  ['&#', '0', 'x'],
  ['&', 'amp;', '#'],
  ['', '&amp;', ''],
  ['&', 'a', ''],
  ['', '\u200b', ''],
  ['', 'a\u200b', ''],
  ['', '\u001b', ''],
  ['', 'İ', ''],
  ['', '=', ''],
  ['', '🙂', ''],
  ['', '00aB3xY7', ''],
  ['', 'aB3xY7kLm', ''],
  ['', 'MDBhQjN4WTdrTG1OMHBRclN0VXZXeFl6', ''],
  ['"activationToken":"', 'a\\', ''],
  ['', '"activationToken":', ''],
  ['', 'activationToken<', ''],
  ['activationToken', '<a>', ''],
  ['', 'activationUrl="', ''],
  ['', '"errorCode" ', ''],
]

const token = '00aB3xY7kLmN0pQrStUvWxYz1234567890AbCdEfGh'
const activationToken = 'XE6wE17zmphl3KqAPFxO'
/** Words and a number at their end, in which a pattern for words may try all ways to part them. */
const nearlyWords = `${'a'.repeat(46)}12345`
const known = new KnownSecrets([token, nearlyWords, 'directory', `${'Ab'.repeat(23)}x9`])
const sent = {
  method: 'POST',
  path: '/',
  headers: { authorization: `SSWS ${token}` },
} as const
const cleaner = new AnswerCleaner([nearlyWords, 'directory'])
const answer = { kind: 'response', connectedAfterMs: 0, headers: {} } as const
cleaner.clean(sent, { ...answer, httpStatus: 200, text: JSON.stringify({ activationToken }) })

const maskings: Readonly<Record<string, (text: string) => unknown>> = {
  patterns: maskSecrets,
  'the message of an answer': (text) =>
    describeAnswer(answerOf(400, JSON.stringify({ errorCode: 'E0000001', errorSummary: text }))),
  'a stream': (text) => withoutSecrets(text, known),
  'known secrets': (text) => known.mask(text, 'mask words'),
  'an answer that refuses': (text) => cleaner.clean(sent, { ...answer, httpStatus: 400, text }),
  'an answer that succeeds': (text) => cleaner.clean(sent, { ...answer, httpStatus: 200, text }),
  'an error of Okta': (text) =>
    cleaner.clean(sent, { ...answer, httpStatus: 400, text: `{"errorCode":"E","errorSummary":"${text}"}` }),
}

/** Of the processor, in milliseconds: other work of the machine does not count. */
function timeOf(work: () => unknown): number {
  const begun = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1_000
}

/** Less can't be told from the noise of the machine, and is nothing to wait for. In milliseconds. */
const short = 20

/** For a text doubled twice, a time that grows with the square of the length is 16 times as long. */
const mostOften = 8

/** How much longer the work takes for a text doubled twice: the least of a few times, because of the noise. */
function ratioOf(work: (length: number) => unknown, length: number): number {
  let least = Infinity
  for (let times = 0; times < 5 && least >= mostOften; times++)
    least = Math.min(least, timeOf(() => work(length)) / timeOf(() => work(length / 4)))
  return least
}

/** In characters. Lengths grow slowly at first, because of what takes twice as long for each character more. */
const lengths = [16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 128, 1_000, 25_000]

describe.each(Object.entries(maskings))('the masking of %s', (_, masking) => {
  it('takes four times as long for a text of four times the length, whatever the text', () => {
    for (const [before, pump, after] of pumps) {
      const work = (length: number): unknown => masking(before + pump.repeat(length / pump.length) + after)
      for (const length of lengths) {
        if (timeOf(() => work(length)) < short) continue
        const text = `${JSON.stringify([before, pump, after])} of ${length} characters`
        expect(ratioOf(work, length), text).toBeLessThan(mostOften)
      }
    }
  })
})
