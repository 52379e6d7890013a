import { expect, it } from 'vitest'
import { duration, parseDuration } from '../../src/job/duration-value.ts'

it.each([
  ['90s', 90],
  ['1.5 h', 5400],
  ['15m', 900],
  [' 1d ', 86_400],
])('reads %s as %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

it.each(['', '0s', '5', 's', '-1h', '1h30m', '1w', 'PT1H', '1e9d', '1,5h'])('refuses %j', (text) => {
  expect(parseDuration(text)).toBeNull()
  expect(duration.safeParse(text).error?.issues[0]?.message).toContain(
    'a duration such as 90s, 15m, 2h or 1d',
  )
})
