import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InputEncoding, inputEncodings } from '../../src/input/bytes/encoding.ts'
import { dataInHeader } from '../../src/input/columns/column-names.ts'
import { escapeFormula } from '../../src/input/csv/formula.ts'
import { trimInvisible } from '../../src/input/key/trim.ts'
import { readRows } from '../../src/input/read-rows.ts'
import { resolveColumns } from '../../src/input/resolve-columns.ts'
import type { InputFormat, InputRow } from '../../src/input/row.ts'
import { cases } from '../support/cases.ts'
import { collect, encode, knownErrorOf, withInput } from './support.ts'

const nasty = fc.constantFrom(
  ...[
    '',
    ' ',
    "'",
    "'=1",
    '=1',
    '"',
    '""',
    ',',
    ';',
    '\t',
    '\n',
    '\r\n',
    '\r',
    '\ufeff',
    '\u00a0',
    'é',
    '日',
    '😀',
    '\0',
  ],
)
const text = fc.oneof(
  fc.string({
    unit: fc.oneof(nasty, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
    maxLength: 8,
  }),
  fc.constantFrom('ada@example.com', '00u1ab2cd3ef4gh5ij6k', 'suspend', 'Unlock', 'true', 'no', 'me', 'a/b'),
)

interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Tables whose user, action and send_email columns stand at any place among others. */
const tables: fc.Arbitrary<Table> = fc
  .uniqueArray(
    text.filter(
      (name) =>
        trimInvisible(name) !== '' &&
        dataInHeader([name]) === null &&
        !/^\ufeff|\0|^(user|action|send_email)$/.test(name),
    ),
    { maxLength: 3 },
  )
  .chain((names) =>
    fc.shuffledSubarray(['user', 'action', 'send_email', ...names], { minLength: 3 + names.length }),
  )
  .chain((columns) =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(fc.array(text, { minLength: columns.length, maxLength: columns.length }), {
        maxLength: 5,
      }),
    }),
  )

function csvOf({ columns, rows }: Table, delimiter: string, recordDelimiter: string, bom: boolean): string {
  return stringify(
    [columns, ...rows].map((cells) => cells.map(escapeFormula)),
    { delimiter, record_delimiter: recordDelimiter, bom, quoted_match: /[\r\n]/, quoted_empty: true },
  )
}

function objectsOf({ columns, rows }: Table): string[] {
  return rows.map(
    (cells) =>
      `{${columns.map((name, index) => `${JSON.stringify(name)}:${JSON.stringify(cells[index])}`).join(', ')}}`,
  )
}

function read(
  content: string | Buffer,
  format: InputFormat,
  chunkBytes: number,
  encoding: InputEncoding = 'utf-8',
): Promise<InputRow[]> {
  return withInput(
    content,
    async (file) => {
      const mapping = await resolveColumns(
        file,
        { format, userColumn: 'user', actionColumn: 'action' },
        chunkBytes,
      )
      const rows = await collect(readRows(file, mapping, { format, action: null, steps: null }, chunkBytes))
      // Lines differ between formats, and what else is known of a record.
      return rows.map(({ line: _, ...row }) => ({ ...row, line: null }))
    },
    encoding,
  )
}

/** The table without the rows of empty cells, which are no rows in a CSV. */
function withoutEmptyRows({ columns, rows }: Table): Table {
  return { columns, rows: rows.filter((cells) => cells.some((cell) => trimInvisible(cell) !== '')) }
}

const formats: readonly (readonly [InputFormat, (table: Table) => string])[] = [
  ['csv', (table) => csvOf(table, ';', '\r\n', false)],
  ['csv', (table) => `sep=,\r\n${csvOf(table, ',', '\r\n', false)}`],
  ['csv', (table) => csvOf(table, '\t', '\n', false)],
  ['json', (table) => `[${objectsOf(table).join(',\n')}]`],
  ['jsonl', (table) => objectsOf(table).join('\n')],
]

/** Cells with the letters, quotes and spaces of Western Europe, all of them in Windows-1252. */
const western = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ0"\',;\t\n= \u00a0äöüßÄéèñçÿ€Žœ’–“'), maxLength: 8 }),
  fc.constantFrom(
    'jörg.müller@example.com',
    '="00123"',
    '\u00a0zoë@example.com',
    'Suspend',
    '',
    'TRUE',
    'no',
  ),
)

const westernTables: fc.Arbitrary<Table> = fc
  .array(fc.array(western, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 })
  .map((rows) => withoutEmptyRows({ columns: ['user', 'action', 'send_email', 'Straße'], rows }))
  .filter(({ rows }) => rows.length > 0)

/** Bytes that their encoding does not allow, what is said of them, and what to do next. */
const broken: readonly (readonly [InputEncoding, Buffer, string, string])[] = [
  [
    'windows-1252',
    Buffer.of(0x81),
    'the byte 0x81 is not a character in Windows-1252, which was expected',
    'leave out --encoding if it is UTF-8',
  ],
  ['windows-1252', Buffer.of(0x9d), 'the byte 0x9D is not a character in Windows-1252', 'Name the encoding'],
  ['utf-8', Buffer.of(0xc3), 'the byte 0xC3 ("Ã" in Windows-1252) is not UTF-8', 'If it should read "aÃb"'],
  ['utf-8', Buffer.of(0xed, 0xa0, 0xbd), 'the byte 0xED ("í" in Windows-1252)', 'windows-1252'],
  ['utf-16le', Buffer.of(0x3d, 0xd8), 'this is not UTF-16LE: 0xD83D is half a character', 'damaged'],
  ['utf-16be', Buffer.of(0xde, 0x00), 'this is not UTF-16BE: 0xDE00 is half a character', 'damaged'],
]

