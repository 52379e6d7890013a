import { type KnownError, Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import type { InputFile } from '../input-file.ts'
import { findByteOrderMark } from './byte-order-mark.ts'
import { encodingLabels } from './encoding.ts'
import { fileHeadNow } from './file-chunks.ts'
import { orSaveAsUtf8, saveAsUtf8 } from './file-kind.ts'
import { nameEncoding } from './settle-encoding.ts'
import { byteName, type NotUtf8 } from './utf8.ts'
import { describeNotUtf16 } from './utf16.ts'
import { decodeWindows1252 } from './windows-1252.ts'

/**
 * The error for bytes of an input that its encoding does not allow.
 * @param place where the bytes are: `leavers.csv, row 3, column "name"`
 * @param around the bytes and what is next to them, as they are in the text that was read
 */
export function notTextError(input: InputFile, place: string, error: NotUtf8, around: Buffer): KnownError {
  const { encoding } = input
  const byte = error.bytes[0] ?? 0
  const label = encodingLabels[encoding]
  switch (encoding) {
    case 'utf-8':
      return new Refusal(
        `${place}: the byte ${byteName(byte)} is not UTF-8, which was expected.`,
        isUnmarked(input) ? fixUtf8(around) : mixed,
      )
    case 'windows-1252':
      return new Refusal(
        `${place}: the byte ${byteName(byte)} is not a character in ${label}, which was expected.`,
        `Name the encoding that the file was saved in, or leave out --encoding if it is UTF-8. ${orSaveAsUtf8}`,
      )
    case 'utf-16le':
    case 'utf-16be':
      return new Refusal(`${place}: this is not ${label}: ${describeNotUtf16(error.bytes)}.`, mixed)
  }
}

const mixed =
  'The file is damaged or was put together from several with different encodings: export or copy it again.'

/** Whether a file certainly has no byte-order mark. A file with one can't be of another encoding as a whole. */
function isUnmarked(input: InputFile): boolean {
  const head = fileHeadNow(input, 4)
  return head !== null && findByteOrderMark(head) === null
}

/**
 * Bytes that are not UTF-8 are mostly Windows-1252 from a spreadsheet. The user can see whether that reading makes
 * sense.
 */
function fixUtf8(around: Buffer): string {
  const reading = decodeWindows1252(around)
  if (reading === null) return saveAsUtf8
  return `If it should read ${shown(reading)}, add ${nameEncoding('windows-1252')}. ${orSaveAsUtf8}`
}

/** How much of a long cell is shown before and after a byte. Both together fit into a message. */
const mostBefore = 20
const mostAfter = 40

/** The byte at `place` and what is next to it. */
export function nearTo(bytes: Buffer, place: number): Buffer {
  return bytes.subarray(Math.max(0, place - mostBefore), place + mostAfter)
}

/** As {@link nearTo}, but no further than the next quote on each side: within the JSON string. */
export function nearToInString(bytes: Buffer, place: number): Buffer {
  const start = bytes.lastIndexOf(0x22, place) + 1
  const end = bytes.indexOf(0x22, place)
  return nearTo(bytes.subarray(start, end < 0 ? bytes.length : end), place - start)
}
