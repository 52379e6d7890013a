import { isAscii } from 'node:buffer'

/** The bytes 0x80 to 0x9F; null: Windows-1252 has no character there. All other bytes are as in Latin-1. */
const special: readonly (string | null)[] = [
  ...['€', null, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', null, 'Ž', null],
  ...[null, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', null, 'ž', 'Ÿ'],
]

/**
 * The character that a byte (0 to 255) is in Windows-1252; null for the five bytes that are none: 0x81, 0x8D, 0x8F,
 * 0x90, 0x9D. Source: Unicode's mapping table CP1252.TXT.
 */
export function windows1252Character(byte: number): string | null {
  if (byte < 0x80 || byte > 0x9f) return String.fromCharCode(byte)
  return special[byte - 0x80] ?? null
}

/** Bytes as Windows-1252; null where one of them is no character there. */
export function decodeWindows1252(bytes: Uint8Array): string | null {
  const characters: string[] = []
  for (const byte of bytes) {
    const character = windows1252Character(byte)
    if (character === null) return null
    characters.push(character)
  }
  return characters.join('')
}

/** Each byte's character in UTF-8. A byte without a character stays itself, which is not UTF-8 at any place. */
const utf8: readonly Buffer[] = Array.from({ length: 256 }, (_, byte) => {
  const character = windows1252Character(byte)
  return character === null ? Buffer.of(byte) : Buffer.from(character)
})

const longest = 3

/**
 * Writes Windows-1252 as UTF-8. A byte that is no character comes through as it is, so that reading fails there and
 * names it.
 */
export async function* windows1252ToUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (isAscii(chunk)) {
      yield chunk
      continue
    }
    const written = Buffer.allocUnsafe(longest * chunk.length)
    let length = 0
    for (const byte of chunk) {
      if (byte < 0x80) {
        written[length] = byte
        length += 1
      } else {
        for (const one of utf8[byte] ?? []) {
          written[length] = one
          length += 1
        }
      }
    }
    yield written.subarray(0, length)
  }
}
