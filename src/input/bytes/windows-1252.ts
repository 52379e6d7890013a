import { isAscii } from 'node:buffer'
import iconv from 'iconv-lite'

const codePage = 'windows-1252'

/** What iconv-lite gives for the five bytes that are not a character: 0x81, 0x8D, 0x8F, 0x90, 0x9D. */
const noCharacter = '\ufffd'

/** Bytes as Windows-1252; null if one of them is not a character there. */
export function decodeWindows1252(bytes: Uint8Array): string | null {
  const text = iconv.decode(Buffer.from(bytes), codePage)
  return text.includes(noCharacter) ? null : text
}

/** The character that a byte (0 to 255) is in Windows-1252; null if it is not a character there. */
export function windows1252Character(byte: number): string | null {
  return decodeWindows1252(Buffer.of(byte))
}

/** Bytes of Windows-1252 as UTF-8. A byte that is not a character stays as it is, which is never valid UTF-8. */
function strictUtf8(bytes: Buffer): Buffer {
  const text = iconv.decode(bytes, codePage)
  if (!text.includes(noCharacter)) return Buffer.from(text)
  // One character for each byte, in the same order: the code page has no others.
  return Buffer.concat(
    [...text].map((character, place) =>
      character === noCharacter ? bytes.subarray(place, place + 1) : Buffer.from(character),
    ),
  )
}

/**
 * Writes Windows-1252 as UTF-8. A byte that is not a character comes through as it is, so that reading fails there and
 * names it; iconv-lite alone would silently replace it.
 */
export async function* windows1252ToUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield isAscii(chunk) ? chunk : strictUtf8(chunk)
}