/** What stands before and after them in each format, and where that is. */
const wrappings: readonly (readonly [InputFormat, string, string, string])[] = [
  ['csv', 'user,action\n\u00e4,unlock\na', 'b,unlock\n', 'row 2 (line 3), column "user"'],
  ['json', '[{"user":"\u00e4"},\n{"x":1,"user":"a', 'b"}]', 'row 2, column "user"'],
  ['jsonl', '{"user":"\u00e4"}\n{"x":1,"user":"a', 'b"}\n', 'row 2 (line 2), column "user"'],
]

describe('readRows', () => {
  test('gives the same rows for the same table in each encoding and format', async () => {
    await fc.assert(
      fc.asyncProperty(westernTables, fc.integer({ min: 1, max: 90 }), async (table, chunkBytes) => {
        const expected = await read(csvOf(table, ',', '\n', false), 'csv', 65_536)
        expect(expected.map(({ cells }) => [...cells.values()])).toEqual(table.rows)
        for (const [format, write] of formats) {
          for (const encoding of inputEncodings) {
            const mark = encoding === 'windows-1252' || chunkBytes % 2 === 0 ? '' : '\ufeff'
            const content = encode(mark + write(table), encoding)
            expect(await read(content, format, chunkBytes, encoding)).toEqual(expected)
          }
        }
      }),
      { numRuns: cases(15) },
    )
  }, 120_000)

  test.each<[InputFormat, string]>([
    ['csv', 'note;user;action;send_email\r\nx;\u00a0ada\u200b;\u2060suspend\u00a0;\ufeffyes\u200d\r\n'],
    [
      'json',
      '[{"note":"x","user":"\u00a0ada\u200b","action":"\u2060suspend\u00a0","send_email":"\ufeffyes\u200d"}]',
    ],
    [
      'jsonl',
      '{"note":"x","user":"\u00a0ada\u200b","action":"\u2060suspend\u00a0","send_email":"\ufeffyes\u200d"}',
    ],
  ])('takes invisible characters off what is read of %s, and leaves the cells', async (format, text) => {
    for (const encoding of ['utf-8', 'utf-16le', 'utf-16be'] as const)
      expect(await read(encode(text, encoding), format, 5, encoding)).toEqual([
        {
          kind: 'valid',
          row: 1,
          line: null,
          user: 'ada',
          keyKind: 'short_name',
          due: null,
          checkLogin: null,
          actions: ['suspend'],
          sendEmail: true,
          cells: new Map([
            ['note', 'x'],
            ['user', '\u00a0ada\u200b'],
            ['action', '\u2060suspend\u00a0'],
            ['send_email', '\ufeffyes\u200d'],
          ]),
        },
      ])
  })

  test.each(
    broken.flatMap(([encoding, ...fault]) =>
      wrappings.map(([format, ...text]) => [encoding, format, ...text, ...fault] as const),
    ),
  )('%s in %s tells the place of bytes that it does not allow', async (...given) => {
    const [encoding, format, before, after, place, bytes, message, next] = given
    const content = Buffer.concat([encode(before, encoding), bytes, encode(after, encoding)])
    for (const chunkBytes of [1, 2, 3, 7, 65_536]) {
      const error = await knownErrorOf(read(content, format, chunkBytes, encoding))
      expect(error.message).toContain(`leavers.csv, ${place}: ${message}`)
      expect(error.next).toContain(next)
    }
  })

  test.each([
    ['csv', 'user,action\na,unlock\n', 'row 2 (line 3), column "user"'],
    ['json', '[{"user":"a"}]\n', 'row 2'],
    ['jsonl', '{"user":"a"}\n', 'row 2 (line 2)'],
  ] as const)('%s tells that a byte of UTF-16 is left over at the end', async (format, text, place) => {
    const content = Buffer.concat([encode(text, 'utf-16le'), Buffer.of(0x0a)])
    const error = await knownErrorOf(read(content, format, 4, 'utf-16le'))
    expect(error.message).toBe(
      `leavers.csv, ${place}: this is not UTF-16LE: the file ends in half a character: the byte 0x0A is left over; pairs of bytes were expected.`,
    )
  })

  test('gives the same rows for the same table in each format', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.integer({ min: 1, max: 50 }),
        async (full, delimiter, recordDelimiter, bom, chunkBytes) => {
          const table = withoutEmptyRows(full)
          const fromCsv = await read(csvOf(table, delimiter, recordDelimiter, bom), 'csv', chunkBytes)
          expect(fromCsv.map(({ cells }) => [...cells])).toEqual(
            table.rows.map((cells) => table.columns.map((name, index) => [name, cells[index]])),
          )
          const objects = objectsOf(table)
          expect(await read(`[${objects.join(',')}]`, 'json', chunkBytes)).toEqual(fromCsv)
          if (objects.length > 0)
            expect(
              await read(objects.join(recordDelimiter.replace(/^\r$/, '\n')), 'jsonl', chunkBytes),
            ).toEqual(fromCsv)
        },
      ),
      { numRuns: cases(60) },
    )
  }, 120_000)

  test('gives the cells of each JSON record in the order of the columns', async () => {
    const content = '[{"b":1,"user":"x","action":"unlock"},{"action":"unlock","c":2,"user":"y","b":3}]'
    for (const [format, text] of [
      ['json', content],
      ['jsonl', content.slice(1, -1).replace('},{', '}\n{')],
    ] as const)
      expect((await read(text, format, 64)).map(({ cells }) => [...cells.keys()])).toEqual([
        ['b', 'user', 'action'],
        ['b', 'user', 'action', 'c'],
      ])
  })
})
