import { trimInvisible } from '../key/trim.ts'

const quote = 0x22
const lineFeed = 0x0a
const carriageReturn = 0x0d
const opening = Buffer.from('="')

/**
 * The text inside a cell such as `="00123"`, the form in which exports write it so that a spreadsheet does not turn it
 * into a number. Any other cell's text stays as it is. Invisible characters around the formula are ignored.
 */
export function textInFormula(text: string): string {
  if (!text.includes('="')) return text
  const formula = trimInvisible(text)
  if (!formula.startsWith('="') || !formula.endsWith('"') || formula.length < 3) return text
  const inside = formula.slice(2, -1)
  return inside.replaceAll('""', '').includes('"') ? text : inside.replaceAll('""', '"')
}

/** Where a cell that begins with `="` ends: one past its closing quote; null if it is not such a formula. */
function endOfFormula(bytes: Buffer, from: number, delimiter: number): number | null {
  for (let place = from; place < bytes.length; place += 1) {
    const byte = bytes[place]
    if (byte === lineFeed || byte === carriageReturn) return null
    if (byte !== quote) continue
    const next = bytes[place + 1]
    if (next === undefined || next === delimiter || next === lineFeed || next === carriageReturn)
      return place + 1
    if (next !== quote) return null
    place += 1
  }
  return null
}

function quoted(cell: Buffer): Buffer {
  return Buffer.from(`"${cell.toString('latin1').replaceAll('"', '""')}"`, 'latin1')
}

/**
 * Exports write `="00123"` without the quotes that CSV requires, and spreadsheets read it anyway. This puts a whole cell
 * of that form in quotes, `"=""00123"""`, and leaves everything else as it is, so that a CSV reader can still be strict
 * about stray quotes.
 * @param bytes whole records
 * @param delimiter the character between cells
 */
export function quoteFormulas(bytes: Buffer, delimiter: string): Buffer {
  const between = delimiter.charCodeAt(0)
  const pieces: Buffer[] = []
  let insideQuotes = false
  let settled = 0
  let counted = 0
  for (let start = bytes.indexOf(opening); start >= 0; start = bytes.indexOf(opening, counted)) {
    for (; counted < start; counted += 1) if (bytes[counted] === quote) insideQuotes = !insideQuotes
    counted = start + 1
    const before = start === 0 ? lineFeed : bytes[start - 1]
    if (insideQuotes || (before !== between && before !== lineFeed && before !== carriageReturn)) continue
    const end = endOfFormula(bytes, start + opening.length, between)
    if (end === null) continue
    pieces.push(bytes.subarray(settled, start), quoted(bytes.subarray(start, end)))
    settled = end
    counted = end
  }
  return pieces.length === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(settled)])
}
