import { createHash } from 'node:crypto'
import { regularChunks } from '../files/read-regular.ts'

/** A file's length and SHA-256. */
export interface FileDigest {
  readonly bytes: number
  readonly sha256: string
}

/** Reads a file to its end, in pieces. Throws what the system reports. */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of regularChunks(path)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The same for a text. */
export function digestText(text: string): FileDigest {
  const content = Buffer.from(text)
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
}
