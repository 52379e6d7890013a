import { Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shownList } from '../../messages/shown.ts'
import { visitXml } from './read-xml.ts'
import { readRelationships } from './relationships.ts'
import { maxDescription, type ZipParts } from './zip-parts.ts'

const saveAsXlsx =
  'Open it in a spreadsheet program and save it as "Excel Workbook (.xlsx)", or the sheet as CSV UTF-8.'

/** What the main part of an Office document is, by the end of its content type; the first match wins. */
const byContentType: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/excel\.sheet\.macroenabled/i, 'an Excel workbook with macros (.xlsm)'],
  [/excel\.sheet\.binary/i, 'a binary Excel workbook (.xlsb)'],
  [/spreadsheetml\.template|excel\.template/i, 'an Excel template (.xltx)'],
  [/excel\.addin/i, 'an Excel add-in (.xlam)'],
  [/wordprocessingml|ms-word/i, 'a Word document'],
  [/presentationml|ms-powerpoint/i, 'a PowerPoint presentation'],
]

const isWorkbookType = /spreadsheetml\.sheet\.main\+xml$/i

/** What an archive is if it is not an Office document, by the names in it. */
const byNames: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^xl\/workbook\.bin$/i, 'a binary Excel workbook (.xlsb)'],
  [/^Index\/.*\.iwa$/i, 'a document of Apple Numbers, Pages or Keynote'],
  [/^META-INF\/MANIFEST\.MF$/i, 'a Java archive'],
]

async function openDocumentKind(parts: ZipParts): Promise<string | null> {
  if (!parts.has('mimetype')) return null
  let text = ''
  for await (const chunk of parts.read('mimetype', maxDescription))
    text = (text + chunk.toString('latin1')).slice(0, 200)
  if (/opendocument\.spreadsheet/.test(text)) return 'an OpenDocument spreadsheet (.ods)'
  return /opendocument/.test(text) ? 'an OpenDocument file' : null
}

/** The content type of a part: its own, else that of its extension. */
async function contentTypeOf(parts: ZipParts, part: string, name: string): Promise<string | null> {
  const types = '[Content_Types].xml'
  if (!parts.has(types)) return null
  let own: string | null = null
  let ofExtension: string | null = null
  const wanted = part.toLowerCase()
  await visitXml(parts.read(types, maxDescription), `${name}, ${types}`, {
    open(element, attributes, path) {
      if (path.length !== 1) return
      const type = attributes.get('ContentType') ?? ''
      if (element === 'Override' && attributes.get('PartName')?.toLowerCase() === `/${wanted}`) own = type
      if (element === 'Default' && wanted.endsWith(`.${attributes.get('Extension')?.toLowerCase()}`))
        ofExtension = type
    },
  })
  return own ?? ofExtension
}

function refuse(name: string, what: string): Refusal {
  return new Refusal(`${name}: the input is ${what}; an Excel workbook (.xlsx) was expected.`, saveAsXlsx)
}

/** The refusal of an archive without a workbook: mostly a list that was packed to be sent. */
function noWorkbook(name: string, parts: readonly string[]): Refusal {
  const lists = parts.filter((part) => /\.(csv|tsv|txt|json|jsonl|ndjson|xlsx)$/i.test(part))
  const [list] = lists
  const holds = list === undefined ? 'no workbook' : shownList(lists)
  return new Refusal(
    `${name}: the input is a ZIP archive that contains ${holds}; CSV, JSON or an Excel workbook (.xlsx) was expected.`,
    list === undefined
      ? `Unpack it (unzip ${shellWord(name)}) and use the list in it as the input, if there is one.`
      : `Unpack it and use the list in it as the input: unzip ${shellWord(name)}`,
  )
}

/**
 * The name of the part that is the workbook. Throws KnownError, naming the kind, if the archive is another kind of
 * document.
 */
export async function findWorkbookPart(parts: ZipParts, name: string): Promise<string> {
  const other = await openDocumentKind(parts)
  if (other !== null) throw refuse(name, other)
  const main = (await readRelationships(parts, '', name)).find(({ type }) => type === 'officeDocument')
  if (main === undefined || main.part === null) {
    const named = byNames.find(([pattern]) => parts.names.some((part) => pattern.test(part)))
    if (named === undefined) throw noWorkbook(name, parts.names)
    throw refuse(name, named[1])
  }
  const type = await contentTypeOf(parts, main.part, name)
  if (type !== null && isWorkbookType.test(type)) return main.part
  const [, what] = byContentType.find(([pattern]) => pattern.test(type ?? '')) ?? []
  throw refuse(name, what ?? 'an Office document that is not known')
}
