import { expect, it } from 'vitest'
import { rowOfKey } from '../../src/page/row-keys.ts'

it.each([
  ['ArrowDown', 5, 6],
  ['ArrowUp', 5, 4],
  ['ArrowUp', 0, 0],
  ['ArrowDown', 99, 99],
  ['PageDown', 5, 15],
  ['PageDown', 95, 99],
  ['PageUp', 5, 0],
  ['Home', 50, 0],
  ['End', 50, 99],
  ['Enter', 5, null],
  ['constructor', 5, null],
])('%s in row %i leads to %s', (key, row, expected) => {
  expect(rowOfKey(key, row, 100, 10)).toBe(expected)
})
