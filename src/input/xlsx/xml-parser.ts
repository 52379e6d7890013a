import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import { Refusal } from '../../messages/known-error.ts'
import { visible } from '../../messages/shown.ts'

/** The attributes of an element: those without a namespace by their names, others by `{namespace}name`. */
export interface Attributes {
  get(name: string): string | undefined
}

/**
 * Gets the elements of a document, one after another. Names have no prefix, and are empty for elements of other
 * namespaces.
 */
export interface XmlVisitor {
  /** @param path the names of the elements around the new one, the outermost first */
  open?(name: string, attributes: Attributes, path: readonly string[]): void
  text?(text: string, path: readonly string[]): void
  /** @param path the names of the elements around the closed one */
  close?(name: string, path: readonly string[]): void
}

/** How deep elements may be nested. */
const deepest = 64

/** How much text a document may have between two tags, or within a tag, in characters. */
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

/** Looks attributes up without copying them: an element of a sheet has several, and there are millions of elements. */
class ParsedAttributes implements Attributes {
  readonly #found: Readonly<Record<string, SaxesAttributeNS>>

  constructor(found: Readonly<Record<string, SaxesAttributeNS>>) {
    this.#found = found
  }

  get(name: string): string | undefined {
    if (!name.startsWith('{')) return this.#found[name]?.value
    return Object.values(this.#found).find(({ uri, local }) => name === `{${uri}}${local}`)?.value
  }
}

/** The refusal of a part that is not the XML of a workbook. */
export function notXml(place: string, what: string): Refusal {
  return new Refusal(
    visible(`${place}: ${what}.`),
    'Open the workbook in Excel and save it again, or save the sheet as CSV UTF-8.',
  )
}

/** Reads XML piece by piece. */
export interface XmlParser {
  write(text: string): void
  close(): void
}

/**
 * A parser that reports to a visitor what it reads.
 * @param place the workbook and its part, for messages
 * Its methods throw KnownError if the text is not XML, is nested too deep, or has a document type.
 */
export function createXmlParser(place: string, visitor: XmlVisitor): XmlParser {
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
    visitor.open?.(name, new ParsedAttributes(attributes), path)
    path.push(name)
    if (path.length > deepest) throw notXml(place, `elements are nested more than ${deepest} deep`)
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
      if (silent > longestText) throw notXml(place, 'text longer than 2 MiB was found')
    },
    close: () => void parser.close(),
  }
}
