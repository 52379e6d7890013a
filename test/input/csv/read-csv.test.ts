import { describe, expect, test } from 'vitest'
import { readCsv } from '../../../src/input/csv/read-csv.ts'
import { readCsvLayout } from '../../../src/input/csv/read-header.ts'
import type { InputFile } from '../../../src/input/input-file.ts'
import { collect, knownErrorOf, withInput } from '../support.ts'

const chunkSizes = [1, 2, 3, 7, 65_536]
const shifted = ': a cell may be under the wrong column'

async function columnsOf(file: InputFile, chunkBytes?: number): Promise<readonly string[]> {
  return (await readCsvLayout(file, () => 0, chunkBytes)).columns
}

/** Rows as lists of cells; a record with problems as their messages. */
async function read(content: string | Buffer, chunkBytes?: number): Promise<unknown[]> {
  return withInput(content, async (file) => {
    const records = await collect(readCsv(file, await columnsOf(file, chunkBytes), chunkBytes))
    expect(records.map(({ row }) => row)).toEqual(records.map((_, index) => index + 1))
    return records.map(({ cells, problems }) =>
      problems.length === 0 ? [...cells.values()] : problems.map(({ message }) => message),
    )
  })
}

async function failure(content: string | Buffer, chunkBytes?: number) {
  return withInput(content, async (file) =>
    knownErrorOf(columnsOf(file).then((columns) => collect(readCsv(file, columns, chunkBytes)))),
  )
}

