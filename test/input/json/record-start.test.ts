import { describe, expect, it } from 'vitest'
import { readRows } from '../../../src/input/read-rows.ts'
import { resolveColumns } from '../../../src/input/resolve-columns.ts'
import { collect, withInput } from '../support.ts'

/** Of each record: the user who is acted on, or where a bad record begins. */
async function read(text: string): Promise<(string | number | null)[]> {
  const json = { format: 'jsonl', userColumn: 'email', actionColumn: null } as const
  return await withInput(text, async (file) => {
    const mapping = await resolveColumns(file, json)
    const rows = await collect(readRows(file, mapping, { format: 'jsonl', action: 'suspend', steps: null }))
    return rows.map((row) => (row.kind === 'valid' ? row.user : row.line))
  })
}

const bo = '{"email":"bo@example.com"}'
const boOverLines = '{\n  "email": "bo@example.com"\n}'

describe('what stands inside a broken record is nobody to act on', () => {
  it.each([
    ['an object behind its key', '{"a":x\n"m":\n{"email":"boss@example.com"}\n}'],
    ['a wrong bracket', '{"email":"ada@example.com","a":[1,2}\n,"m":\n{"email":"boss@example.com"}\n}'],
    [
      'a manager on a line of its own',
      '{\n  "email": "ada@example.com",\n  "dept": "x"\n  "manager":\n    {"email": "boss@example.com"}\n}',
    ],
    [
      'a list of reports',
      '{\n"email": "ada@example.com",\n"dept": NaN,\n"reports": [\n{"email":"r1@example.com"},\n{"email":"r2@example.com"}\n]\n}',
    ],
    [
      'an indented list',
      '{\n  "dept": NaN,\n  "reports": [\n    {"email":"r1@example.com"},\n    {"email":"r2@example.com"}\n  ]\n}',
    ],
    [
      'an object over several lines',
      '{\n  "dept": NaN,\n  "manager": {\n    "email": "boss@example.com"\n  }\n}',
    ],
  ])('%s', async (_, broken) => {
    const lines = broken.split('\n').length
    expect(await read(`${broken}\n${bo}\n${boOverLines}`)).toEqual([1, 'bo@example.com', 'bo@example.com'])
    expect(await read(`${bo}\n${broken}`)).toEqual(['bo@example.com', 2])
    expect(await read(`${broken}\n${broken}\n${bo}`)).toEqual([1, lines + 1, 'bo@example.com'])
  })
})

describe('a broken record takes no other with it', () => {
  it.each([
    ['cut off', '{"email":"ada@exa'],
    ['cut off after a comma', '{"email":"ada@example.com",'],
    ['without its bracket', '{"email":"ada@example.com"'],
    ['cut off in its lines', '{\n  "email": "ada@example.com",\n  "dept": "x'],
    ['cut off behind a line', '{\n  "email": "ada@example.com",'],
  ])('%s', async (_, broken) => {
    expect(await read(`${broken}\n${bo}\n${bo}`)).toEqual([1, 'bo@example.com', 'bo@example.com'])
  })

  it('objects with commas behind them are each bad by itself', async () => {
    expect(await read(`${bo},\n${bo},\n${bo}`)).toEqual([1, 2, 'bo@example.com'])
  })
})
