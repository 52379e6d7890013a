import { jsonParser } from 'stream-json/core/parser.js'
import { Refusal } from '../../messages/known-error.ts'
import { shown, shownUnlessSecret } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { nearToInString, notTextError } from '../bytes/not-text.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import { decodeUtf8Chunks, NotUtf8 } from '../bytes/utf8.ts'
import type { InputFile } from '../input-file.ts'
import type { RawRecord } from '../row.ts'
import { createElementBuilder, type ElementBuilder, type JsonElement, toRawRecord } from './json-element.ts'

const wrap =
  'Put the records into one array, [{"user": "..."}, ...], or use --format jsonl for one object per line.'
const fix = 'Fix the JSON there; `node --eval "JSON.parse(fs.readFileSync(0))" < FILE` shows the place too.'
const join =
  "If the file contains several arrays one after another, make them one: jq --slurp 'add' FILE > LIST.json, and use that file as the input."

/** How far reading has come, for error messages. */
interface Progress {
  state: 'before' | 'inside' | 'after'
  /** Records that are complete. */
  rows: number
  line: number
  /** Characters since the last complete record. */
  length: number
}

function countLines(text: string): number {
  let count = 0
  for (let place = text.indexOf('\n'); place >= 0; place = text.indexOf('\n', place + 1)) count += 1
  return count
}

/**
 * Reads the records of a JSON file that is one array, one at a time. If an element is not an object, that is the
 * problem of its record.
 * Throws KnownError, naming the row that was reached, if the file is empty, is not one array or ends too early, and at
 * broken JSON, at bytes that are not of its encoding, and at a record longer than 1 MiB.
 */
export async function* readJsonArray(input: InputFile, chunkBytes?: number): AsyncGenerator<RawRecord> {
  const { name } = input
  const chunks = textChunks(input, 0, chunkBytes)
  const progress: Progress = { state: 'before', rows: 0, line: 1, length: 0 }
  const builder = createElementBuilder()
  const tokenize = createTokenizer(name, progress, builder)
  try {
    for await (const text of decodeUtf8Chunks(chunks)) {
      // On an error the rest of the piece is lost. So each piece ends after one value, to know the error's row.
      for (const piece of text.split(/(?<=[,}\]])/)) {
        for (const { element, text } of tokenize(piece))
          yield toRawRecord({ row: ++progress.rows, line: null, text }, element)
      }
    }
    // The parser may still be in the middle of a word such as `true`. Blanks end every word.
    tokenize(' '.repeat(32))
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    const key = builder.key()
    const column = key === null ? '' : `, column ${shownUnlessSecret(key)}`
    const place = `${name}, row ${progress.rows + 1}${column}`
    throw notTextError(input, place, error, await readAround(input, error.offset))
  }
  if (progress.state === 'before')
    throw new Refusal(`${name}: the input is empty; an array of objects was expected.`, wrap)
  if (progress.state === 'inside')
    throw new Refusal(
      `${name}, row ${progress.rows + 1} (line ${progress.line}): the file ends before its array does.`,
      'The file is not complete: export or copy it again.',
    )
}

/** The part of a text around one of its bytes; empty if the text is shorter than that. */
async function readAround(input: InputFile, offset: number): Promise<Buffer> {
  const start = Math.max(0, offset - 1024)
  for await (const chunk of textChunks(input, start)) return nearToInString(chunk, offset - start)
  return Buffer.alloc(0)
}

/** An element of the array, and its text as it was written. */
interface ReadElement {
  readonly element: JsonElement
  readonly text: string
}

/**
 * The text of an element without the comma before it, and without the comma or bracket that ends a text, number or
 * word.
 */
function elementText(text: string, { cells, found }: JsonElement): string {
  const begun = text.replace(/^[\s,]+/, '')
  return (cells !== null || found === 'an array' ? begun : begun.replace(/[,\]]\s*$/, '')).trimEnd()
}

function createTokenizer(
  name: string,
  progress: Progress,
  builder: ElementBuilder,
): (piece: string) => ReadElement[] {
  const parse = jsonParser({ streamValues: false })
  // The first token is the bracket that opens the array of records.
  let opened = false
  /** The text since the last complete element. */
  let text = ''

  function begin(piece: string): void {
    const found = piece.trimStart()
    if (found === '') return
    if (!found.startsWith('['))
      throw new Refusal(
        `${name}: an array of objects was expected, but ${found.startsWith('{') ? 'an object' : shown(found)} was found.`,
        wrap,
      )
    progress.state = 'inside'
  }

  function tokensOf(piece: string) {
    try {
      const tokens = parse(piece)
      return typeof tokens === 'symbol' ? [] : tokens.values
    } catch (error) {
      const isAfter = progress.state === 'after'
      const what = isAfter ? 'something follows the end of the array' : 'this is not JSON'
      throw new Refusal(
        `${name}, row ${progress.rows + 1} (line ${progress.line}): ${what}, at or before ${shown(piece.trim())}.`,
        isAfter && piece.trimStart().startsWith('[') ? join : fix,
        error,
      )
    }
  }

  return (piece) => {
    progress.line += countLines(piece)
    if (progress.state === 'before') begin(piece)
    const elements: ReadElement[] = []
    text += opened ? piece : piece.replace(/^\s*\[/, '')
    for (const token of tokensOf(piece)) {
      if (!opened) opened = true
      else if (token.name === 'endArray' && !builder.isOpen()) progress.state = 'after'
      else {
        const element = builder.take(token)
        if (element === null) continue
        // A piece ends after one value, so the whole text is that of this one.
        elements.push({ element, text: elementText(text, element) })
        text = ''
      }
    }
    progress.length += piece.length
    if (progress.length > maxRecordLength)
      throw new Refusal(
        `${name}, row ${progress.rows + 1}: the record is longer than 1 MiB.`,
        'Check that the file is one array with one object for each user.',
      )
    if (elements.length > 0) progress.length = 0
    return elements
  }
}
