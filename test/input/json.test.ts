import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJsonArray } from '../../src/input/json/read-json-array.ts'
import { readJsonLines } from '../../src/input/json/read-json-lines.ts'
import type { RawRecord } from '../../src/input/row.ts'
import { cases } from '../support/cases.ts'
import { collect, knownErrorOf, withInput } from './support.ts'

const chunkSizes = [1, 2, 3, 7, 65_536]

function plain(records: RawRecord[]): unknown[] {
  expect(records.map(({ row }) => row)).toEqual(records.map((_, index) => index + 1))
  return records.map(({ cells, problems }) =>
    problems.length === 0 ? [...cells] : problems.map(({ message }) => message),
  )
}

function readArray(content: string | Buffer, chunkBytes?: number): Promise<unknown[]> {
  return withInput(content, async (file) => plain(await collect(readJsonArray(file, chunkBytes))))
}

function readLines(content: string | Buffer, chunkBytes?: number): Promise<unknown[]> {
  return withInput(content, async (file) => plain(await collect(readJsonLines(file, chunkBytes))))
}

function arrayFailure(content: string | Buffer, chunkBytes?: number) {
  return withInput(content, (file) => knownErrorOf(collect(readJsonArray(file, chunkBytes))))
}

const notObjects = [
  ['12', 'a number'],
  ['"ada"', 'text'],
  ['true', 'a boolean'],
  ['null', 'null'],
  ['[{"user":"a"},[1]]', 'an array'],
  ['[]', 'an array'],
] as const

const keys = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom('__proto__', 'constructor', '10', '2', 'user', ''),
)
const elements = fc.array(
  fc.array(fc.tuple(keys, fc.jsonValue({ maxDepth: 2 })), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  { maxLength: 5 },
)

function write(cells: ReadonlyMap<string, unknown>): string {
  return `{${[...cells].map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',')}}`
}

describe('both JSON formats', () => {
  test('give every object back, its keys in their order, wherever the pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(elements, fc.integer({ min: 1, max: 40 }), async (records, size) => {
        const expected = records.map((cells) => [...cells].map(([key, value]) => [key, normal(value)]))
        expect(await readArray(`[${records.map(write).join(' ,\n')}]`, size)).toEqual(expected)
        if (records.length > 0)
          expect(await readLines(records.map(write).join('\r\n\n'), size)).toEqual(expected)
      }),
      { numRuns: cases(60) },
    )
  })

  test.each(notObjects)('tell that %s is no object', async (text, found) => {
    const expected = [[['user', 'a']], [`the record is ${found}; an object was expected`], [['user', 'b']]]
    for (const size of chunkSizes) {
      expect(await readArray(`[{"user":"a"},${text}, {"user":"b"}]`, size)).toEqual(expected)
      expect(await readLines(`{"user":"a"}\n${text}\n{"user":"b"}`, size)).toEqual(expected)
    }
  })

  test.each([
    ['{"user":"a","user":"b"}', 'the key "user" appears twice in the record'],
    ['{"user":"a","x":{"id":1,"y":[{"id":2,"id":2}]}}', 'the key "id" appears twice in the record'],
  ])('tell a key that comes twice in %j', async (text, message) => {
    for (const records of [await readArray(`[${text}]`, 2), await readLines(text, 2)])
      expect(records).toEqual([[expect.stringContaining(message)]])
    expect(await readArray('[{"user":"a","x":{"user":"b"}},{"user":"c"}]')).toHaveLength(2)
  })

  test('keep nested values', async () => {
    const text = '{"user":"b","manager":{"id":1,"__proto__":{"x":2}},"tags":["x",[]]}'
    const manager: unknown = JSON.parse('{"id":1,"__proto__":{"x":2}}')
    const expected = [
      [
        ['user', 'b'],
        ['manager', manager],
        ['tags', ['x', []]],
      ],
    ]
    expect(await readArray(`\ufeff[${text}]`)).toEqual(expected)
    expect(await readLines(`\ufeff${text}`)).toEqual(expected)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('keep no value that is nested too deep to be written again', async () => {
    const nested = (levels: number) => `{"user":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}}`
    for (const read of [(text: string) => readArray(`[${text}]`), readLines]) {
      expect(await read(nested(100))).toEqual([expect.arrayContaining([['user', 'a']])])
      expect(await read(nested(101))).toEqual([['the value is nested more than 100 levels deep']])
      expect(await read(nested(200_000))).toEqual([['the value is nested more than 100 levels deep']])
    }
  })
})

