import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { chainStart, decodeLine, encodeLine } from '../../src/journal/journal-line.ts'
import { anyEvent } from './events.ts'

/** The line as text, without its line feed, and its chain. */
function lineOf(event: JournalEvent, previousChain: string): { line: string; chain: string } {
  const { line, chain } = encodeLine(event, previousChain, 0)
  expect(line.at(-1)).toBe(0x0a)
  return { line: line.toString('utf8', 0, line.length - 1), chain }
}

describe('a journal line', () => {
  it('reads back as it was written, after the line before it and after no other', () => {
    fc.assert(
      fc.property(anyEvent, anyEvent, (first, second) => {
        const one = lineOf(first, chainStart)
        const two = lineOf(second, one.chain)
        expect(one.line).not.toContain('\n')
        expect(decodeLine(one.line, chainStart)).toEqual({
          kind: 'sound',
          event: first,
          chain: one.chain,
          synced: 0,
        })
        expect(decodeLine(two.line, one.chain)).toEqual({
          kind: 'sound',
          event: second,
          chain: two.chain,
          synced: 0,
        })
        expect(decodeLine(two.line, chainStart).kind).toBe('misplaced')
      }),
    )
  })

  it('is damaged whatever else it is', () => {
    for (const line of ['', '{}', 'null', ' ', '\u0000\u0000\u0000', '{"event":"journal","version":1}'])
      expect(decodeLine(line, chainStart).kind).toBe('damaged')
    fc.assert(fc.property(fc.string(), (line) => decodeLine(line, chainStart).kind === 'damaged'))
  })
})
