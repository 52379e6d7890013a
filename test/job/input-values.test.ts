import { expect, test } from 'vitest'
import { inputValues } from '../../src/job/input-values.ts'

const { due } = inputValues

test.each([
  [{ column: 'd', time_zone: 'BST' }, 'Europe/London'],
  [{ column: 'd', time_zone: 'EST' }, 'Europe/London'],
  [{ column: 'd', format: 'yyyy-MM-dd hh:mm' }, 'am or pm'],
])('a job is refused whose dates would be read otherwise than meant: %j', (value, expected) => {
  expect(due.safeParse(value).error?.message).toContain(expected)
})

test('full names and hours with am or pm are taken', () => {
  const value = { column: 'd', time_zone: 'Europe/London', format: "yyyy-MM-dd hh:mm a 'h'" }
  expect(due.safeParse(value).success).toBe(true)
})
