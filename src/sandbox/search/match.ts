import type { AttributeValue } from '../users/user.ts'
import type { Expression, Literal, Operator } from './expression.ts'

/**
 * What an expression may ask about a row. `text` is compared without regard to letter case, `exact` with regard to it,
 * `time` by the moment that it names (a row's time is a number, milliseconds since 1970).
 */
export interface Attribute {
  readonly kind: 'text' | 'exact' | 'time'
  /** The operators that the attribute allows; default: all. */
  readonly operators?: readonly Operator[]
  /** Undefined, null and NaN: the row has no such value. */
  read(row: number): AttributeValue | undefined
}

/** The attribute that a path names; null if there is none that may be asked for. */
export type Attributes = (path: string) => Attribute | null

type Comparable = string | number | boolean

function comparable(value: Comparable, kind: Attribute['kind']): Comparable {
  return kind === 'text' && typeof value === 'string' ? value.toLowerCase() : value
}

function compare(one: Comparable, operator: Operator, other: Comparable): boolean {
  if (operator === 'eq') return one === other
  if (typeof one !== typeof other) return false
  if (operator === 'sw') return typeof one === 'string' && one.startsWith(String(other))
  if (operator === 'co') return typeof one === 'string' && one.includes(String(other))
  if (operator === 'gt') return one > other
  if (operator === 'ge') return one >= other
  if (operator === 'lt') return one < other
  return operator === 'le' && one <= other
}

function wantedValue(
  attribute: Attribute,
  operator: Operator,
  value: Literal,
): Comparable | null | undefined {
  if (value === null) return operator === 'eq' || operator === 'ne' ? null : undefined
  if (attribute.kind !== 'time') return comparable(value, attribute.kind)
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) || operator === 'sw' || operator === 'co' ? undefined : time
}

function valuesOf(value: AttributeValue | undefined, kind: Attribute['kind']): readonly Comparable[] {
  if (value === undefined || value === null || (kind === 'time' && Number.isNaN(value))) return []
  const list = typeof value === 'object' ? value : [value]
  return list.map((item) => comparable(item, kind))
}

function compileComparison(
  { path, operator, value }: Extract<Expression, { kind: 'compare' }>,
  attributes: Attributes,
): ((row: number) => boolean) | null {
  const attribute = attributes(path)
  if (attribute === null || attribute.operators?.includes(operator) === false) return null
  const { kind } = attribute
  if (operator === 'pr') return (row) => valuesOf(attribute.read(row), kind).length > 0
  const wanted = wantedValue(attribute, operator, value)
  if (wanted === undefined) return null
  const isEqual = (row: number): boolean => {
    const values = valuesOf(attribute.read(row), kind)
    return wanted === null ? values.length === 0 : values.includes(wanted)
  }
  if (operator === 'eq') return isEqual
  if (operator === 'ne') return (row) => !isEqual(row)
  return (row) =>
    wanted !== null && valuesOf(attribute.read(row), kind).some((one) => compare(one, operator, wanted))
}

/**
 * Makes a test of rows out of an expression. Null if it asks for an attribute that does not exist or for an operator
 * that the attribute does not allow, or compares a time with something that is not a time.
 */
export function compile(expression: Expression, attributes: Attributes): ((row: number) => boolean) | null {
  if (expression.kind === 'compare') return compileComparison(expression, attributes)
  const tests: ((row: number) => boolean)[] = []
  for (const part of expression.parts) {
    const test = compile(part, attributes)
    if (test === null) return null
    tests.push(test)
  }
  return expression.kind === 'and'
    ? (row) => tests.every((test) => test(row))
    : (row) => tests.some((test) => test(row))
}
