import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HashIndex } from '../../../src/sandbox/store/hash-index.ts'

// Few keys, so that rows share keys and slots are reused.
const step = fc.record({
  kind: fc.constantFrom('add', 'remove'),
  key: fc.oneof(fc.constantFrom('ann', 'bo', 'cy', '', 'é'), fc.constant(null)),
})

describe('HashIndex', () => {
  it('finds what a plain list of rows holds, through growth and removal', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const keys: (string | null)[] = []
        const held = new Map<number, string>()
        const index = new HashIndex((row) => keys[row] ?? null, 0)
        for (const { kind, key } of steps) {
          const row = [...held].find(([, one]) => one === key)?.[0]
          if (kind === 'add') {
            keys.push(key)
            index.add(keys.length - 1, key)
            if (key !== null) held.set(keys.length - 1, key)
          } else if (row !== undefined) {
            index.remove(row, key)
            held.delete(row)
          }
          for (const one of ['ann', 'bo', 'cy', '', 'é', 'nobody']) {
            const rows = [...held].filter(([, other]) => other === one).map(([number]) => number)
            expect(rows.length === 0 ? [-1] : rows).toContain(index.first(one))
            expect(index.only(one)).toBe(rows.length === 1 ? rows[0] : -1)
          }
        }
      }),
    )
  })

  it('tells keys apart whose hashes fall on the same slot', () => {
    const keys = Array.from({ length: 5000 }, (_, index) => `user.${index}@example.com`)
    const index = new HashIndex((row) => keys[row] ?? null, 10)
    keys.forEach((key, row) => {
      index.add(row, key)
    })
    expect(keys.filter((key, row) => index.only(key) !== row)).toEqual([])
    expect(index.first('user.5000@example.com')).toBe(-1)
  })
})
