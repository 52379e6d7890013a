import { TextDecoder } from 'node:util'
import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import { Refusal } from '../../messages/known-error.ts'
import { visible } from '../../messages/shown.ts'

/** The attributes of an element, by name without prefix; those of other namespaces by `{namespace}name`. */
export type Attributes = ReadonlyMap<string, string>

/** What wants to know of the elements of a document. Names are without prefix, and empty for other namespaces' elements. */
export interface XmlVisitor {
  /** @param path the names of the elements that the new one stands in, the outermost first */
  open?(name: string, attributes: Attributes, path: readonly string[]): void
  text?(text: string, path: readonly string[]): void
  /** @param path the names of the elements that the closed one stood in */
  close?(name: string, path: readonly string[]): void
}

/** How deep elements may stand in each other. */
const deepest = 64

/** How much text a document may have between two tags, or within one: in characters. */
const longestText = 2 * 1024 * 1024

/** The namespaces of what is read, in both forms of Office Open XML: of 2006 ("transitional") and of ISO ("strict"). */
const namespaces: ReadonlySet<string> = new Set([
  'http://schemas.openxmlformats.org/spreadsheetml/2006/main',
  'http://purl.oclc.org/ooxml/spreadsheetml/main',
  'http://schemas.openxmlformats.org/package/2006/relationships',
  'http://schemas.openxmlformats.org/package/2006/content-types',
])

/** The namespaces of the attribute that refers to a relationship, as {@link Attributes} names it. */
export const relationshipIds = [
  '{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id',
  '{http://purl.oclc.org/ooxml/officeDocument/relationships}id',
] as const

function toAttributes(found: Readonly<Record<string, SaxesAttributeNS>>): Attributes {
  const attributes = new Map<string, string>()
  for (const { prefix, local, uri, value } of Object.values(found))
    attributes.set(prefix === '' ? local : `{${uri}}${local}`, value)
  return attributes
}

function notXml(place: string, what: string): Refusal {
  return new Refusal(
    visible(`${place}: ${what}.`),
    'Open the workbook in Excel and save it anew, or save the sheet as CSV UTF-8.',
  )
}

function createParser(place: string, visitor: XmlVisitor): { write(text: string): void; close(): void } {
  const parser = new SaxesParser({ xmlns: true, position: false })
  const path: string[] = []
  let silent = 0
  const said = (): void => {
    silent = 0
  }
  parser.on('error', ({ message }) => {
    throw notXml(place, `this is not XML: ${message.replace(/\.$/, '')}`)
  })
  // A document type can define entities that multiply, or that name files.
  parser.on('doctype', () => {
    throw notXml(place, 'a document type (DOCTYPE) was found, which no workbook has')
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    said()
    const name = namespaces.has(uri) ? local : ''
    visitor.open?.(name, toAttributes(attributes), path)
    path.push(name)
    if (path.length > deepest) throw notXml(place, `elements stand in each other more than ${deepest} deep`)
  })
  parser.on('closetag', () => {
    said()
    const name = path.pop() ?? ''
    visitor.close?.(name, path)
  })
  const take = (text: string): void => {
    said()
    visitor.text?.(text, path)
  }
  parser.on('text', take)
  parser.on('cdata', take)
  return {
    write(text) {
      silent += text.length
      parser.write(text)
      if (silent > longestText) throw notXml(place, 'a text longer than 2 MiB was found')
    },
    close: () => void parser.close(),
  }
}

/** The encoding of a part by its byte-order mark; without one it is UTF-8, which is what programs write. */
function decoderOf(head: Buffer): TextDecoder {
  const mark = head.subarray(0, 2).toString('hex')
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding, { fatal: true })
}

/**
 * Reads a part of a workbook as XML and tells the visitor. Yields after each piece, so that what the visitor has made of
 * it can be taken before there is more.
 * @param place the workbook and its part, for messages
 * Throws KnownError where it is not XML, is nested too deep, or has a document type.
 */
export async function* readXml(
  chunks: AsyncIterable<Buffer>,
  place: string,
  visitor: XmlVisitor,
): AsyncGenerator<void> {
  const parser = createParser(place, visitor)
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
