import { stripInvisible } from '../user-key.ts'

const quote = 0x22
const equals = 0x3d
const lineFeed = 0x0a
const carriageReturn = 0x0d
const opening = Buffer.from('="')

/**
 * The text inside a cell such as `="00123"`, by which exports keep a spreadsheet from making a number of it; of any
 * other cell the text as it is. Invisible characters around the formula do not count.
 */
export function textInFormula(text: string): string {
  if (!text.includes('="')) return text
  const formula = stripInvisible(text)
  if (!formula.startsWith('="') || !formula.endsWith('"') || formula.length < 3) return text
  const inside = formula.slice(2, -1)
  return inside.replaceAll('""', '').includes('"') ? text : inside.replaceAll('""', '"')
}

/** Where a cell that begins with `="` ends: one past its closing quote; null where it is no such formula. */
function endOfFormula(
  bytes: Buffer,
  from: number,
  delimiter: number,
  last: boolean,
): number | null | 'later' {
  for (let place = from; place < bytes.length; place += 1) {
    const byte = bytes[place]
    if (byte === lineFeed || byte === carriageReturn) return null
    if (byte !== quote) continue
    const next = bytes[place + 1]
    if (next === undefined) return last ? place + 1 : 'later'
    if (next === delimiter || next === lineFeed || next === carriageReturn) return place + 1
    if (next !== quote) return null
    place += 1
  }
  return last ? null : 'later'
}

function quoted(cell: Buffer): Buffer {
  return Buffer.from(`"${cell.toString('latin1').replaceAll('"', '""')}"`, 'latin1')
}

/** Puts cells that are formulas of a text in quotes, piece by piece. */
export interface FormulaQuoter {
  /** Takes the next piece of the CSV, and gives what is settled by now. */
  take(chunk: Buffer): Buffer
  /** Gives the rest, once there are no more pieces. */
  end(): Buffer
}

/**
 * Exports write `="00123"` without the quotes around it that CSV asks for, and spreadsheets read it all the same. This
 * puts it in quotes where it is a whole cell, `"=""00123"""`, and leaves all else as it is, so that a CSV reader can
 * still be strict about stray quotes.
 * @param delimiter the byte between cells
 * @param longest how many bytes may be held back for a formula that is not closed yet
 */
export function createFormulaQuoter(delimiter: number, longest: number): FormulaQuoter {
  let held: Buffer = Buffer.alloc(0)
  /** The byte before what is held back. The first cell begins as if a line had ended before it. */
  let before = lineFeed
  let insideQuotes = false

  function countQuotes(bytes: Buffer, from: number, to: number): void {
    let count = 0
    for (let place = from; place < to; place += 1) if (bytes[place] === quote) count += 1
    if (count % 2 === 1) insideQuotes = !insideQuotes
  }

  function beginsCell(bytes: Buffer, place: number): boolean {
    const previous = place === 0 ? before : bytes[place - 1]
    return !insideQuotes && (previous === delimiter || previous === lineFeed || previous === carriageReturn)
  }

  function hold(bytes: Buffer, from: number): void {
    before = bytes[from - 1] ?? before
    held = bytes.subarray(from)
  }

  function settle(bytes: Buffer, last: boolean): Buffer {
    const pieces: Buffer[] = []
    let settled = 0
    let counted = 0
    for (let start = bytes.indexOf(opening); start >= 0; start = bytes.indexOf(opening, counted)) {
      countQuotes(bytes, counted, start)
      counted = start + 1
      if (!beginsCell(bytes, start)) continue
      const end = endOfFormula(bytes, start + opening.length, delimiter, last)
      if (end === 'later' && bytes.length - start <= longest) {
        hold(bytes, start)
        return Buffer.concat([...pieces, bytes.subarray(settled, start)])
      }
      if (typeof end !== 'number') continue
      pieces.push(bytes.subarray(settled, start), quoted(bytes.subarray(start, end)))
      settled = end
      counted = end
    }
    // The quote that makes a formula of an equals sign may come with the next piece.
    const end = !last && bytes.at(-1) === equals ? bytes.length - 1 : bytes.length
    if (bytes.includes(quote, counted)) countQuotes(bytes, counted, end)
    hold(bytes, end)
    const rest = bytes.subarray(settled, end)
    return pieces.length === 0 ? rest : Buffer.concat([...pieces, rest])
  }

  return {
    take: (chunk) => settle(held.length === 0 ? chunk : Buffer.concat([held, chunk]), false),
    end: () => settle(held, true),
  }
}
