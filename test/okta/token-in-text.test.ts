import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeAnswer, parseBody, parseOktaError } from '../../src/okta/answer.ts'
import { maskSecrets } from '../../src/okta/mask-secrets.ts'
import { cases } from '../support/cases.ts'
import { answerOf } from './answers.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Tokens as they are drawn: of a kind that nobody takes for words or for an id. */
const tokens = fc
  .string({ unit: fc.constantFrom(...alphabet, '-', '_'), minLength: 20, maxLength: 32 })
  .filter((text) => /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d[a-z]|[a-z]\d/i.test(text))
  .filter((text) => !/^0[0o]|^oae|[a-z]{5}/.test(text))

const texts: readonly ((token: string) => string)[] = [
  (token) => `Invalid token provided: ${token}`,
  (token) => `The token ${token} has expired`,
  (token) => `token '${token}' is not valid`,
  (token) => `Activation token="${token}"`,
  (token) => `token not found: ${token}, look it up`,
  (token) => `The activationToken is ${token}.`,
  (token) => `stateToken=${token}&x=1`,
  (token) => `Not found: Resource not found: ${token} (Token)`,
  (token) => `Not found: Resource not found: ${token} (UserActivationToken)`,
  (token) => `'${token}' is not a valid activation token`,
  (token) => `see https://acme.okta.com/welcome/${token}`,
  (token) => `see https://acme.okta.com/tokens/${token}/verify`,
  (token) => `see https%3A%2F%2Facme.okta.com%2Ftokens%2F${token}%2Fverify`,
  (token) => `see /activate/${token}`,
  (token) => JSON.stringify({ said: `token "${token}" was refused` }),
]

/** What is no secret and may follow the same words. */
const harmless = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('00u', '00g', '0oa', '00T'),
      fc.string({ unit: fc.constantFrom(...alphabet), minLength: 17, maxLength: 17 }),
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: 20, maxLength: 22 }).map((end) => `oae${end}`),
  fc
    .array(
      fc.constantFrom('internationalization', 'Invalid', 'Token', 'Exception', 'Activation', 'Expired'),
      {
        minLength: 3,
        maxLength: 4,
      },
    )
    .map((words) => words.join('')),
  fc.constantFrom('--accept-unusual', 'okta-users-manage-2026', 'USER_ACTIVATION_TOKEN', 'misunderstandings'),
)

describe('a bare token in the text of a server', () => {
  it('is hidden, whatever the words around it', () => {
    fc.assert(
      fc.property(tokens, fc.constantFrom(...texts), (token, textOf) => {
        const masked = maskSecrets(textOf(token))
        expect(masked).not.toContain(token)
        expect(masked).toContain('[token]')
        expect(maskSecrets(masked)).toBe(masked)
      }),
      { numRuns: cases(500) },
    )
  })

  it('is hidden in what is said of an answer, also in its causes', () => {
    fc.assert(
      fc.property(tokens, fc.constantFrom(...texts.slice(0, -1)), (token, textOf) => {
        const error = {
          errorCode: 'E0000001',
          errorSummary: textOf(token),
          errorCauses: [{ errorSummary: textOf(token) }],
        }
        expect(parseOktaError(parseBody(JSON.stringify(error)))).not.toBeNull()
        expect(describeAnswer(answerOf(400, JSON.stringify(error)))).not.toContain(token)
      }),
      { numRuns: cases(200) },
    )
  })

  it('is told from ids and words', () => {
    fc.assert(
      fc.property(harmless, fc.constantFrom(...texts.slice(0, 6)), (text, textOf) => {
        expect(maskSecrets(textOf(text))).toBe(textOf(text))
      }),
      { numRuns: cases(500) },
    )
  })

  it.each([
    'Invalid token provided (request id ZqN1Yc8xQ9KbCdEfGhIjKlMnOpQ)',
    "The token's owner is 00u1ab2cd3ef4gh5ij6k (ada.lovelace-1815-countess@example.com)",
    'token of christopher-robinson-1921@example.com',
    'Token of group 00g1ab2cd3ef4gh5ij6k was used',
    'errorId oaeHwfy0P9LSJ6GkgZ8Nd7o8w, token expired',
    'Okta refused the token; okta-lifecycle resume 20260901T020000000Z-nightly',
    'Not found: Resource not found: 00u1ab2cd3ef4gh5ij6k (User)',
    'the token lacks okta.users.manage',
    'see https://wiki.example.com/tokens/rotation-guide',
    'see https://intranet.example.com/welcome/onboarding-2026',
    'runs/activation/Leavers2026Q3-batch12345/results.csv',
    'activate/HR-Ticket-48213-batch7a',
    'verify/Nightly_2026_build98765x',
    'tokens/Offboarding-JIRA48213-Part2',
  ])('leaves %j as it is', (text) => {
    expect(maskSecrets(text)).toBe(text)
  })
})
