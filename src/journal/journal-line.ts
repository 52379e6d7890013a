import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { TaskResult } from '../rules/result.ts'
import type { JournalEvent } from './journal-event.ts'

/**
 * A journal line is one JSON object and a line feed. Its last two fields guard it: `chain` is a digest over the line
 * before it and this one, so that a line that was altered, removed or moved is found; `crc` covers the line itself, so
 * that a damaged line can be told from a sound one without its neighbours.
 */
const chainLength = 32
const crcLength = 8
const suffixPattern = /^,"chain":"([0-9a-f]{32})","crc":"([0-9a-f]{8})"\}$/
const suffixLength = `,"chain":"","crc":""}`.length + chainLength + crcLength

/** The chain's value before the first line. */
export const chainStart = '0'.repeat(chainLength)

/**
 * Writes an event as a line with its line feed.
 *
 * The text is turned into bytes once, behind the chain that is hashed with it: a run writes two lines for each call.
 */
export function encodeLine(event: JournalEvent, previousChain: string): { line: Buffer; chain: string } {
  const body = JSON.stringify(event).slice(0, -1)
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
 * Reads a line.
 * - `sound`: it is as it was written, and follows the line before it.
 * - `misplaced`: it is as it was written, but not after this line: something was removed, added or moved.
 * - `damaged`: it is not as it was written.
 */
export type DecodedLine =
  | { readonly kind: 'sound'; readonly event: JournalEvent; readonly chain: string }
  | { readonly kind: 'misplaced' }
  | { readonly kind: 'damaged' }

/** Checks and reads a line, without its line feed. */
export function decodeLine(line: string, previousChain: string): DecodedLine {
  const body = line.slice(0, -suffixLength)
  const suffix = suffixPattern.exec(line.slice(-suffixLength))
  const [, chain, crc] = suffix ?? []
  if (chain === undefined || crc === undefined) return { kind: 'damaged' }
  if (crcOf(`${body},"chain":"${chain}"`) !== crc) return { kind: 'damaged' }
  if (chainOf(previousChain, body) !== chain) return { kind: 'misplaced' }
  return { kind: 'sound', event: JSON.parse(`${body}}`) as JournalEvent, chain }
}

function chainOf(previousChain: string, body: string): string {
  return hash('sha256', previousChain + body, 'hex').slice(0, chainLength)
}

function crcOf(content: string | Buffer): string {
  return crc32(content).toString(16).padStart(crcLength, '0')
}

const resultHead = '{"event":"result",'

/** The result that a sound line holds, without the line's own fields; null where the line is of another event. */
export function resultOfLine(line: string): TaskResult | null {
  if (!line.startsWith(resultHead)) return null
  return JSON.parse(`{${line.slice(resultHead.length, -suffixLength)}}`) as TaskResult
}
