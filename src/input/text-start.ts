import { KnownError } from '../known-error.ts'
import { fileHead } from './file-chunks.ts'
import { byteName } from './utf8.ts'

/** What to do about a file whose bytes are not UTF-8. */
export const saveAsUtf8 =
  'Save the file as CSV UTF-8 (in Excel: Save As, "CSV UTF-8 (Comma delimited)"), or as UTF-8 JSON.'

function isUtf16(head: Buffer): boolean {
  const [first, second, third, fourth] = head
  if (first === undefined || second === undefined) return false
  const mark = (first << 8) | second
  if (mark === 0xfeff || mark === 0xfffe) return true
  // Without a byte-order mark, text from ASCII has a zero byte in every pair, always on the same side.
  if (third === undefined || fourth === undefined) return false
  return (
    (first === 0) !== (second === 0) && (first === 0) === (third === 0) && (second === 0) === (fourth === 0)
  )
}

/**
 * Where the text of a file begins, in bytes: after its UTF-8 byte-order mark, if it has one.
 * Throws KnownError where the file cannot be read, is UTF-16, or is an Excel workbook.
 */
export async function textStart(file: string): Promise<number> {
  const head = await fileHead(file, 4)
  if (isUtf16(head)) throw new KnownError(`The input ${file} is UTF-16; UTF-8 was expected.`, saveAsUtf8)
  if (head.toString('latin1') === 'PK\u0003\u0004')
    throw new KnownError(
      `The input ${file} is an Excel workbook or a ZIP archive; CSV, JSON or JSON lines was expected.`,
      saveAsUtf8,
    )
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
}

/** The error for bytes that are not UTF-8. `place` says where: `leavers.csv, row 3, column "name"`. */
export function notUtf8Error(place: string, byte: number): KnownError {
  return new KnownError(`${place}: the byte ${byteName(byte)} is not UTF-8, which was expected.`, saveAsUtf8)
}
