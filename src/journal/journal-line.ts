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
const suffixPattern = /^,"synced":"([0-9a-f]{12})","chain":"([0-9a-f]{32})","crc":"([0-9a-f]{8})"\}$/
const suffixLength = `,"synced":"","chain":"","crc":""}`.length + syncedLength + chainLength + crcLength

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
  const body = `${JSON.stringify(event).slice(0, -1)},"synced":"${synced.toString(16).padStart(syncedLength, '0')}"`
  const room = Buffer.allocUnsafe(chainLength + Buffer.byteLength(body) + suffixLength + 1)
  let end = room.write(previousChain, 0, 'latin1')
  end += room.write(body, end, 'utf8')
  const chain = hash('sha256', room.subarray(0, end), 'hex').slice(0, chainLength)
  end += room.write(`,"chain":"${chain}"`, end, 'latin1')
  const crc = crcOf(room.subarray(chainLength, end))
  end += room.write(`,"crc":"${crc}"}\n`, end, 'latin1')
  return { line: room.subarray(chainLength, end), chain }
}

/**
 * The outcome of reading a line.
 * - `sound`: it is as it was written, and follows the line before it.
 * - `misplaced`: it is as it was written, but does not follow the line before it: something was removed, added or
 *   moved.
 * - `damaged`: it is not as it was written.
 */
export type DecodedLine =
  | { readonly kind: 'sound'; readonly event: JournalEvent; readonly chain: string; readonly synced: number }
  | { readonly kind: 'misplaced'; readonly synced: number }
  | { readonly kind: 'damaged' }

/** Checks and decodes a line without its line feed. */
export function decodeLine(line: string, previousChain: string): DecodedLine {
  const body = line.slice(0, -suffixLength)
  const suffix = suffixPattern.exec(line.slice(-suffixLength))
  const [, mark, chain, crc] = suffix ?? []
  if (mark === undefined || chain === undefined || crc === undefined) return { kind: 'damaged' }
  const marked = `${body},"synced":"${mark}"`
  if (crcOf(`${marked},"chain":"${chain}"`) !== crc) return { kind: 'damaged' }
  const synced = Number.parseInt(mark, 16)
  if (chainOf(previousChain, marked) !== chain) return { kind: 'misplaced', synced }
  return { kind: 'sound', event: JSON.parse(`${body}}`) as JournalEvent, chain, synced }
}

function chainOf(previousChain: string, body: string): string {
  return hash('sha256', previousChain + body, 'hex').slice(0, chainLength)
}

function crcOf(content: string | Buffer): string {
  return crc32(content).toString(16).padStart(crcLength, '0')
}

const resultHead = '{"event":"result",'

/** The result in a sound line, without the line's own fields; null if the line holds another event. */
export function resultOfLine(line: string): TaskResult | null {
  if (!line.startsWith(resultHead)) return null
  return JSON.parse(`{${line.slice(resultHead.length, -suffixLength)}}`) as TaskResult
}
