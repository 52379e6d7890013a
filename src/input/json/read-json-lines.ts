import { type KnownError, Refusal } from '../../messages/known-error.ts'
import { shellWord } from '../../messages/shell-word.ts'
import { shown, shownUnlessSecret } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { nearToInString, notTextError } from '../bytes/not-text.ts'
import { LineTooLong, lineOf, splitLines } from '../bytes/split-lines.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import { decodeUtf8, NotUtf8 } from '../bytes/utf8.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import { type RawRecord, rowPlace } from '../row.ts'
import { toRawRecord } from './json-element.ts'
import {
  createValueReader,
  isWholeObject,
  keyBefore,
  problemOfJson,
  type ValueReader,
} from './parse-object.ts'
import { beginsRecord, goesOn, isLeftOpen } from './record-start.ts'

interface Line {
  /** From 1; blank lines count. */
  readonly line: number
  readonly bytes: Buffer
}

interface TextLine {
  readonly line: number
  readonly text: string
}

function tooLong(input: InputFile, line: number, beginning: Buffer): KnownError {
  const key = keyBefore(beginning.toString('utf8'))
  const list =
    key === null
      ? ''
      : ` If the list of users is under ${shown(key)}, take it out: jq ${shellWord(`.${key}`)} FILE > LIST.json`
  return new Refusal(
    `${input.name}, line ${line}: the record is longer than 1 MiB.`,
    `Check that the file has one JSON object per line, or use --format json for an array.${list}`,
  )
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
    throw error instanceof LineTooLong ? tooLong(input, error.line, error.beginning) : error
  }
}

/** Lines that may form one record, because the first of them does not end its object. */
class OpenRecord {
  readonly reader: ValueReader = createValueReader()
  readonly lines: TextLine[] = []
  length = 0
  /** Whether its lines are known not to be JSON. It then only collects the lines that still belong to it. */
  isBroken = false

  get line(): number {
    return this.lines[0]?.line ?? 1
  }

  get texts(): readonly string[] {
    return this.lines.map(({ text }) => text)
  }

  get text(): string {
    return this.texts.join('\n')
  }

  add(line: TextLine): void {
    this.lines.push(line)
    this.length += line.text.length + 1
  }
}

/**
 * Makes records of lines: one object on each line, or objects that span several lines. A broken record must not take
 * others with it, so a line that is a whole object counts as a record even if the object before it has no end.
 */
class RecordLines {
  #row = 0
  #open: OpenRecord | null = null

  get nextRow(): number {
    return this.#row + 1
  }

  /** The record that is not complete yet. */
  get open(): OpenRecord | null {
    return this.#open
  }

  take(line: TextLine): RawRecord[] {
    const open = this.#open
    if (open?.isBroken === true) {
      if (!beginsRecord(line.text, open.texts)) {
        open.add(line)
        return []
      }
      const broken = this.#bad(open.lines)
      this.#open = null
      return [broken, ...this.take(line)]
    }
    const record = open ?? new OpenRecord()
    const progress = record.reader.take(line.text)
    record.add(line)
    if (progress.state === 'open') {
      this.#open = record
      return []
    }
    this.#open = null
    if (progress.state === 'broken') return this.#recover(record)
    const place = { row: ++this.#row, line: record.line, text: record.text }
    return [toRawRecord(place, progress.element)]
  }

  end(): RawRecord[] {
    const records: RawRecord[] = []
    while (this.#open !== null) {
      const open = this.#open
      this.#open = null
      records.push(...(open.isBroken ? [this.#bad(open.lines)] : this.#recover(open)))
    }
    return records
  }

  /** Makes a bad row of the lines up to the next possible beginning of a record, and reads again from that line on. */
  #recover(record: OpenRecord): RawRecord[] {
    const { lines, texts } = record
    const last = lines.length - 1
    const [first = '', second = ''] = texts
    // If the second line does not continue the first, each line is a record, and the first one is cut off.
    if (lines.length === 2 && first.trim() !== '{' && !goesOn(second) && beginsOrIsNothing(second, first))
      return [this.#bad(lines.slice(0, 1)), ...lines.slice(1).flatMap((line) => this.take(line))]
    const next = texts.findIndex(
      (text, index) =>
        index > 0 &&
        (isWholeObject(text) || (index === last && /^\s*\{\s*$/.test(text))) &&
        beginsRecord(text, texts.slice(0, index)),
    )
    if (next < 0 && (lines.length > 1 || isLeftOpen(texts))) {
      record.isBroken = true
      this.#open = record
      return []
    }
    const bad = this.#bad(next < 0 ? lines : lines.slice(0, next))
    return [bad, ...(next < 0 ? [] : lines.slice(next)).flatMap((line) => this.take(line))]
  }

  #bad(lines: readonly TextLine[]): RawRecord {
    const text = lines.map((line) => line.text).join('\n')
    const line = lines[0]?.line ?? 1
    const problem = { column: null, message: `line ${line} is not JSON: ${problemOfJson(text)}` }
    return { row: ++this.#row, line, cells: new Map(), raw: [text], problems: [problem] }
  }
}

/** Whether the line below a broken one begins a record, or is not part of any. */
function beginsOrIsNothing(line: string, before: string): boolean {
  return beginsRecord(line, [before]) || !/^\s*[{[]/.test(line)
}

/**
 * Reads the records of a JSON lines file, or of objects one after another that span several lines. If a record is not
 * JSON, or not an object, that is its problem, and the others are still read. Blank lines are not records.
 * Throws KnownError if the file is empty, at bytes that are not of its encoding, and at a record longer than 1 MiB.
 */
export async function* readJsonLines(input: InputFile, chunkBytes?: number): AsyncGenerator<RawRecord> {
  const records = new RecordLines()
  for await (const { line, bytes } of readLines(input, chunkBytes)) {
    const text = decodeLine(input, line, records.nextRow, bytes)
    if (trimInvisible(text) === '') continue
    yield* records.take({ line, text })
    const { open } = records
    if (open !== null && open.length > maxRecordLength)
      throw tooLong(input, open.line, Buffer.from(open.text.slice(0, maxRecordLength)))
  }
  yield* records.end()
  if (records.nextRow === 1)
    throw new Refusal(
      `${input.name}: the input is empty; one JSON object per line was expected.`,
      'Use a file with a line such as {"user": "ada@example.com"} for each user.',
    )
}

function decodeLine(input: InputFile, line: number, row: number, bytes: Buffer): string {
  try {
    return decodeUtf8(bytes)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    const key = keyBefore(bytes.toString('utf8', 0, error.offset))
    const column = key === null ? '' : `, column ${shownUnlessSecret(key)}`
    const place = `${input.name}, ${rowPlace({ row, line })}${column}`
    throw notTextError(input, place, error, nearToInString(bytes, error.offset))
  }
}