describe('readCsv', () => {
  test.each(chunkSizes)('reads quotes, line ends and blank lines in pieces of %i', async (size) => {
    const content = '\ufeff\r\n\nuser,"no""te"\r\na,"x,\ny"\n\n\r\nb,"say ""hi"""\rc,\n"",""\nd,é日😀'
    expect(await read(content, size)).toEqual([
      ['a', 'x,\ny'],
      ['b', 'say "hi"'],
      ['c', ''],
      ['d', 'é日😀'],
    ])
  })

  test.each(chunkSizes)('tells a wrong number of cells, in pieces of %i', async (size) => {
    expect(await read('user,action,x,y\na,suspend,1\n,,,\nb\nc,suspend,1,2,3\nd,unlock,1,2\n', size)).toEqual(
      [
        [`the row has 3 cells, but 4 were expected${shifted}`],
        [`the row has 1 cell, but 4 were expected${shifted}`],
        [`the row has 5 cells, but 4 were expected${shifted}`],
        ['d', 'unlock', '1', '2'],
      ],
    )
    expect(await read('user\na,b\n', size)).toEqual([[`the row has 2 cells, but 1 was expected${shifted}`]])
  })

  test('keeps a record of the wrong length as it was read', async () => {
    await withInput("user,action,x\na,suspend\nb,unlock,1,'=2\nc,d,e\n", async (file) => {
      const records = await collect(readCsv(file, ['user', 'action', 'x']))
      expect(records.map(({ raw, line }) => [raw, line])).toEqual([
        [['a', 'suspend'], 2],
        [['b', 'unlock', '1', '=2'], 3],
        [null, 4],
      ])
    })
  })

  test('reads cells that are missing at the end as empty where all that are needed are there', async () => {
    await withInput('user,action,x,y\na,suspend\nb\nc,unlock,1,2,,\nd,,,,,3\n', async (file) => {
      const records = await collect(readCsv(file, ['user', 'action', 'x', 'y'], undefined, 2))
      expect(
        records.map(({ cells, problems }) => (problems.length > 0 ? null : [...cells.values()])),
      ).toEqual([['a', 'suspend', '', ''], null, ['c', 'unlock', '1', '2'], null])
    })
  })

  test('reads formulas as they were before they were escaped, also in the header', async () => {
    await withInput("user,'=x\n'+49,''-1\n'quoted,@a\n", async (file) => {
      const records = await collect(readCsv(file, ['user', '=x']))
      expect(records.map(({ cells }) => [...cells])).toEqual([
        [
          ['user', '+49'],
          ['=x', "'-1"],
        ],
        [
          ['user', "'quoted"],
          ['=x', '@a'],
        ],
      ])
    })
  })

  test('keeps columns that are named as an object is built', async () => {
    await withInput('user,__proto__,constructor\na,b,c\n', async (file) => {
      const [record] = await collect(readCsv(file, await columnsOf(file)))
      expect([...(record?.cells ?? [])]).toEqual([
        ['user', 'a'],
        ['__proto__', 'b'],
        ['constructor', 'c'],
      ])
      expect(({} as Record<string, unknown>).b).toBeUndefined()
    })
  })

  test.each([
    [
      'a stray quote',
      'user,note\r\na,"x\r\ny"\r\n\r\nb,5" pipe\r\n',
      'row 2 (line 5), column "note": there is a quote inside',
    ],
    [
      'text after a quote',
      'user,note\na,b\nc,"d"e\n',
      'row 2 (line 3), column "note": a quote ends the cell, but',
    ],
    [
      'an open quote',
      'user,note\na,b\n\n"c,d\ne,f\n',
      'row 2 (line 4), column "user": the quote that opens the cell',
    ],
    [
      'a stray quote after all that may stand before a header',
      '\ufeffsep=,\r\n\r\n\r\nuser,note\r\na,b"\r\n',
      'row 1 (line 5), column "note": there is a quote inside',
    ],
    [
      'an open quote in an extra cell',
      'user\na,b,"c\n',
      'row 1 (line 2), cell 3: the quote that opens the cell',
    ],
  ])('tells the place of %s', async (_, content, place) => {
    for (const size of chunkSizes)
      expect((await failure(content, size)).message).toContain(`leavers.csv, ${place}`)
  })

  test.each(chunkSizes)('tells the place of a byte that is not UTF-8, in pieces of %i', async (size) => {
    const error = await failure(Buffer.from('user,name\na,Zo\nb,"M\u00fcller"\n', 'latin1'), size)
    expect(error.message).toBe(
      'leavers.csv, row 2 (line 3), column "name": the byte 0xFC ("ü" in Windows-1252) is not UTF-8, which was expected.',
    )
    expect(error.next).toBe(
      'If it should read "Müller", add --encoding windows-1252 (in a job file: input.encoding). Otherwise save the file as CSV UTF-8 (in Excel: Save As, "CSV UTF-8 (Comma delimited)"), or as UTF-8 JSON.',
    )
  })

  test('a file with a byte-order mark of UTF-8 is not called Windows-1252', async () => {
    const rows = Buffer.from('user,name\na,Zo\nb,M\u00fcller\n', 'latin1')
    const error = await failure(Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), rows]))
    expect(error.message).toContain('row 2 (line 3), column "name": the byte 0xFC')
    expect(error.next).toMatch(/put together from several with different encodings/)
    expect(error.next).not.toContain('--encoding')
  })

  test('shows what is near the byte in a long cell, and nothing that Windows-1252 does not have', async () => {
    const long = Buffer.from(`user,note\na,${'x'.repeat(500)} M\u00fcller ${'y'.repeat(500)}\n`, 'latin1')
    expect((await failure(long)).next).toMatch(/^If it should read "x{18} Müller y+", add --encoding w/)
    const neither = Buffer.from('user,note\na,M\u0081ller\n', 'latin1')
    expect((await failure(neither)).next).toMatch(/^Save the file as CSV UTF-8/)
  })

  test('gives the rows before a byte that is not UTF-8', async () => {
    await withInput(Buffer.from('user\na\nb\n\u00fc\n', 'latin1'), async (file) => {
      const users: unknown[] = []
      const error = await knownErrorOf(
        (async () => {
          for await (const { cells } of readCsv(file, ['user'])) users.push(cells.get('user'))
        })(),
      )
      expect(users).toEqual(['a', 'b'])
      expect(error.message).toContain('row 3 (line 4), column "user"')
    })
  })

  test.each(chunkSizes)('takes text formulas without quotes around them, in pieces of %i', async (size) => {
    const content = 'user;="note"\n="00123";"=""0;1"""\n="a""b";x\r\n="c";=""'
    await withInput(content, async (input) => {
      const columns = await columnsOf(input, size)
      expect(columns).toEqual(['user', '="note"'])
      const records = await collect(readCsv(input, columns, size))
      expect(records.map(({ cells }) => [...cells.values()])).toEqual([
        ['="00123"', '="0;1"'],
        ['="a""b"', 'x'],
        ['="c"', '=""'],
      ])
    })
  })

  test('tells the line of a stray quote after text formulas, and takes no half formula', async () => {
    const content = 'sep=,\nuser,note\n="1",="2"\n\n="3",="4" x\n'
    for (const size of chunkSizes)
      expect((await failure(content, size)).message).toContain(
        'leavers.csv, row 2 (line 5), column "note": there is a quote inside',
      )
  })

  describe('records of nothing but empty cells', () => {
    test.each(chunkSizes)('are no rows at the end, in pieces of %i', async (size) => {
      expect(await read('user;note\na;b\n;\n;\n', size)).toEqual([['a', 'b']])
      expect(await read('user;note\na;b\r\n"";\r\n;;;\r\n\r\n;', size)).toEqual([['a', 'b']])
      expect(await read('user;note\n;\n;', size)).toEqual([])
      expect(await read('user\na\n""\n', size)).toEqual([['a']])
    })

    test.each(chunkSizes)('are no rows before others either, in pieces of %i', async (size) => {
      expect(await read('user;note\n;\na;b\n;\n;;\n;\nc;d\n; \u00a0\u200b\n', size)).toEqual([
        ['a', 'b'],
        ['c', 'd'],
      ])
    })

    test('a cell with anything in it makes a row', async () => {
      expect(await read('user;note\na;b\n; x\n;\n')).toEqual([
        ['a', 'b'],
        ['', ' x'],
      ])
    })

    test('do not count for the row of an error that follows them', async () => {
      expect((await failure('user;note\n;\n;\na;b"\n')).message).toContain('row 1 (line 4), column "note"')
      expect((await failure(Buffer.from('user;note\n;\n;\na;\u00fc\n', 'latin1'))).message).toContain(
        'row 1 (line 4), column "note"',
      )
    })

    test('may be as many as a spreadsheet has', async () => {
      expect(await read(`user;note\na;b\n${';\n'.repeat(1_048_574)}`)).toEqual([['a', 'b']])
    })
  })

  test('a line that ends in a delimiter has one more cell, as its header has', async () => {
    await withInput('user;note;\na;b;\nc;d;\n', async (input) => {
      const columns = await columnsOf(input)
      expect(columns).toEqual(['user', 'note', 'column_3'])
      const records = await collect(readCsv(input, columns))
      expect(records.map(({ problems }) => problems)).toEqual([[], []])
    })
    expect(await read('user;note\na;b;\n')).toEqual([['a', 'b']])
  })

  test('bounds a record at 1 MiB, over all its cells', async () => {
    const mebibyte = 1024 * 1024
    expect(await read(`user,note\na,${'x'.repeat(mebibyte - 1)}\n`)).toHaveLength(1)
    const long = `user,note\nb,c\n${'x'.repeat(mebibyte / 2)},${'x'.repeat(mebibyte / 2 + 2)}\n`
    expect((await failure(long)).message).toContain(
      'row 2 (line 3), column "note": the record is longer than 1 MiB',
    )
  })

  test('bounds a record of endless empty cells', async () => {
    const error = await failure(`user,note\nb,c\n${','.repeat(6 * 1024 * 1024)}\n`)
    expect(error.message).toBe('leavers.csv, row 2 (line 3): the record is longer than 1 MiB.')
  })

  test('a header without rows is no row', async () => {
    expect(await read('user,note')).toEqual([])
    expect(await read('user,note\r\n\r\n')).toEqual([])
  })

  test('refuses a header other than was expected', async () => {
    await withInput('user;note\na;b\n', async (file) => {
      const error = await knownErrorOf(collect(readCsv(file, ['user', 'remark'])))
      expect(error.message).toBe(
        'leavers.csv: the header has the columns "user", "note"; "user", "remark" were expected.',
      )
    })
  })

  test('stops reading when the caller does', async () => {
    await withInput(`user\n${'a\n'.repeat(200_000)}`, async (file) => {
      for await (const { row } of readCsv(file, ['user'])) if (row === 3) break
      expect(await collect(readCsv(file, ['user']))).toHaveLength(200_000)
    })
  })
})

