import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type Block, openBlock } from '../../../src/cli/terminal/block.ts'
import { TerminalModel } from './terminal-model.ts'

const blocks: Block[] = []

afterEach(() => {
  for (const block of blocks.splice(0)) block.end()
})

/** A terminal with a block at its bottom. What the program believes of the width is set apart from what is true. */
function terminalWith({ columns = 80, rows = 24, reflows = true } = {}) {
  const terminal = new TerminalModel(columns, rows, reflows)
  const stream = {
    columns,
    rows,
    write: (text: string): boolean => {
      terminal.write(text)
      expect(terminal.isWrapping, 'after each write').toBe(true)
      return true
    },
  }
  const block = openBlock(stream as unknown as NodeJS.WriteStream)
  blocks.push(block)
  return { terminal, stream, block }
}

const wide = (name: string, columns = 79): string => `${name} ${'x'.repeat(columns - 2 - name.length)}|`

describe('the block at the bottom of a terminal', () => {
  it('is one block after a terminal was made narrower in several steps before it is drawn again', () => {
    for (const reflows of [true, false]) {
      const { terminal, block, stream } = terminalWith({ reflows })
      stream.write('above\n')
      block.draw([wide('1'), wide('2'), wide('3')])
      for (const columns of [71, 60, 41, 30]) terminal.resize(columns)
      // The program has not been told yet.
      block.draw([wide('4'), wide('5'), wide('6')])
      expect(terminal.lines).toEqual([
        'above',
        ...['4', '5', '6'].map((name) => expect.stringMatching(`^${name} x{27}`)),
      ])
      expect(terminal.lines.slice(1).every((line) => line.length === 30)).toBe(true)
    }
  })

  it('never leaves a row of itself behind or takes one of another away, whatever the widths', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('resize' as const),
        columns: fc.integer({ min: 12, max: 120 }),
        isTold: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('draw' as const), lines: fc.integer({ min: 1, max: 5 }) }),
      fc.record({
        kind: fc.constant('say' as const),
        text: fc.constantFrom('one\n', 'two\nthree\n', 'begun, ', '\n'),
      }),
    )
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 40 }), (reflows, steps) => {
        // High enough for the block at any width: what has left the screen can't be erased.
        const { terminal, stream, block } = terminalWith({ reflows, rows: 100 })
        let said = ''
        let drawn = 0
        for (const one of steps) {
          if (one.kind === 'resize') {
            terminal.resize(one.columns)
            if (one.isTold) stream.columns = one.columns
          } else if (one.kind === 'say') {
            stream.write(one.text)
            // A line that is longer than the terminal is wide is not what this is about.
            said += one.text
            if (!one.text.endsWith('\n')) {
              stream.write('done\n')
              said += 'done\n'
            }
          } else {
            drawn = one.lines
            block.draw(Array.from({ length: one.lines }, (_, at) => wide(String(at), stream.columns)))
          }
        }
        block.draw(Array.from({ length: drawn || 1 }, (_, at) => `line ${at}`))
        block.end()
        const own = Array.from({ length: drawn || 1 }, (_, at) => `line ${at}`)
        expect(terminal.lines).toEqual([...said.split('\n').slice(0, -1), ...own])
        expect(terminal.isAtEmptyRow).toBe(true)
      }),
    )
  })

  it('waits with its drawing until a line that was begun is ended', () => {
    const { terminal, stream, block } = terminalWith()
    block.draw(['a block'])
    stream.write('begun, ')
    block.draw(['a block'])
    expect(terminal.lines).toEqual(['begun,'])
    stream.write('ended\n')
    expect(terminal.lines).toEqual(['begun, ended', 'a block'])
  })

  it('is cut where the terminal has fewer rows', () => {
    const { terminal, block } = terminalWith({ rows: 3 })
    for (let round = 0; round < 3; round++) block.draw(['a', 'b', 'c', 'd'])
    expect(terminal.lines).toEqual(['a', 'b'])
    block.end()
    expect(terminal.lines).toEqual(['a', 'b', 'c', 'd'])
  })

  it('leaves the cursor below itself if the process ends', () => {
    const { terminal, block } = terminalWith()
    block.draw(['a', 'b'])
    expect(terminal.isAtEmptyRow).toBe(false)
    const before = process.listeners('exit')
    expect(before).toContain(block.end)
    block.end()
    expect(terminal.isAtEmptyRow).toBe(true)
    expect(process.listeners('exit')).not.toContain(block.end)
  })
})
