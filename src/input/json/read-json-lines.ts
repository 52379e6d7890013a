import { jsonParser } from 'stream-json/core/parser.js'
import { KnownError } from '../../messages/known-error.ts'
import { shown, visible } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { nearToInString, notTextError } from '../bytes/not-text.ts'
import { LineTooLong, lineOf, splitLines } from '../bytes/split-lines.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import { decodeUtf8, NotUtf8 } from '../bytes/utf8.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import type { RawRecord } from '../row.ts'
import { createElementBuilder, type JsonElement, toRawRecord } from './json-element.ts'

interface Line {
  /** From 1; blank lines count. */
  readonly line: number
  readonly bytes: Buffer
}

async function* readLines(input: InputFile, chunkBytes: number | undefined): AsyncGenerator<Line> {
  const chunks = textChunks(input, 0, chunkBytes)
  try {
    for await (const lines of splitLines(chunks, { quotes: false, longest: maxRecordLength })) {
      for (const [index, line] of lines.numbers.entries()) {
        const bytes = lineOf(lines, index)
        if (bytes.length > maxRecordLength) throw new LineTooLong(line, bytes)
        yield { line, bytes }
      }
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error
    throw new KnownError(
      `${input.name}, line ${error.line}: the record is longer than 1 MiB.`,
      'Check that the file has one JSON object a line, or use --format json for an array.',
    )
  }
}

/** The one value that a line holds, or null where the line is not that. */
function parseLine(text: string): JsonElement | null {
  const builder = createElementBuilder()
  try {
    // The line feed ends a number.
    const tokens = jsonParser({ streamValues: false })(`${text}\n`)
    if (typeof tokens === 'symbol') return null
    let element: JsonElement | null = null
    for (const token of tokens.values) element = builder.take(token) ?? element
    return element
  } catch {
    return null
  }
}

/** What is wrong with a line, in the words of the JavaScript engine, which tell the place. */
function problemOf(text: string): string {
  try {
    JSON.parse(text)
    return 'one object was expected'
  } catch (error) {
    return visible(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Reads the records of a JSON lines file. A line that is not JSON, or no object, comes with that as its problem, and
 * the other lines go on. Blank lines are no records.
 * Throws KnownError where the file is empty, at bytes that are not of its encoding, and at a line longer than 1 MiB.
 */
export async function* readJsonLines(input: InputFile, chunkBytes?: number): AsyncGenerator<RawRecord> {
  let row = 0
  for await (const { line, bytes } of readLines(input, chunkBytes)) {
    const text = decodeLine(input, line, row + 1, bytes)
    if (trimInvisible(text) === '') continue
    row += 1
    const element = parseLine(text)
    if (element !== null) yield toRawRecord(row, element)
    else
      yield {
        row,
        cells: new Map(),
        problems: [{ column: null, message: `line ${line} is not JSON: ${problemOf(text)}` }],
      }
  }
  if (row === 0)
    throw new KnownError(
      `${input.name}: the input is empty; one JSON object a line was expected.`,
      'Give a file with a line such as {"user": "ada@example.com"} for each user.',
    )
}

function decodeLine(input: InputFile, line: number, row: number, bytes: Buffer): string {
  try {
    return decodeUtf8(bytes)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    const key = keyBefore(bytes.toString('utf8', 0, error.offset))
    const column = key === null ? '' : `, column ${shown(key)}`
    const place = `${input.name}, row ${row} (line ${line})${column}`
    throw notTextError(input, place, error, nearToInString(bytes, error.offset))
  }
}

/** The key of the object whose value the beginning of a line breaks off in; null where it is in none. */
function keyBefore(beginning: string): string | null {
  const builder = createElementBuilder()
  try {
    const tokens = jsonParser({ streamValues: false })(beginning)
    if (typeof tokens !== 'symbol') for (const token of tokens.values) builder.take(token)
    return builder.key()
  } catch {
    return null
  }
}
