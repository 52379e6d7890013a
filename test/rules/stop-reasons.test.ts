import { expect, it } from 'vitest'
import { oktaAway } from '../../src/rules/stop-reasons.ts'
import { answerOf, errorText } from '../okta/answers.ts'

it('does not say that an org that gives no access token now is not reached', () => {
  const why = 'the rate limit of /oauth2/v1/token is used up (Okta answered 429)'
  const answer = { kind: 'unanswered', mayHaveBeenSent: false, code: 'TOKEN_RATE_LIMIT', why } as const
  expect(oktaAway(answer, 'https://acme.okta.com', 45)).toMatchObject({
    exitCode: 3,
    message: `Okta gives no access token now: ${why}.`,
    advice: { fix: expect.stringContaining('Wait until that limit is free') },
  })
})

it('ends with one full stop, also after a sentence of Okta', () => {
  const answer = answerOf(500, errorText('E0000009', 'Internal Server Error.'))
  expect(oktaAway(answer, 'https://acme.okta.com', 45).message).toMatch(/Internal Server Error\.$/)
})
