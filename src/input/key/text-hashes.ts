/**
 * Two hashes of a text, the same on every machine: FNV-1a and a variation of it, each mixed, as whole numbers below
 * 2^32. Together they tell texts apart when the texts themselves would take too much memory.
 */
export function hashesOf(text: string): readonly [one: number, two: number] {
  let one = 0x811c9dc5
  let two = 0x01000193
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    one = Math.imul(one ^ code, 0x01000193)
    two = Math.imul(two ^ code, 0x5bd1e995) ^ (two >>> 13)
  }
  return [mixed(one), mixed(two)]
}

function mixed(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
