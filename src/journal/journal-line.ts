import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { TaskResult } from '../rules/result.ts'
import type { JournalEvent } from './journal-event.ts'

/**
 * A journal line is one JSON object and a line feed. Its last three fields protect it. `synced` says up to which byte
 * the journal was on disk when the line was written; it tells the remains of a power cut from damage. `chain` is a
 * digest over the line before and this line; it reveals altered, removed and moved lines. `crc` covers the line itself;
 * it tells a damaged line from a sound one without its neighbours.
 */
const syncedLength = 12
const chainLength = 32
const crcLength = 8

const label = { synced: ',"synced":"', chain: ',"chain":"', crc: ',"crc":"' } as const
/** Where fields begin in the last part of a line, which begins with `synced`. */
const chainAt = label.synced.length + syncedLength + 1
const crcAt = chainAt + label.chain.length + chainLength + 1
const suffixLength = crcAt + label.crc.length + crcLength + '"}'.length
const endOfMark = `"${label.chain}`
const endOfChain = `"${label.crc}`
const brace = '}'.charCodeAt(0)
const hex = /^[0-9a-f]*$/

/** The chain's value before the first line. */
export const chainStart = '0'.repeat(chainLength)

/**
 * Writes an event as a line with its line feed.
 *
 * The text becomes bytes only once, right behind the chain value that is hashed with it. That matters, because a run
 * writes three lines for each call.
 *
 * @param synced bytes of the journal that are on disk
 */
export function encodeLine(
  event: JournalEvent,
  previousChain: string,
  synced: number,
): { line: Buffer; chain: string } {
  const body = `${JSON.stringify(event).slice(0, -1)}${label.synced}${synced.toString(16).padStart(syncedLength, '0')}"`
  const room = Buffer.allocUnsafe(chainLength + Buffer.byteLength(body) + suffixLength + 1)
  let end = room.write(previousChain, 0, 'latin1')
  end += room.write(body, end, 'utf8')
  const chain = hash('sha256', room.subarray(0, end), 'hex').slice(0, chainLength)
  end += room.write(`${label.chain}${chain}"`, end, 'latin1')
  const crc = crcOf(room.subarray(chainLength, end))
  end += room.write(`${label.crc}${crc}"}\n`, end, 'latin1')
  return { line: room.subarray(chainLength, end), chain }
}

/**
 * The outcome of checking a line.
 * - `sound`: it is as it was written, and follows the line before it.
 * - `misplaced`: it is as it was written, but does not follow the line before it: something was removed, added or
 *   moved.
 * - `damaged`: it is not as it was written.
 */
export type CheckedLine =
  | { readonly kind: 'sound'; readonly chain: string; readonly synced: number }
  | { readonly kind: 'misplaced'; readonly synced: number }
  | { readonly kind: 'damaged' }

/**
 * Checks a line without its line feed. It works on bytes, because a large run's journal has millions of
 * lines, and a text would have to be turned into bytes twice: for the digest and for the checksum.
 */
export function checkLine(line: Buffer, previousChain: string): CheckedLine {
  const suffix = suffixIfUndamaged(line)
  if (suffix === null) return { kind: 'damaged' }
  const bodyEnd = line.length - suffixLength
  const synced = Number.parseInt(suffix.mark, 16)
  if (chainOf(previousChain, line.subarray(0, bodyEnd + chainAt)) !== suffix.chain)
    return { kind: 'misplaced', synced }
  return { kind: 'sound', chain: suffix.chain, synced }
}

/** Whether a line without its line feed is as it was written, wherever it stands. */
export function isUndamaged(line: Buffer): boolean {
  return suffixIfUndamaged(line) !== null
}

/** The event of a sound line without its line feed. */
export function eventOfLine(line: Buffer): JournalEvent {
  const bodyEnd = line.length - suffixLength
  // The brace stands in the line itself while it is read. To add it to the text would copy each of millions of texts.
  const first = line.readUInt8(bodyEnd)
  line[bodyEnd] = brace
  const text = line.toString('utf8', 0, bodyEnd + 1)
  line[bodyEnd] = first
  return JSON.parse(text) as JournalEvent
}

interface Suffix {
  readonly mark: string
  readonly chain: string
  readonly crc: number
}

/** The last three fields of a line; null if it is not as it was written. */
function suffixIfUndamaged(line: Buffer): Suffix | null {
  const bodyEnd = line.length - suffixLength
  if (bodyEnd < 0) return null
  const suffix = parseSuffix(line.toString('latin1', bodyEnd))
  return suffix === null || crc32(line.subarray(0, bodyEnd + crcAt)) !== suffix.crc ? null : suffix
}

/** The last three fields of a line; null if they are not laid out as they are written. */
function parseSuffix(text: string): Suffix | null {
  const mark = text.slice(label.synced.length, chainAt - 1)
  const crc = text.slice(crcAt + label.crc.length, -2)
  const isAsWritten =
    text.startsWith(label.synced) &&
    text.startsWith(endOfMark, chainAt - 1) &&
    text.startsWith(endOfChain, crcAt - 1) &&
    text.endsWith('"}') &&
    hex.test(mark) &&
    hex.test(crc)
  if (!isAsWritten) return null
  return { mark, chain: text.slice(chainAt + label.chain.length, crcAt - 1), crc: Number.parseInt(crc, 16) }
}

function chainOf(previousChain: string, body: Buffer): string {
  const both = Buffer.allocUnsafe(chainLength + body.length)
  both.write(previousChain, 0, 'latin1')
  body.copy(both, chainLength)
  return hash('sha256', both, 'hex').slice(0, chainLength)
}

function crcOf(content: Buffer): string {
  return crc32(content).toString(16).padStart(crcLength, '0')
}

const resultHead = '{"event":"result",'

/** The result in a sound line, without the line's own fields; null if the line holds another event. */
export function resultOfLine(line: string): TaskResult | null {
  if (!line.startsWith(resultHead)) return null
  return JSON.parse(`{${line.slice(resultHead.length, -suffixLength)}}`) as TaskResult
}
