import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { chainStart, checkLine, encodeLine, eventOfLine } from '../../src/journal/journal-line.ts'
import { anyEvent } from './events.ts'

/** The line without its line feed, and its chain. */
function lineOf(event: JournalEvent, previousChain: string): { line: Buffer; chain: string } {
  const { line, chain } = encodeLine(event, previousChain, 0)
  expect(line.at(-1)).toBe(0x0a)
  return { line: line.subarray(0, -1), chain }
}

describe('a journal line', () => {
  it('reads back as it was written, after the line before it and after no other', () => {
    fc.assert(
      fc.property(anyEvent, anyEvent, (first, second) => {
        const one = lineOf(first, chainStart)
        const two = lineOf(second, one.chain)
        expect(one.line.includes(0x0a)).toBe(false)
        expect(checkLine(one.line, chainStart)).toEqual({
          kind: 'sound',
          chain: one.chain,
          synced: 0,
        })
        expect(checkLine(two.line, one.chain)).toEqual({
          kind: 'sound',
          chain: two.chain,
          synced: 0,
        })
        expect(checkLine(two.line, chainStart).kind).toBe('misplaced')
        expect(eventOfLine(one.line)).toEqual(first)
        expect(eventOfLine(two.line)).toEqual(second)
      }),
    )
  })

  it('is damaged whatever else it is', () => {
    for (const line of ['', '{}', 'null', ' ', '\u0000\u0000\u0000', '{"event":"journal","version":1}'])
      expect(checkLine(Buffer.from(line), chainStart).kind).toBe('damaged')
    fc.assert(fc.property(fc.string(), (line) => checkLine(Buffer.from(line), chainStart).kind === 'damaged'))
  })

  it('is damaged if any of its bytes is another, is gone or is there twice', () => {
    fc.assert(
      fc.property(anyEvent, fc.nat(), fc.integer({ min: 1, max: 255 }), (event, place, change) => {
        const { line } = lineOf(event, chainStart)
        const at = place % line.length
        const changed = Buffer.from(line)
        changed[at] = (line[at] ?? 0) ^ change
        const shorter = Buffer.concat([line.subarray(0, at), line.subarray(at + 1)])
        const longer = Buffer.concat([line.subarray(0, at + 1), line.subarray(at)])
        for (const other of [changed, shorter, longer])
          expect(checkLine(other, chainStart).kind, other.toString('latin1')).toBe('damaged')
      }),
    )
  })
})
