import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InputEncoding } from '../../src/input/bytes/encoding.ts'
import { windows1252Character } from '../../src/input/bytes/windows-1252.ts'
import type { InputFile } from '../../src/input/input-file.ts'
import { KnownError } from '../../src/messages/known-error.ts'

/** Writes an input into a directory of its own, hands it to `use`, and removes it again. */
export async function withInput<T>(
  content: string | Uint8Array,
  use: (input: InputFile) => Promise<T>,
  encoding: InputEncoding = 'utf-8',
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'input-'))
  try {
    const path = join(directory, 'input.received')
    await writeFile(path, content)
    return await use({ path, name: 'leavers.csv', encoding })
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** All that a generator gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The KnownError that the work ends with. */
export async function knownErrorOf(work: Promise<unknown>): Promise<KnownError> {
  try {
    await work
  } catch (error) {
    if (error instanceof KnownError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

/** Bytes in pieces of at most `size`. */
export async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let place = 0; place < bytes.length; place += size) yield bytes.subarray(place, place + size)
}

/** A text as bytes. What Windows-1252 has no byte for cannot be written in it. */
export function encode(text: string, encoding: InputEncoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text)
    case 'utf-16le':
      return Buffer.from(text, 'utf16le')
    case 'utf-16be':
      return Buffer.from(text, 'utf16le').swap16()
    case 'windows-1252':
      return Buffer.from([...text].map(windows1252Byte))
  }
}

function windows1252Byte(character: string): number {
  for (let byte = 0; byte < 256; byte += 1) if (windows1252Character(byte) === character) return byte
  throw new RangeError(`${JSON.stringify(character)} is not in Windows-1252`)
}
