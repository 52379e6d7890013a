import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Expression, operators, parseExpression } from '../../../src/sandbox/search/expression.ts'

/** Writes an expression with every parenthesis that there can be. */
function written(expression: Expression): string {
  if (expression.kind !== 'compare') {
    return `(${expression.parts.map(written).join(` ${expression.kind} `)})`
  }
  const { path, operator, value } = expression
  return operator === 'pr' ? `${path} pr` : `${path} ${operator} ${JSON.stringify(value)}`
}

const comparison: fc.Arbitrary<Expression> = fc
  .record({
    path: fc.stringMatching(/^(status|id|profile\.[a-z]{1,9})$/),
    operator: fc.constantFrom(...operators),
    value: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
  })
  .map(({ path, operator, value }) => ({
    kind: 'compare',
    path,
    operator,
    value: operator === 'pr' ? null : value,
  }))

const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    comparison,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('tree'), { minLength: 2, maxLength: 4 }),
    }),
  ),
}))

describe('parseExpression', () => {
  it('reads back whatever is written', () => {
    fc.assert(
      fc.property(tree, (expression) => {
        expect(parseExpression(written(expression))).toEqual(expression)
      }),
    )
  })

  it('never throws, whatever the text', () => {
    const word = fc.constantFrom('(', ')', '"', '"a"', 'status', 'eq', 'and', 'or', '\\', ' ', 'null')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(' ')),
        ),
        (text) => {
          const parsed = parseExpression(text)
          expect(parsed === null || typeof parsed.kind === 'string').toBe(true)
        },
      ),
    )
  })

  it('binds and closer than or', () => {
    const a = parseExpression('status eq "A"')
    const [b, c] = [parseExpression('id eq "B"'), parseExpression('id eq "C"')]
    expect(parseExpression('status eq "A" or id eq "B" and id eq "C"')).toEqual({
      kind: 'or',
      parts: [a, { kind: 'and', parts: [b, c] }],
    })
    expect(parseExpression('(status eq "A" or id eq "B")AND id EQ "C"')).toEqual({
      kind: 'and',
      parts: [{ kind: 'or', parts: [a, b] }, c],
    })
  })

  it.each([
    '',
    ' ',
    'status',
    'status eq',
    'status eq ACTIVE',
    'status is "ACTIVE"',
    'status eq "ACTIVE',
    'status eq "ACTIVE" and',
    'and status eq "ACTIVE"',
    '(status eq "ACTIVE"',
    'status eq "ACTIVE")',
    'status eq "ACTIVE" id eq "x"',
    '"status" eq "ACTIVE"',
    'status eq "\\x"',
    `${'('.repeat(51)}status eq "A"${')'.repeat(51)}`,
    `${'('.repeat(100_000)}`,
  ])('takes %.40j for none', (text) => {
    expect(parseExpression(text)).toBeNull()
  })
})