describe('readCsvLayout', () => {
  const hasUser = (columns: readonly string[]) => (columns.includes('user') ? 1 : 0)

  test.each([
    ['user,note', ',', ['user', 'note']],
    ['user;note;a,b,c,d', ';', ['user', 'note', 'a,b,c,d']],
    ['user\tnote, and more;', '\t', ['user', 'note, and more;']],
    ['user', ',', ['user']],
    ['"x;y;z",user', ',', ['x;y;z', 'user']],
    ['"x,y\nz";user', ';', ['x,y\nz', 'user']],
    ['sep=;\r\nuser;note', ';', ['user', 'note']],
    ['"SEP=|"\nuser|note,x', '|', ['user', 'note,x']],
    ['sep=\t\nuser\tnote;x', '\t', ['user', 'note;x']],
    ['\ufeffsep=^\nuser^note;x', '^', ['user', 'note;x']],
    ['sep=x', ',', ['sep=x']],
    ['="user";="no;te"', ';', ['="user"', '="no;te"']],
    ['\ufeffuser;note', ';', ['user', 'note']],
    ['user,, ,\u00a0', ',', ['user', 'column_2', 'column_3', 'column_4']],
    ['a;b;c', ';', ['a', 'b', 'c']],
  ])('reads the header %j', async (header, delimiter, columns) => {
    for (const size of chunkSizes)
      await withInput(`${header}\r\n`, async (file) => {
        expect(await readCsvLayout(file, hasUser, size)).toMatchObject({ delimiter, columns })
      })
  })

  test.each(['sep=;\r\nuser;note\r\n1;2\r\n', '\ufeff\r\n\r\nuser;note\r\n1;2\r\n'])(
    '%j has one row',
    async (content) => {
      expect(await read(content, 1)).toEqual([['1', '2']])
    },
  )

  test.each([
    ['', 'is empty'],
    ['\ufeff', 'is empty'],
    ['\r\n\r\n', 'is empty'],
    ['sep=;\r\n', 'is empty'],
    ['user,name,user\n', 'the header names the column "user" twice, as columns 1 and 3'],
    ['us"er,name\n', 'the header has a stray quote'],
    ['"user,name\na,b\n', 'the header has a stray quote, or one that is never closed'],
    [`user,${'x'.repeat(1024 * 1024)}`, 'the header is longer than 1 MiB'],
    [','.repeat(20_000), 'the header has 20001 columns; at most 10000 are read'],
    [Buffer.from('user,\u00fc\n', 'latin1'), 'header, column 2: the byte 0xFC'],
  ])('refuses a file that begins with %.30j', async (content, message) => {
    expect((await failure(content)).message).toContain(message)
  })
})
