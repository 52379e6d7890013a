import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveColumns } from '../../src/input/column-mapping.ts'
import { escapeFormula } from '../../src/input/formula.ts'
import { readRows } from '../../src/input/read-rows.ts'
import type { InputFormat, InputRow } from '../../src/input/row.ts'
import { stripInvisible } from '../../src/input/user-key.ts'
import { collect, withInput } from './support.ts'

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
    text.filter((name) => stripInvisible(name) !== '' && !/^\ufeff|\0|^(user|action|send_email)$/.test(name)),
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

function read(content: string, format: InputFormat, chunkBytes: number): Promise<InputRow[]> {
  return withInput(content, async (file) => {
    const mapping = await resolveColumns(
      file,
      { format, userColumn: 'user', actionColumn: 'action' },
      chunkBytes,
    )
    return collect(readRows(file, mapping, { format, action: null, steps: null }, chunkBytes))
  })
}

describe('readRows', () => {
  test('gives the same rows for the same table in each format', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.integer({ min: 1, max: 50 }),
        async (table, delimiter, recordDelimiter, bom, chunkBytes) => {
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
      { numRuns: 200 },
    )
  })

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
