import { Assembler } from 'stream-json/core/assembler.js'
import type { Token } from 'stream-json/core/parser.js'
import { maxNesting } from '../bytes/limits.ts'
import type { Cell, RawRecord, RowProblem } from '../row.ts'

/** One JSON value that stands where a record was expected: its cells in their order, or what was found instead. */
export interface JsonElement {
  readonly cells: Map<string, Cell> | null
  readonly found: string
}

/** Builds values from stream-json's tokens. */
export interface ElementBuilder {
  /** Takes the next token. Gives the value that it completes, else null. */
  take(token: Token): JsonElement | null
  /** Whether a value has begun and is not complete. */
  isOpen(): boolean
  /** The key of the record under way whose value is not complete; null where there is none. */
  key(): string | null
}

function scalarOf(token: Token): Cell | undefined {
  switch (token.name) {
    case 'stringValue':
    case 'nullValue':
    case 'trueValue':
    case 'falseValue':
      return token.value
    case 'numberValue':
      return Number(token.value)
    default:
      return undefined
  }
}

function kindOf(scalar: Cell): string {
  if (scalar === null) return 'null'
  return typeof scalar === 'string' ? 'a text' : `a ${typeof scalar}`
}

/**
 * A builder of values. stream-json's own StreamArray would build plain objects: those put keys that are numbers first,
 * lose a key named `__proto__`, and can't tell that a key came twice. Here objects become maps, because those keep the order of their keys also where keys are numbers,
 * and have no names of their own such as `__proto__`. Of a key that comes twice the last value counts.
 */
export function createElementBuilder(): ElementBuilder {
  let depth = 0
  let cells: Map<string, Cell> | null = null
  let key: string | null = null
  let nested: Assembler | null = null

  function close(element: JsonElement): JsonElement {
    cells = null
    key = null
    return element
  }

  function takeOutside(token: Token): JsonElement | null {
    const scalar = scalarOf(token)
    if (scalar !== undefined) return { cells: null, found: kindOf(scalar) }
    depth = 1
    if (token.name === 'startObject') cells = new Map()
    return null
  }

  function takeNested(assembler: Assembler, token: Token): void {
    assembler.consume(token)
    if (!assembler.done) return
    if (cells !== null && key !== null) cells.set(key, assembler.current as object)
    nested = null
    key = null
  }

  function takeInObject(record: Map<string, Cell>, token: Token): JsonElement | null {
    const scalar = scalarOf(token)
    if (token.name === 'keyValue') key = token.value
    else if (scalar !== undefined && key !== null) {
      record.set(key, scalar)
      key = null
    } else if (token.name === 'endObject') {
      depth = 0
      return close({ cells: record, found: 'an object' })
    } else {
      nested = new Assembler()
      nested.consume(token)
    }
    return null
  }

  function takeInArray(token: Token): JsonElement | null {
    if (token.name === 'startObject' || token.name === 'startArray') depth += 1
    if (token.name === 'endObject' || token.name === 'endArray') depth -= 1
    return depth === 0 ? close({ cells: null, found: 'an array' }) : null
  }

  return {
    take(token) {
      if (depth === 0) return takeOutside(token)
      if (cells === null) return takeInArray(token)
      if (nested === null) return takeInObject(cells, token)
      takeNested(nested, token)
      return null
    },
    isOpen: () => depth > 0,
    key: () => key,
  }
}

function isTooDeep(value: object): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth < maxNesting; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
    if (level.length === 0) return false
  }
  return level.some((one) => typeof one === 'object' && one !== null)
}

/** A value as a record. What is no object has no cells and that as its problem; nor is deep nesting kept. */
export function toRawRecord(row: number, element: JsonElement): RawRecord {
  const { cells, found } = element
  if (cells === null)
    return {
      row,
      cells: new Map(),
      problems: [{ column: null, message: `the record is ${found}; an object was expected` }],
    }
  const problems: RowProblem[] = []
  for (const [column, cell] of cells) {
    if (typeof cell !== 'object' || cell === null || !isTooDeep(cell)) continue
    cells.set(column, null)
    problems.push({ column, message: `the value is nested more than ${maxNesting} levels deep` })
  }
  return { row, cells, problems }
}