describe('readJsonArray', () => {
  test('an empty array has no rows', async () => {
    expect(await readArray(' [ ] \n')).toEqual([])
  })

  test.each([
    ['', 'leavers.csv: the input is empty'],
    [' \n', 'leavers.csv: the input is empty'],
    ['{"users":[]}', 'an array of objects was expected, but an object was found'],
    ['5', 'an array of objects was expected, but "5" was found'],
    ['user,action\n', 'an array of objects was expected, but "'],
    ['[{"user":"a"},\n{"user":"b"', 'row 2 (line 2): the file ends before its array does'],
    ['[{"user":"a"},', 'row 2 (line 1): the file ends before its array does'],
    ['[{"user":"a"}', 'row 2 (line 1): the file ends before its array does'],
    ['[{"user":"tru', 'row 1 (line 1): the file ends before its array does'],
    ['[{"a":1},{"a":2}\n{"a":3}]', 'row 3 (line 2): this is not JSON'],
    ['[{"a":1},\n{"a":2},]', 'row 3 (line 2): this is not JSON'],
    ['[{"a":1},\n\n{"a":tru},{"a":2}]', 'row 2 (line 3): this is not JSON'],
    ['[{"a":1},{"a":"x\ny"},{"a":2}]', 'row 2 (line 2): this is not JSON'],
    ['[{"a":1},{"a":1]]', 'row 2 (line 1): this is not JSON'],
    ["[{'a':1}]", 'row 1 (line 1): this is not JSON'],
    ['[{"a":1}] [', 'row 2 (line 1): something follows the end of the array'],
    ['[{"a":1}]}', 'row 2 (line 1): something follows the end of the array'],
  ])('refuses %j', async (content, message) => {
    for (const size of chunkSizes) expect((await arrayFailure(content, size)).message).toContain(message)
  })

  test.each(chunkSizes)('tells the place of a byte that is not UTF-8, in pieces of %i', async (size) => {
    const content = Buffer.from('[{"name":"Ada"},{"user":"x","name":"M\u00fcller"}]', 'latin1')
    const error = await arrayFailure(content, size)
    expect(error.message).toBe(
      'leavers.csv, row 2, column "name": the byte 0xFC ("ü" in Windows-1252) is not UTF-8, which was expected.',
    )
    expect(error.next).toMatch(/^If it should read "Müller", add --encoding windows-1252/)
  })

  test('bounds a record at 1 MiB', async () => {
    const long = (length: number) => `[{"a":1},{"user":"${'x'.repeat(length)}"},{"a":2}]`
    expect(await readArray(long(1024 * 1024 - 100))).toHaveLength(3)
    expect((await arrayFailure(long(1024 * 1024))).message).toContain(
      'row 2: the record is longer than 1 MiB',
    )
  })

  test('names no column for a byte outside of the cells', async () => {
    for (const record of [
      '{"\u00fc":1}',
      '{"user":1,"\u00fc":1}',
      '{"user":{"a":1},"\u00fc":1}',
      '[\u00fc]',
    ]) {
      const content = Buffer.from(`[{"name":"Ada"},${record}]`, 'latin1')
      expect((await arrayFailure(content)).message).toContain('leavers.csv, row 2: the byte 0xFC')
    }
  })

  test('does not bound the whole file', async () => {
    expect(
      await readArray(`[${Array.from({ length: 5 }, () => `{"a":"${'x'.repeat(500_000)}"}`).join(',')}]`),
    ).toHaveLength(5)
  })

  test('gives the rows before the place where it stops', async () => {
    await withInput('[{"user":"a"},{"user":"b"},{"user":c}]', async (file) => {
      const rows: number[] = []
      const error = await knownErrorOf(
        (async () => {
          for await (const { row } of readJsonArray(file)) rows.push(row)
        })(),
      )
      expect(rows).toEqual([1, 2])
      expect(error.message).toContain('row 3')
    })
  })
})

describe('readJsonLines', () => {
  test.each(chunkSizes)('goes on after a broken line, in pieces of %i', async (size) => {
    const content = '\n{"user":"a"}\r\n \r\n{"user":"b"\n{"user":"c"} {}\nuser,d\n{"user":"e"}'
    expect(await readLines(content, size)).toEqual([
      [['user', 'a']],
      [expect.stringMatching(/^line 4 is not JSON: ./)],
      [expect.stringMatching(/^line 5 is not JSON: ./)],
      [expect.stringMatching(/^line 6 is not JSON: ./)],
      [['user', 'e']],
    ])
  })

  test('takes exactly the lines that JSON.parse takes', async () => {
    const near = fc.string({
      unit: fc.constantFrom(...'{}[]",:0123.-+eE \\utrfalsn\ta\u0001é'),
      minLength: 1,
    })
    const changed = fc
      .tuple(elements, fc.nat(), fc.constantFrom('', '"', ',', '}', '0', '\\', '-', '.', 't'))
      .map(([records, place, put]) => {
        const text = records.map(write).join(' ')
        const at = place % (text.length + 1)
        return text.slice(0, at) + put + text.slice(at + 1)
      })
    await fc.assert(
      fc.asyncProperty(fc.oneof(near, changed), async (text) => {
        const line = text.replaceAll(/[\r\n]/g, ' ')
        if (line.trim() === '') return
        const [row] = await readLines(line)
        expect(JSON.stringify(row).includes('is not JSON')).toBe(!isJson(line))
      }),
      { numRuns: cases(200) },
    )
  })

  test.each(['', '\n \r\n', '\ufeff'])('refuses the empty file %j', async (content) => {
    const error = await withInput(content, (file) => knownErrorOf(collect(readJsonLines(file))))
    expect(error.message).toContain('is empty; one JSON object per line was expected')
  })

  test('tells the place of a byte that is not UTF-8', async () => {
    const failure = (record: string) =>
      withInput(Buffer.from(`{"user":"a"}\n\n${record}`, 'latin1'), (file) =>
        knownErrorOf(collect(readJsonLines(file))),
      )
    const error = await failure('{"id":1,"user":"Zo\u00eb"}')
    expect(error.message).toContain('leavers.csv, row 2 (line 3), column "user": the byte 0xEB')
    expect(error.next).toMatch(/^If it should read "Zoë", add --encoding windows-1252/)
    for (const record of ['{"id":1,"\u00fc":2}', '\u00fc', '{"id":1,x"\u00fc'])
      expect((await failure(record)).message).toContain('leavers.csv, row 2 (line 3): the byte 0xFC')
  })

  test('bounds a line at 1 MiB', async () => {
    const long = (length: number) => `{"a":1}\n{"user":"${'x'.repeat(length)}"}\n`
    expect(await readLines(long(1024 * 1024 - 11))).toHaveLength(2)
    const error = await withInput(long(1024 * 1024 - 10), (file) =>
      knownErrorOf(collect(readJsonLines(file))),
    )
    expect(error.message).toContain('line 2: the record is longer than 1 MiB')
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A value as JSON writes and reads it: without -0. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
