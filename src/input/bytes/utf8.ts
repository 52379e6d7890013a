import { isUtf8 } from 'node:buffer'
import { windows1252Character } from './windows-1252.ts'

/** How many bytes are kept from the place where reading fails: as many as the longest character has. */
const mostKept = 4

/** Bytes that are not UTF-8. */
export class NotUtf8 extends Error {
  /** The first bytes that can't be read, at most four. */
  readonly bytes: Buffer
  /** The place of the first of them, in bytes from the beginning of what was decoded. */
  readonly offset: number

  constructor(bytes: Buffer, offset: number) {
    super(`byte ${byteName(bytes[0] ?? 0)} at ${offset} is not UTF-8`)
    this.name = 'NotUtf8'
    this.bytes = bytes
    this.offset = offset
  }
}

/** The error for bytes that can't be read at `place`, and that come after `before` other bytes of what is decoded. */
function notUtf8At(bytes: Buffer, place: number, before: number): NotUtf8 {
  return new NotUtf8(Buffer.from(bytes.subarray(place, place + mostKept)), before + place)
}

/** A byte as messages name it: its number, and its character in the code page that Excel uses for saving. */
export function byteName(byte: number): string {
  const number = `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  const character = windows1252Character(byte)
  return character !== null && /[\p{L}\p{P}\p{S}]/u.test(character)
    ? `${number} ("${character}" in Windows-1252)`
    : number
}

/**
 * How far bytes are UTF-8: `length` bytes of whole characters, followed by nothing, the start of one more, or a bad
 * byte.
 */
export interface Utf8Extent {
  readonly length: number
  readonly followedBy: 'nothing' | 'incomplete' | 'invalid'
}

interface Lead {
  readonly more: number
  /** The range of the second byte, which excludes overlong forms, surrogates and what is above U+10FFFF. */
  readonly from: number
  readonly to: number
}

// The Unicode Standard, table 3-7: well-formed UTF-8 byte sequences.
function leadOf(byte: number): Lead | null {
  if (byte >= 0xc2 && byte <= 0xdf) return { more: 1, from: 0x80, to: 0xbf }
  if (byte >= 0xe0 && byte <= 0xef)
    return { more: 2, from: byte === 0xe0 ? 0xa0 : 0x80, to: byte === 0xed ? 0x9f : 0xbf }
  if (byte >= 0xf0 && byte <= 0xf4)
    return { more: 3, from: byte === 0xf0 ? 0x90 : 0x80, to: byte === 0xf4 ? 0x8f : 0xbf }
  return null
}

/** Tells how far bytes are UTF-8. */
export function utf8Extent(bytes: Uint8Array): Utf8Extent {
  if (isUtf8(bytes)) return { length: bytes.length, followedBy: 'nothing' }
  let length = 0
  while (length < bytes.length) {
    const first = bytes[length] ?? 0
    if (first < 0x80) {
      length += 1
      continue
    }
    const lead = leadOf(first)
    if (lead === null) return { length, followedBy: 'invalid' }
    for (let place = 1; place <= lead.more; place += 1) {
      const byte = bytes[length + place]
      if (byte === undefined) return { length, followedBy: 'incomplete' }
      const [from, to] = place === 1 ? [lead.from, lead.to] : [0x80, 0xbf]
      if (byte < from || byte > to) return { length, followedBy: 'invalid' }
    }
    length += 1 + lead.more
  }
  return { length, followedBy: 'nothing' }
}

/** Decodes bytes that are a whole text. Throws {@link NotUtf8}. */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw notUtf8At(bytes, utf8Extent(bytes).length, 0)
}

/**
 * Decodes bytes that come in pieces, whose ends may fall inside a character. Throws {@link NotUtf8} after it has given
 * all the text before the bad byte.
 */
export async function* decodeUtf8Chunks(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  let decoded = 0
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const extent = utf8Extent(bytes)
    if (extent.length > 0) yield bytes.toString('utf8', 0, extent.length)
    if (extent.followedBy === 'invalid') throw notUtf8At(bytes, extent.length, decoded)
    rest = bytes.subarray(extent.length)
    decoded += extent.length
  }
  if (rest.length > 0) throw notUtf8At(rest, 0, decoded)
}
