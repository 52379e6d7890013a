import { describe, expect, it } from 'vitest'
import { nextStep } from '../../../src/okta/oauth/next-step.ts'

const first = { nonces: 0, corrections: 0, rejections: 0 }
const plain = { httpStatus: 401, error: null, hasNonce: false, tokenProven: false, clockMoved: false }

describe('what follows an answer to a service app', () => {
  it.each([
    ['a success', { httpStatus: 200 }, {}, 'final'],
    ['a refusal of the call', { httpStatus: 403 }, {}, 'final'],
    ['a failure of the server', { httpStatus: 500, error: 'invalid_token' }, {}, 'final'],
    ['a 401', {}, {}, 'renew'],
    ['invalid_token with 400', { httpStatus: 400, error: 'invalid_token' }, {}, 'renew'],
    ['a 401 with the new token', {}, { rejections: 1 }, 'final'],
    [
      'a 401 with a new token that other calls were accepted with',
      { tokenProven: true },
      { rejections: 1 },
      'renew',
    ],
    ['the fourth 401', { tokenProven: true }, { rejections: 3 }, 'final'],
    ['a missing scope with 401', { error: 'insufficient_scope' }, {}, 'final'],
    ['a nonce challenge', { error: 'use_dpop_nonce', hasNonce: true }, {}, 'again'],
    ['a nonce challenge with 400', { httpStatus: 400, error: 'use_dpop_nonce', hasNonce: true }, {}, 'again'],
    ['a nonce challenge without nonce', { error: 'use_dpop_nonce' }, {}, 'final'],
    ['the third nonce challenge', { error: 'use_dpop_nonce', hasNonce: true }, { nonces: 2 }, 'final'],
    ['a bad proof', { httpStatus: 400, error: 'invalid_dpop_proof' }, {}, 'final'],
    [
      'a bad proof by a clock that was off',
      { httpStatus: 400, error: 'invalid_dpop_proof', clockMoved: true },
      {},
      'again',
    ],
    [
      'the same again',
      { httpStatus: 400, error: 'invalid_dpop_proof', clockMoved: true },
      { corrections: 1 },
      'final',
    ],
  ] as const)('%s', (_what, answer, history, step) => {
    expect(nextStep({ ...plain, ...answer }, { ...first, ...history })).toBe(step)
  })
})
