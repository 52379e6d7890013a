import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/messages/known-error.ts'
import { describeNext } from '../../src/messages/stop.ts'
import { type FailureBounds, FailureLimits, tasksBeforeRate } from '../../src/rules/failure-limits.ts'
import { type ResultName, resultNames } from '../../src/rules/result.ts'

function limits(bounds: Partial<FailureBounds>, expectedStep = 0): FailureLimits {
  return new FailureLimits({ most: null, rate: null, ...bounds }, (step) => step === expectedStep)
}

/** The number of the first result after which the execution stops, from 1; 0 if none. */
function stopsAt(of: FailureLimits, results: readonly ResultName[]): number {
  return results.findIndex((result, index) => of.see({ result, row: index + 1, step: 1 }) !== null) + 1
}

describe('what may have failed', () => {
  const limitsOf = (most: number | null, rate: number | null = null) =>
    new FailureLimits({ most, rate }, (step) => step === 2)

  it('may pass the bound until it is known', () => {
    const limits = limitsOf(1)
    limits.doubt({ row: 1, step: 1 })
    expect(limits.mayBePassed).toBe(false)
    limits.doubt({ row: 2, step: 1 })
    expect(limits.mayBePassed).toBe(true)
    limits.decided({ row: 2, step: 1 })
    expect(limits.mayBePassed).toBe(false)
    limits.foresee({ row: 3, step: 1 })
    expect(limits.mayBePassed).toBe(true)
    limits.decided({ row: 1, step: 1 })
    expect(limits.mayBePassed).toBe(false)
  })

  it('counts for nothing without a bound, or where the failure is expected', () => {
    const free = limitsOf(null)
    free.doubt({ row: 1, step: 1 })
    expect(free.mayBePassed).toBe(false)
    const strict = limitsOf(0)
    strict.doubt({ row: 1, step: 2 })
    expect(strict.mayBePassed).toBe(false)
  })

  it('may pass the rate as well', () => {
    const limits = limitsOf(null, 0.02)
    for (let row = 1; row <= 49; row++) limits.see({ row, step: 1, result: 'succeeded' })
    limits.doubt({ row: 50, step: 1 })
    expect(limits.mayBePassed).toBe(false)
    limits.doubt({ row: 51, step: 1 })
    expect(limits.mayBePassed).toBe(true)
  })
})

describe('max_failures', () => {
  it('tolerates so many, and the next one stops', () => {
    expect(stopsAt(limits({ most: 2 }), ['failed', 'succeeded', 'failed', 'succeeded', 'failed'])).toBe(5)
    expect(stopsAt(limits({ most: 0 }), ['succeeded', 'failed'])).toBe(2)
    const reason = limits({ most: 0 }).see({ result: 'failed', row: 1, step: 1 })
    expect(reason?.exitCode).toBe(exitCodes.stoppedByGuard)
    expect(reason?.message).toBe('Too many failures: 1 task failed, and max_failures tolerates 0.')
    expect(describeNext(reason?.advice ?? { kind: 'go_on' }, 'resume')).toMatch(
      /results.csv .*, then: resume$/,
    )
  })

  it('counts failures alone, and none that the job allows for', () => {
    const others = resultNames.filter((name) => name !== 'failed')
    expect(stopsAt(limits({ most: 0, rate: 0.01 }), others)).toBe(0)
    expect(stopsAt(limits({ most: 0 }, 1), ['failed', 'failed'])).toBe(0)
  })
})

describe('max_failure_rate', () => {
  const many = (count: number, result: ResultName): ResultName[] =>
    Array.from({ length: count }, () => result)

  it('is judged once so many tasks have ended, and is passed by what is over it', () => {
    expect(stopsAt(limits({ rate: 0.2 }), many(60, 'failed'))).toBe(tasksBeforeRate)
    expect(stopsAt(limits({ rate: 0.2 }), [...many(10, 'failed'), ...many(40, 'succeeded')])).toBe(0)
    expect(stopsAt(limits({ rate: 0.2 }), [...many(11, 'failed'), ...many(39, 'succeeded')])).toBe(50)
    // What was skipped or unchanged is neither.
    expect(stopsAt(limits({ rate: 0.2 }), [...many(40, 'skipped'), ...many(20, 'failed')])).toBe(0)
  })

  it('stops exactly where the part is passed', () => {
    const results = fc.array(fc.constantFrom<ResultName>('succeeded', 'failed'), { maxLength: 120 })
    fc.assert(
      fc.property(results, fc.constantFrom(0.1, 0.25, 0.5), (ended, rate) => {
        const at = ended.findIndex((_, index) => {
          const failed = ended.slice(0, index + 1).filter((result) => result === 'failed').length
          return index + 1 >= tasksBeforeRate && failed > rate * (index + 1)
        })
        expect(stopsAt(limits({ rate }), ended)).toBe(at + 1)
      }),
    )
  })
})

it('a failure that was foreseen counts at once, and its result not once more', () => {
  const some = limits({ most: 1 })
  expect(some.foresee({ row: 1, step: 1 })).toBeNull()
  expect(some.see({ row: 1, step: 1, result: 'failed' })).toBeNull()
  expect(some.foresee({ row: 2, step: 1 })?.message).toMatch(/^Too many failures: 2 tasks failed/)
  // One that the job allows for counts neither way.
  const allowing = limits({ most: 0 }, 1)
  expect(allowing.foresee({ row: 1, step: 1 })).toBeNull()
  expect(allowing.see({ row: 1, step: 1, result: 'failed' })).toBeNull()
  expect(allowing.see({ row: 1, step: 2, result: 'failed' })).not.toBeNull()
})
