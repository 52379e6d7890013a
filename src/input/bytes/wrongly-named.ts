import { isAscii } from 'node:buffer'
import { Refusal } from '../../messages/known-error.ts'
import { utf8Extent } from './utf8.ts'

/**
 * Passes on the bytes of a file that is said to be Windows-1252. Text of that encoding with letters outside ASCII is
 * never UTF-8 from beginning to end. So if the file is UTF-8, the wrong encoding was named, and reading it as
 * Windows-1252 would break its logins.
 * Throws KnownError at the end of such a file.
 */
export async function* refuseUtf8(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let isUtf8 = true
  let hasLetters = false
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (isUtf8 && !(rest.length === 0 && isAscii(chunk))) {
      hasLetters = true
      const bytes = Buffer.concat([rest, chunk])
      const { length, followedBy } = utf8Extent(bytes)
      isUtf8 = followedBy !== 'invalid'
      rest = bytes.subarray(length)
    }
    yield chunk
  }
  if (isUtf8 && hasLetters && rest.length === 0)
    throw new Refusal(
      `${name}: the input is UTF-8 throughout; Windows-1252 was named as its encoding, and would break every letter other than A to Z.`,
      'Leave out --encoding (in a job file: input.encoding).',
    )
}
