import type { InputFile } from '../input-file.ts'
import { findByteOrderMark } from './byte-order-mark.ts'
import { fileChunks, fileHead } from './file-chunks.ts'
import { utf16ToUtf8 } from './utf16.ts'
import { windows1252ToUtf8 } from './windows-1252.ts'
import { refuseUtf8 } from './wrongly-named.ts'

function toUtf8(chunks: AsyncIterable<Buffer>, { encoding, name }: InputFile): AsyncIterable<Buffer> {
  switch (encoding) {
    case 'utf-8':
      return chunks
    case 'utf-16le':
      return utf16ToUtf8(chunks, 'le')
    case 'utf-16be':
      return utf16ToUtf8(chunks, 'be')
    case 'windows-1252':
      return windows1252ToUtf8(refuseUtf8(chunks, name))
  }
}

async function* without(chunks: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = length
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

/**
 * The text of an input as UTF-8, without a byte-order mark, from byte `start` of that UTF-8. What can't be decoded
 * comes through as bytes that are not UTF-8, because only the reader knows the row and column to report.
 * Throws KnownError if the file cannot be read.
 * @param chunkBytes how much of the file is read at once; pieces may be up to three times as long
 */
export async function* textChunks(
  input: InputFile,
  start: number,
  chunkBytes?: number,
): AsyncGenerator<Buffer> {
  const mark = findByteOrderMark(await fileHead(input, 4))
  const skipped = mark !== null && mark.encoding === input.encoding ? mark.length : 0
  if (input.encoding === 'utf-8') yield* fileChunks(input, skipped + start, chunkBytes)
  else yield* without(toUtf8(fileChunks(input, skipped, chunkBytes), input), start)
}
