import { Assembler } from 'stream-json/core/assembler.js'
import type { Token } from 'stream-json/core/parser.js'
import { shown } from '../../messages/shown.ts'
import { maxNesting } from '../bytes/limits.ts'
import type { Cell, RawRecord, RowProblem } from '../row.ts'

/** A JSON value in the place of a record: its cells in order, or what was found instead. */
export interface JsonElement {
  readonly cells: Map<string, Cell> | null
  readonly found: string
  /** Keys that occur more than once, in the record itself or in an object inside it. */
  readonly repeated: readonly string[]
  /** Keys, dotted inside objects, whose values are numbers kept as text, because JavaScript would lose digits. */
  readonly longNumbers: ReadonlySet<string>
}

/** Builds values from stream-json's tokens. */
export interface ElementBuilder {
  /** Takes the next token. Returns the value that it completes; otherwise null. */
  take(token: Token): JsonElement | null
  /** Whether a value has begun and is not complete. */
  isOpen(): boolean
  /** The key of the unfinished record whose value is not complete; null if there is none. */
  key(): string | null
}

/**
 * A number, or its text if JavaScript would lose some digits (a personnel number beyond 2^53) or all of them (1e400).
 */
function numberOf(text: string): string | number {
  const number = Number(text)
  if (!Number.isFinite(number)) return text
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) && String(number) !== text ? text : number
}

function scalarOf(token: Token): Cell | undefined {
  switch (token.name) {
    case 'stringValue':
    case 'nullValue':
    case 'trueValue':
    case 'falseValue':
      return token.value
    case 'numberValue':
      return numberOf(token.value)
    default:
      return undefined
  }
}

function kindOf(token: Token, scalar: Cell): string {
  if (scalar === null) return 'null'
  if (token.name === 'numberValue') return 'a number'
  return typeof scalar === 'string' ? 'text' : `a ${typeof scalar}`
}

/** Finds the keys that an object has twice, at any depth. */
class RepeatedKeys {
  readonly #open: Set<string>[] = []
  readonly #found = new Set<string>()

  take(token: Token): void {
    if (token.name === 'startObject') this.#open.push(new Set())
    else if (token.name === 'endObject') this.#open.pop()
    else if (token.name === 'keyValue') {
      const keys = this.#open.at(-1)
      if (keys?.has(token.value) === true) this.#found.add(token.value)
      keys?.add(token.value)
    }
  }

  found(): readonly string[] {
    return [...this.#found]
  }
}

/**
 * A builder of values. stream-json's own StreamArray would build plain objects: those put keys that are numbers first,
 * lose a key named `__proto__`, and can't tell that a key came twice. Here a record becomes a map, and keys that come
 * twice are found separately.
 */
export function createElementBuilder(): ElementBuilder {
  let depth = 0
  let cells: Map<string, Cell> | null = null
  let key: string | null = null
  let nested: Assembler | null = null
  let keys = new RepeatedKeys()
  let longNumbers = new Set<string>()

  function close(record: Map<string, Cell> | null, found: string): JsonElement {
    const repeated = keys.found()
    depth = 0
    cells = null
    key = null
    keys = new RepeatedKeys()
    const numbers = longNumbers
    longNumbers = new Set()
    return { cells: record, found, repeated, longNumbers: numbers }
  }

  function takeOutside(token: Token): JsonElement | null {
    const scalar = scalarOf(token)
    if (scalar !== undefined) return close(null, kindOf(token, scalar))
    depth = 1
    if (token.name === 'startObject') cells = new Map()
    return null
  }

  function takeNested(assembler: Assembler, token: Token): void {
    const scalar = token.name === 'numberValue' ? numberOf(token.value) : null
    if (typeof scalar === 'string') {
      longNumbers.add([key, ...assembler.path, assembler.key].join('.'))
      assembler.consume({ name: 'stringValue', value: scalar })
    } else assembler.consume(token)
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
      if (token.name === 'numberValue' && typeof scalar === 'string') longNumbers.add(key)
      key = null
    } else if (token.name === 'endObject') {
      return close(record, 'an object')
    } else {
      nested = new Assembler()
      nested.consume(token)
    }
    return null
  }

  function takeInArray(token: Token): JsonElement | null {
    if (token.name === 'startObject' || token.name === 'startArray') depth += 1
    if (token.name === 'endObject' || token.name === 'endArray') depth -= 1
    return depth === 0 ? close(null, 'an array') : null
  }

  return {
    take(token) {
      keys.take(token)
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

/** The place of a record, and its text if that is known. */
export interface RecordPlace {
  readonly row: number
  readonly line: number | null
  readonly text: string | null
}

/**
 * A value as a record. A value that is not an object has no cells, and that is its problem. A duplicate key is a
 * problem too, and so is a value that is nested too deep, which is not kept.
 */
export function toRawRecord({ row, line, text }: RecordPlace, element: JsonElement): RawRecord {
  const { cells, found, repeated, longNumbers } = element
  const raw = text === null ? null : [text]
  if (cells === null)
    return {
      row,
      line,
      cells: new Map(),
      raw,
      problems: [{ column: null, message: `the record is ${found}; an object was expected` }],
    }
  const problems: RowProblem[] = repeated.map((key) => ({
    column: key,
    message: `the key ${shown(key)} appears twice in the record, and it is not clear which value counts`,
  }))
  for (const [column, cell] of cells) {
    if (typeof cell !== 'object' || cell === null || !isTooDeep(cell)) continue
    cells.set(column, null)
    problems.push({ column, message: `the value is nested more than ${maxNesting} levels deep` })
  }
  return {
    row,
    line,
    cells,
    raw: problems.length === 0 ? null : raw,
    problems,
    ...(longNumbers.size > 0 && { longNumbers }),
  }
}
