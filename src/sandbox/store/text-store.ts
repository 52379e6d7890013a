const chunkBytes = 4 * 1024 * 1024
/** Handles count in units of 4 bytes, so that 32 bits cover 16 GiB. */
const unit = 4
const headerBytes = 4

interface Chunk {
  readonly bytes: Buffer
  /** The handle of its first byte. */
  readonly first: number
}

/**
 * Keeps many small texts outside the garbage-collected heap, where each takes its UTF-8 bytes and 4 to 7 more, about a
 * third of what it takes as a string. Texts are only ever added; those that are no longer needed stay.
 */
export class TextStore {
  readonly #chunks: Chunk[] = []
  // Handle 0 is the empty text, which is never written.
  #next = 1

  /** Adds a text and returns its handle, 0 for the empty one. */
  add(text: string): number {
    if (text === '') return 0
    const length = Buffer.byteLength(text)
    const { bytes, first } = this.#chunkFor(headerBytes + length)
    const handle = this.#next
    const start = (handle - first) * unit
    bytes.writeUInt32LE(length, start)
    bytes.write(text, start + headerBytes, length, 'utf8')
    this.#next += Math.ceil((headerBytes + length) / unit)
    return handle
  }

  /** The text of a handle. */
  read(handle: number): string {
    if (handle === 0) return ''
    const { bytes, first } = this.#chunkOf(handle)
    const start = (handle - first) * unit
    const length = bytes.readUInt32LE(start)
    return bytes.toString('utf8', start + headerBytes, start + headerBytes + length)
  }

  #chunkFor(needed: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && (this.#next - last.first) * unit + needed <= last.bytes.length) return last
    const chunk = { bytes: Buffer.alloc(Math.max(chunkBytes, needed + unit)), first: this.#next }
    this.#chunks.push(chunk)
    return chunk
  }

  // The last chunk that does not begin after the handle.
  #chunkOf(handle: number): Chunk {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#chunks[middle]?.first ?? 0) <= handle) low = middle
      else high = middle - 1
    }
    const chunk = this.#chunks[low]
    if (chunk === undefined) throw new RangeError(`No text has the handle ${handle}.`)
    return chunk
  }
}
