import type { PageCell, PageRow } from './page-data.ts'

/** Stands for an empty cell among a filter's values: no cell has this text. */
export const emptyValue = '\u0000'

/** Stands for every value of a filter's column. */
export const anyValue = '\u0001'

/** How the rows are chosen and ordered. */
export interface Selection {
  /** What every row must hold, word by word, in any cell and in any letter case. */
  readonly search: string
  /** The one value that is wanted, by column. */
  readonly filters: Readonly<Record<string, string>>
  /** Null for the order of the input. */
  readonly order: { readonly column: string; readonly descending: boolean } | null
}

export const everything: Selection = { search: '', filters: {}, order: null }

/**
 * The tasks of the page. Each is kept as its line of JSON until it is asked for: parsing a hundred thousand of them at
 * once takes longer than showing the first ones. Tasks are identified by their places, from 0.
 */
export class TaskTable {
  readonly columns: readonly string[]
  readonly count: number
  readonly #lines: readonly string[]
  readonly #rows: (PageRow | undefined)[]
  readonly #texts: (string | undefined)[] = []
  readonly #places: ReadonlyMap<string, number>
  readonly #all: readonly number[]

  /** @param lines for each task, the JSON of its cells */
  constructor(columns: readonly string[], lines: readonly string[]) {
    this.columns = columns
    this.count = lines.length
    this.#lines = lines
    this.#rows = new Array(lines.length)
    this.#all = lines.map((_, place) => place)
    // The first column of a name counts: the program's own columns come first.
    this.#places = new Map(columns.map((name, index) => [name, index] as const).toReversed())
  }

  row(place: number): PageRow {
    const known = this.#rows[place]
    if (known !== undefined) return known
    const row = JSON.parse(this.#lines[place] ?? '[]') as PageRow
    this.#rows[place] = row
    return row
  }

  cell(place: number, column: string): PageCell {
    return this.row(place)[this.#places.get(column) ?? -1] ?? null
  }

  /** The tasks of a selection, in its order. */
  select({ search, filters, order }: Selection): readonly number[] {
    const wanted = Object.entries(filters)
    const words = foldText(search)
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => ({ word, anyCase: new RegExp(literally(word), 'i') }))
    const found =
      wanted.length + words.length === 0
        ? this.#all
        : this.#all.filter(
            (place) =>
              wanted.every(([column, value]) =>
                matches(textOf(this.cell(place, column), emptyValue), value),
              ) &&
              words.every(
                ({ word, anyCase }) => this.#mayHold(place, anyCase) && this.#textOf(place).includes(word),
              ),
          )
    return order === null ? found : this.#sorted(found, order.column, order.descending)
  }

  /** Prepares what a search needs, for the tasks from `first` up to `end`. */
  prepare(first: number, end: number): void {
    for (let place = first; place < Math.min(end, this.count); place++) this.#textOf(place)
  }

  /**
   * Whether a task's line may hold a word. Testing the raw line takes a fraction of the time of parsing it, so a search
   * that comes before everything is prepared need not wait for that. A line with an escaped or an accented character
   * may hold any word.
   */
  #mayHold(place: number, anyCase: RegExp): boolean {
    if (this.#texts[place] !== undefined) return true
    const line = this.#lines[place] ?? ''
    return anyCase.test(line) || escapedOrAccented.test(line)
  }

  /** The text that a search looks through. */
  #textOf(place: number): string {
    const known = this.#texts[place]
    if (known !== undefined) return known
    const text = foldText(
      this.row(place)
        .map((cell) => textOf(cell))
        .join('\n'),
    )
    this.#texts[place] = text
    return text
  }

  #sorted(places: readonly number[], column: string, descending: boolean): readonly number[] {
    const keyed = places.map((place) => ({ place, key: keyOf(this.cell(place, column)) }))
    const sign = descending ? -1 : 1
    // Empty cells come last either way, and equal ones stay in the order of the input.
    keyed.sort((some, other) => {
      if (some.key === null || other.key === null) {
        return Number(some.key === null) - Number(other.key === null) || some.place - other.place
      }
      return sign * compare(some.key, other.key) || some.place - other.place
    })
    return keyed.map(({ place }) => place)
  }
}

/** A cell as text. */
export function textOf(cell: PageCell, empty = ''): string {
  if (cell === null || cell === '') return empty
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

function matches(text: string, wanted: string): boolean {
  return wanted === anyValue ? text !== emptyValue : text === wanted
}

function keyOf(cell: PageCell): string | number | null {
  if (cell === null || cell === '') return null
  return typeof cell === 'number' ? cell : foldText(textOf(cell))
}

function compare(some: string | number, other: string | number): number {
  if (some === other) return 0
  return some < other ? -1 : 1
}

/** A regular expression for just this text. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

const escapedOrAccented = /[\\\u0080-\uffff]/

const ascii = /^[\p{ASCII}]*$/u

/** A text without letter case and accents, so that `jose` finds `José`. */
function foldText(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  // A capital sigma becomes one of two small letters, depending on its place.
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ')
}
