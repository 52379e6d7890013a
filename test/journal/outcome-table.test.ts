import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Outcome, OutcomeTable } from '../../src/journal/outcome-table.ts'
import { resultNames, skipReasons } from '../../src/rules/result.ts'

const text = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('')))

const outcome: fc.Arbitrary<Outcome> = fc.record({
  step: fc.integer({ min: 1, max: 3 }),
  action: fc.oneof(fc.constantFrom('suspend', 'unlock'), fc.string({ maxLength: 5 })),
  result: fc.constantFrom(...resultNames),
  reason: fc.option(fc.constantFrom(...skipReasons)),
  okta_user_id: text,
  okta_login: text,
})

/** A text that has been through UTF-8, as every text of a journal has. */
function asRead(value: string | null): string | null {
  return value === null ? null : Buffer.from(value).toString()
}

it('gives back each outcome as a map would', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 5_000 }), outcome)), (entries) => {
      const table = new OutcomeTable()
      const map = new Map<number, Outcome>()
      for (const [task, given] of entries) {
        table.set(task, given)
        map.set(task, given)
      }
      for (const [task, given] of map) {
        const [id, login] = [asRead(given.okta_user_id), asRead(given.okta_login)]
        expect(table.get(task)).toEqual({ ...given, okta_user_id: id, okta_login: login })
      }
      expect(table.get(5_001)).toBeNull()
    }),
  )
})

it('keeps more than one block of them, and texts that are longer than a block', () => {
  const table = new OutcomeTable()
  const of = (task: number): Outcome => ({
    step: 1,
    action: 'suspend',
    result: 'succeeded',
    reason: null,
    okta_user_id: `00u${task}`,
    okta_login: task % 500 === 7 ? `${'ü'.repeat(40_000)}${task}` : `user${task}@example.com`,
  })
  for (let task = 0; task < 4_000; task++) table.set(task, of(task))
  for (let task = 0; task < 4_000; task++) expect(table.get(task)).toEqual(of(task))
})
