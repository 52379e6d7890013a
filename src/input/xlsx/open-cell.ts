import type { StoredCell } from './cell-value.ts'
import { ShownText } from './shown-text.ts'
import type { Attributes } from './xml-parser.ts'

/** How many elements enclose the content of a cell, its own included: `worksheet`, `sheetData`, `row`, `c`. */
const depth = 4

/** A cell while its elements are read. */
export class OpenCell implements StoredCell {
  /** From 0. */
  readonly column: number
  readonly type: string
  readonly style: number
  value: string | null = null
  hasFormula = false
  /** How many elements `v` it has: more than one is a broken file. */
  values = 0
  #shown: ShownText | null = null

  constructor(column: number, attributes: Attributes) {
    this.column = column
    this.type = attributes.get('t') ?? 'n'
    this.style = Number(attributes.get('s') ?? '0')
  }

  get inline(): string | null {
    return this.#shown?.text ?? null
  }

  /** @param path all elements around the new one */
  open(name: string, path: readonly string[]): void {
    if (path.length !== depth) return
    if (name === 'f') this.hasFormula = true
    if (name === 'is') this.#shown ??= new ShownText()
    if (name !== 'v') return
    this.value ??= ''
    this.values += 1
  }

  /** @param path all elements around the text */
  take(text: string, path: readonly string[]): void {
    if (path[depth] === 'is') this.#shown?.take(text, path.slice(depth + 1))
    else if (path[depth] === 'v' && path.length === depth + 1) this.value = (this.value ?? '') + text
  }

  /** @param path all elements around the closed one */
  close(name: string, path: readonly string[]): void {
    if (path[depth] === 'is') this.#shown?.close(name)
  }
}
