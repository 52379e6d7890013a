import { expect, it } from 'vitest'
import { findSwallowedRow } from '../../../src/input/csv/swallowed-rows.ts'

function found(columns: string, ...cells: readonly string[]): string | null {
  const names = columns.split(',')
  const row = new Map(names.map((name, index) => [name, cells[index] ?? '']))
  return findSwallowedRow(row, names, 'email')?.user ?? null
}

it.each([
  [
    'in the last cell',
    'email,name,desk',
    ['ada@example.com', 'Ada', '12\nbob@example.com,Bob,7\ncy@example.com,Cy,12'],
    'bob@example.com',
  ],
  ['by semicolons', 'email,desk', ['ada@example.com', '12\r\nbob@example.com;7'], 'bob@example.com'],
  [
    'in a cell before the user',
    'name,email',
    ['Ada,ada@example.com\nBob', 'bob@example.com'],
    'ada@example.com',
  ],
  [
    'in a cell in the middle',
    'email,name,desk',
    ['ada@example.com', 'Ada,12\nbob@example.com,Bob', '7'],
    'bob@example.com',
  ],
  ['with an id', 'email,desk', ['ada@example.com', '1\n00u1ab2cd3ef4gh5ij6k,2'], '00u1ab2cd3ef4gh5ij6k'],
] as const)('finds a row %s', (_, columns, cells, user) => {
  expect(found(columns, ...cells)).toBe(user)
})

it.each([
  ['a remark of two lines', 'email,note', ['ada@example.com', 'called\nher, twice']],
  ['an address in a remark', 'email,name,note', ['ada@example.com', 'Ada', 'ask\nbob@example.com']],
  ['a name of two lines', 'name,email', ['Ada\nFenwick', 'ada@example.com']],
  ['a postal address', 'email,address,city', ['ada@example.com', '1 High Street,\nFloor 2', 'Leeds']],
  ['words in the place of the user', 'email,desk', ['ada@example.com', '12\nBob, 7']],
  ['no line end', 'email,desk', ['ada@example.com', 'bob@example.com,7']],
] as const)('finds none in %s', (_, columns, cells) => {
  expect(found(columns, ...cells)).toBeNull()
})
