import iconv from 'iconv-lite'

/** Comes before the byte that {@link leftOverBytes} keeps; UTF-8 never contains it. */
const leftOverMark = 0xff

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

/** Half a character in the form that UTF-8 would give it, but does not allow. */
function surrogateBytes(unit: number): Buffer {
  return Buffer.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
}

/**
 * The byte that is left over at the end, in a form that is not UTF-8 and holds no character that the reader of a format
 * treats specially.
 */
function leftOverBytes(byte: number): Buffer {
  return Buffer.of(leftOverMark, 0x80 | (byte >> 4), 0x80 | (byte & 0x0f))
}

function toUtf8(text: string): Buffer {
  if (!/\p{Cs}/u.test(text)) return Buffer.from(text)
  // Every second piece is an unpaired surrogate.
  const pieces = text.split(/(\p{Cs})/u)
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 2 === 0 ? Buffer.from(piece) : surrogateBytes(piece.charCodeAt(0)),
    ),
  )
}

/**
 * Writes UTF-16 as UTF-8, whole characters in each piece. An unpaired surrogate, or a byte that is left over at the
 * end, becomes bytes that are not UTF-8, so that reading fails there; {@link describeNotUtf16} says what they were.
 * iconv-lite decodes, but lets both pass silently, so this function looks for them.
 */
export async function* utf16ToUtf8(
  chunks: AsyncIterable<Buffer>,
  byteOrder: 'le' | 'be',
): AsyncGenerator<Buffer> {
  const decoder = iconv.getDecoder(`utf-16${byteOrder}`, { stripBOM: false })
  let length = 0
  let last = 0
  let half = ''
  for await (const chunk of chunks) {
    length += chunk.length
    last = chunk.at(-1) ?? last
    const text = half + decoder.write(chunk)
    half = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : ''
    if (text.length > half.length) yield toUtf8(text.slice(0, text.length - half.length))
  }
  const rest = half + (decoder.end() ?? '')
  if (rest !== '') yield toUtf8(rest)
  if (length % 2 === 1) yield leftOverBytes(last)
}

/** Says what in the UTF-16 has become bytes that are not UTF-8. `bytes` begin where reading fails. */
export function describeNotUtf16(bytes: Buffer): string {
  const [first = 0, second = 0, third = 0] = bytes
  const hexadecimal = (value: number, digits: number): string =>
    `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`
  if (first === leftOverMark)
    return `the file ends in half a character: the byte ${hexadecimal(((second & 0x0f) << 4) | (third & 0x0f), 2)} is left over; pairs of bytes were expected`
  const unit = ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f)
  return `${hexadecimal(unit, 4)} is half a character (an unpaired surrogate); whole characters were expected`
}
