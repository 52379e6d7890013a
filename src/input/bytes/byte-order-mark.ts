import type { InputEncoding } from './encoding.ts'

interface Mark {
  readonly encoding: InputEncoding
  readonly bytes: Buffer
}

const marks: readonly Mark[] = [
  { encoding: 'utf-8', bytes: Buffer.of(0xef, 0xbb, 0xbf) },
  { encoding: 'utf-16le', bytes: Buffer.of(0xff, 0xfe) },
  { encoding: 'utf-16be', bytes: Buffer.of(0xfe, 0xff) },
]

/** The byte-order mark of a file with these first bytes: the encoding that it stands for, and its length in bytes. */
export function findByteOrderMark(head: Buffer): { encoding: InputEncoding; length: number } | null {
  const mark = marks.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes))
  return mark === undefined ? null : { encoding: mark.encoding, length: mark.bytes.length }
}

/**
 * The byte order of UTF-16 without a byte-order mark, by the first four bytes: text that begins with two characters of
 * Latin-1 has a zero in each pair, on the same side. Null if the bytes look like something else.
 */
export function guessUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head.length < 4) return null
  const zeros = [...head.subarray(0, 4)].map((byte) => (byte === 0 ? '0' : 'x')).join('')
  if (zeros === 'x0x0') return 'utf-16le'
  return zeros === '0x0x' ? 'utf-16be' : null
}
