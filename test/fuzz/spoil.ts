/** From 0 up to, not including, 1. */
export type Random = () => number

/** What breaks readers: ends of lines and cells, quotes, marks, numbers at their bounds, half characters. */
const pieces = [
  ...[
    '"',
    "'",
    ',',
    ';',
    '\t',
    '|',
    '\r\n',
    '\r',
    '\n',
    '\n\n',
    '\ufeff',
    '\u0000',
    '\u200b',
    '\u202e',
    '\u00a0',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    '{"',
    '"}',
    '\\u0000',
    '\\',
    'null',
    'true',
    '1e999',
    '-0',
    '9007199254740993',
  ],
  ...[
    '<',
    '>',
    '&',
    '<c>',
    '</row>',
    ']]>',
    '&#0;',
    '<!--',
    '_x000D_',
    '0',
    '-1',
    '4294967296',
    '99999999999999999999',
  ],
  ...[
    '*',
    '&a',
    '*a',
    '!!js/function',
    '---',
    '- ',
    '  ',
    '#',
    '__proto__',
    'constructor',
    'a'.repeat(5_000),
  ],
] as const

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('Nothing to pick from.')
  return item
}

/** A part of some bytes: where it begins, and where it ends. */
function part(random: Random, length: number, most: number): readonly [number, number] {
  const from = Math.floor(random() * (length + 1))
  return [from, Math.min(length, from + Math.floor(random() * most))]
}

type Change = (random: Random, bytes: Buffer, other: Buffer) => Buffer

const changes: readonly Change[] = [
  // One bit.
  (random, bytes) => {
    const changed = Buffer.from(bytes)
    const at = Math.floor(random() * changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return changed
  },
  // A part is gone.
  (random, bytes) => {
    const [from, to] = part(random, bytes.length, 40)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  // The end is gone.
  (random, bytes) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  // A part stands twice.
  (random, bytes) => {
    const [from, to] = part(random, bytes.length, 200)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  // Something else stands in the middle.
  (random, bytes) => {
    const [from] = part(random, bytes.length, 0)
    return Buffer.concat([bytes.subarray(0, from), Buffer.from(pick(random, pieces)), bytes.subarray(from)])
  },
  // Any bytes in the place of some.
  (random, bytes) => {
    const changed = Buffer.from(bytes)
    const [from, to] = part(random, bytes.length, 8)
    for (let at = from; at < to; at++) changed[at] = Math.floor(random() * 256)
    return changed
  },
  // A part of another one in the place of a part.
  (random, bytes, other) => {
    const [from, to] = part(random, bytes.length, 200)
    const [begin, end] = part(random, other.length, 200)
    return Buffer.concat([bytes.subarray(0, from), other.subarray(begin, end), bytes.subarray(to)])
  },
]

/** One of the samples after one to four changes. */
export function spoil(random: Random, samples: readonly Buffer[]): Buffer {
  let bytes = pick(random, samples)
  const count = 1 + Math.floor(random() * 4)
  for (let change = 0; change < count; change++)
    bytes = pick(random, changes)(random, bytes, pick(random, samples))
  return bytes
}
