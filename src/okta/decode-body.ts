import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { HeaderValue } from './rate-limit.ts'

/** The largest body that is read, in bytes. A user of Okta is a few KiB, and a page of a list has up to 200 of them. */
export const maxBodyBytes = 8 * 1024 * 1024

/** The encodings that an answer may have, as a request says it (`accept-encoding`). */
export const acceptedEncodings = 'gzip, deflate, br'

/** A body as text, or as a phrase why it can't be read. */
export type DecodedBody =
  | { readonly text: string; readonly unreadable?: undefined }
  | { readonly text: null; readonly unreadable: string }

export const tooLong: DecodedBody = { text: null, unreadable: 'a body of more than 8 MiB' }

/** So many encodings on top of each other are undone. Nobody needs two. */
const mostEncodings = 3

/** RFC 9110, section 8.4.1: names in any case; `x-gzip` is the same as `gzip`. */
const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { maxOutputLength: maxBodyBytes }),
  'x-gzip': (bytes) => gunzipSync(bytes, { maxOutputLength: maxBodyBytes }),
  deflate: (bytes) => inflated(bytes),
  br: (bytes) => brotliDecompressSync(bytes, { maxOutputLength: maxBodyBytes }),
}

/**
 * The text of a complete body. What a server has compressed is unpacked, whether it was asked to do that or not, and
 * never to more than {@link maxBodyBytes}. Never throws.
 *
 * @param encoding the header `content-encoding`
 */
export function decodeBody(bytes: Buffer, encoding: HeaderValue): DecodedBody {
  if (encoding === undefined || bytes.length === 0) return { text: bytes.toString('utf8') }
  const names = (typeof encoding === 'string' ? [encoding] : encoding)
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > mostEncodings) return unreadable('a body in more encodings than anybody needs')
  let plain = bytes
  // The one that was applied last is undone first.
  for (const name of names.reverse()) {
    const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined
    if (decode === undefined) return unreadable(unknown(name))
    try {
      plain = decode(plain)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLong
      return unreadable(`a body that says it is ${name} and is not, or is cut off`)
    }
  }
  return { text: plain.toString('utf8') }
}

/** Some servers send `deflate` without the frame of zlib, which RFC 9110, section 8.4.1.2, asks for. */
function inflated(bytes: Buffer): Buffer {
  const isFramed = ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.length > 1 && bytes.readUInt16BE(0) % 31 === 0
  return (isFramed ? inflateSync : inflateRawSync)(bytes, { maxOutputLength: maxBodyBytes })
}

function unreadable(why: string): DecodedBody {
  return { text: null, unreadable: why }
}

/** The name comes from the server, which may put anything there. */
function unknown(name: string): string {
  return /^[a-z][a-z0-9-]{0,15}$/.test(name)
    ? `a body in an encoding that this program can't read (${name})`
    : "a body in an encoding that this program can't read"
}
