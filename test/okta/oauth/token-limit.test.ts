import { describe, expect, it } from 'vitest'
import type { Answered } from '../../../src/okta/answer.ts'
import { limitWait } from '../../../src/okta/oauth/token-limit.ts'
import { answerOf } from '../answers.ts'

const now = 1_760_000_000_000
const second = now / 1000

function limited(limit: number | null, reset: number, retryAfterMs: number | null = null): Answered {
  const rateLimit = limit === null ? null : { limit, remaining: 0, reset }
  return { ...answerOf(429), rateLimit, retryAfterMs }
}

describe('limitWait', () => {
  it.each([
    ['until its reset, and the second of it', limited(5, second + 8), 1, 9_000, true],
    ['as long as Retry-After says', limited(5, second + 30, 8_000), 1, 8_000, true],
    ['5 s when the answer says nothing', limited(null, 0), 1, 5_000, false],
    ['5 s when its reset has passed', limited(5, second - 5), 1, 5_000, false],
    ['longer when its reset has passed time after time', limited(5, second - 5), 6, 16_000, false],
    ['a window at most when its reset has passed', limited(5, second - 5), 40, 60_000, false],
    ['longer than a reset that is near time after time', limited(5, second), 5, 8_000, false],
    ['until a reset that is far also after many', limited(5, second + 200), 40, 201_000, true],
    ['a moment at the limit of simultaneous calls', limited(0, second + 50), 1, 500, false],
    ['longer at that limit time after time', limited(0, second + 50), 4, 4_000, false],
    ['not without end when Retry-After is 0', limited(null, 0, 0), 1, 5_000, false],
  ])('is %s', (_what, answer, times, milliseconds, isStated) => {
    expect(limitWait(answer, times, now)).toEqual({ milliseconds, isStated })
  })
})
