import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextStore } from '../../../src/sandbox/store/text-store.ts'

describe('TextStore', () => {
  it('gives back every text, of whatever letters', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant(''))
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
        const store = new TextStore()
        const handles = texts.map((one) => store.add(one))
        expect(handles.map((handle) => store.read(handle))).toEqual(texts)
      }),
    )
  })

  it('goes over from one chunk to the next, and takes a text that is longer than a chunk', () => {
    const store = new TextStore()
    const texts = Array.from({ length: 12 }, (_, index) =>
      `${index}`.padEnd(1_000_003 * (1 + (index % 3)), 'é'),
    )
    texts.push('x'.repeat(9_000_000), 'after it')
    const handles = texts.map((one) => store.add(one))
    for (const [index, handle] of handles.entries()) expect(store.read(handle) === texts[index]).toBe(true)
  })
})
