import { TextDecoder } from 'node:util'
import { createXmlParser, notXml, type XmlVisitor } from './xml-parser.ts'

/** The encoding of a part by its byte-order mark; without one it is UTF-8, which is what programs write. */
function decoderOf(head: Buffer): TextDecoder {
  const mark = head.subarray(0, 2).toString('hex')
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding, { fatal: true })
}

/**
 * Reads a part of a workbook as XML and reports its elements to the visitor. Yields after each piece, so that the
 * visitor's results can be used before the next piece is read.
 * @param place the workbook and its part, for messages
 * Throws KnownError if it is not XML, is nested too deep, or has a document type.
 */
export async function* readXml(
  chunks: AsyncIterable<Buffer>,
  place: string,
  visitor: XmlVisitor,
): AsyncGenerator<void> {
  const parser = createXmlParser(place, visitor)
  let decoder: TextDecoder | null = null
  const decode = (decode: () => string): string => {
    try {
      return decode()
    } catch {
      throw notXml(place, 'bytes that are not UTF-8 were found')
    }
  }
  for await (const chunk of chunks) {
    const decoding: TextDecoder = decoder ?? decoderOf(chunk)
    decoder = decoding
    parser.write(decode(() => decoding.decode(chunk, { stream: true })))
    yield
  }
  parser.write(decode(() => decoder?.decode() ?? ''))
  parser.close()
  yield
}

/** Reads a whole part, see {@link readXml}. */
export async function visitXml(
  chunks: AsyncIterable<Buffer>,
  place: string,
  visitor: XmlVisitor,
): Promise<void> {
  for await (const _ of readXml(chunks, place, visitor)) {
    // The visitor has what it needs.
  }
}
