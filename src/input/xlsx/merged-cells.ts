import { Refusal } from '../../messages/known-error.ts'
import { parseCellName } from './cell-name.ts'
import { visitXml } from './read-xml.ts'
import type { Workbook } from './workbook.ts'

/** A block of cells that is shown as one. The first cell has its text; the others are empty. */
export interface MergedRange {
  /** As the sheet writes it, `B4:B6`. */
  readonly name: string
  readonly firstLine: number
  readonly lastLine: number
  readonly firstColumn: number
  readonly lastColumn: number
}

/** The most merged ranges that a sheet may have. */
const mostRanges = 200_000

function parseRange(name: string): MergedRange | null {
  const [from, to] = name.split(':').map(parseCellName)
  if (from === undefined || from === null || to === undefined || to === null) return null
  const [firstLine, lastLine] = [from.line, to.line]
  return { name, firstLine, lastLine, firstColumn: from.column, lastColumn: to.column }
}

/** Whether the bytes hold a word of ASCII. Also true for UTF-16, in which the word can't be found in this way. */
async function mayHold(chunks: AsyncIterable<Buffer>, word: string): Promise<boolean> {
  let rest: Buffer | null = null
  let found = false
  for await (const chunk of chunks) {
    if (rest === null) found = chunk[0] === 0xfe || chunk[0] === 0xff
    const piece: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk])
    found ||= piece.includes(word)
    rest = piece.subarray(Math.max(0, piece.length - word.length))
  }
  return found
}

/**
 * The merged cells of the sheet that is read. A sheet lists them after its rows, but its rows can't be read without
 * them. So it is unpacked once beforehand, and read as XML only if it has merged cells.
 */
export async function readMergedCells({ name, parts, choice }: Workbook): Promise<readonly MergedRange[]> {
  const { part } = choice.sheet
  const ranges: MergedRange[] = []
  if (!(await mayHold(parts.read(part), 'mergeCell'))) return ranges
  await visitXml(parts.read(part), `${name}, ${part}`, {
    open(element, attributes, path) {
      if (element !== 'mergeCell' || path.length !== 2 || path[1] !== 'mergeCells') return
      const range = parseRange(attributes.get('ref') ?? '')
      if (range !== null) ranges.push(range)
      if (ranges.length > mostRanges)
        throw new Refusal(
          `${name}: the sheet has more than ${mostRanges} merged cells.`,
          'Unmerge them: select all, then Home, Merge & Center. Each row needs its own values.',
        )
    },
  })
  return ranges
}

/** Tells which merged range covers a cell. Must be asked about lines in ascending order. */
export class MergedLines {
  readonly #waiting: MergedRange[]
  #open: MergedRange[] = []

  constructor(ranges: readonly MergedRange[]) {
    this.#waiting = [...ranges].sort((some, other) => other.firstLine - some.firstLine)
  }

  /** The range that covers a cell other than the range's first; null if there is none. */
  coveredAt(line: number, column: number): MergedRange | null {
    for (
      let next = this.#waiting.at(-1);
      next !== undefined && next.firstLine <= line;
      next = this.#waiting.at(-1)
    ) {
      this.#open.push(next)
      this.#waiting.pop()
    }
    this.#open = this.#open.filter(({ lastLine }) => lastLine >= line)
    return this.#open.find((range) => covers(range, line, column)) ?? null
  }
}

function covers(range: MergedRange, line: number, column: number): boolean {
  const isFirst = line === range.firstLine && column === range.firstColumn
  return !isFirst && column >= range.firstColumn && column <= range.lastColumn
}
