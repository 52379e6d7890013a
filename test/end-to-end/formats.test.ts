import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { textRows, writeWorkbook } from '../support/workbook.ts'
import { parseCsv, runId, unattended, withWorkplace } from './workplace.ts'

const columns = ['login', 'action', 'ticket', 'note'] as const

/** The same rows for every format: texts only, with what is special to one of them. */
const rows: readonly Readonly<Record<(typeof columns)[number], string>>[] = [
  { login: 'user1@example.com', action: 'suspend', ticket: '001', note: 'a, b; c\td' },
  { login: 'user2@example.com', action: 'unsuspend', ticket: '', note: 'say "yes"' },
  { login: 'USER3@example.com', action: 'Reset-Factors', ticket: '3', note: 'two\nlines' },
  { login: 'user4@example.com', action: 'activate', ticket: 'null', note: '=1+1' },
  { login: 'nobody@example.com', action: 'deactivate', ticket: 'true', note: 'ß — 日本' },
  { login: ' user1@example.com\u00a0', action: 'suspend', ticket: '1', note: '{"a":[1]}' },
]

function csvWith(delimiter: string): string {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const lines = rows.map((row) => columns.map((column) => quoted(row[column])).join(delimiter))
  return `${[columns.join(delimiter), ...lines].join('\r\n')}\r\n`
}

const json = JSON.stringify(rows, null, 2)
const workbook = writeWorkbook({
  sheets: [{ rows: textRows([columns, ...rows.map((row) => columns.map((column) => row[column]))]) }],
})
const jsonLines = rows.map((row) => JSON.stringify(row)).join('\n')

interface Form {
  readonly name: string
  /** The file; null for standard input. */
  readonly file: string | null
  readonly text: string | Buffer
  readonly flags?: readonly string[]
}

const forms: readonly Form[] = [
  { name: 'CSV with semicolons', file: 'in.csv', text: csvWith(';') },
  { name: 'CSV with tabs', file: 'in.tsv', text: csvWith('\t') },
  { name: 'CSV with a byte order mark', file: 'IN.CSV', text: `\ufeff${csvWith(',')}` },
  { name: 'CSV in a file of another extension', file: 'in.txt', text: csvWith(';') },
  { name: 'JSON', file: 'in.json', text: json },
  { name: 'JSON lines', file: 'in.jsonl', text: jsonLines },
  {
    name: 'JSON under a wrong extension, with --format',
    file: 'in.csv',
    text: json,
    flags: ['--format', 'json'],
  },
  { name: 'an Excel workbook', file: 'in.xlsx', text: workbook },
  { name: 'an Excel workbook on standard input', file: null, text: workbook },
  { name: 'CSV on standard input', file: null, text: csvWith(',') },
  { name: 'JSON on standard input', file: null, text: json },
  { name: 'JSON lines on standard input', file: null, text: jsonLines },
  {
    name: 'CSV on standard input, with --format',
    file: null,
    text: csvWith('\t'),
    flags: ['--format', 'csv'],
  },
]

it.concurrent('gives the same results for the same rows in any format', { timeout: 60_000 }, async () => {
  await withWorkplace(async (place) => {
    async function resultsOf({ name, file, text, flags = [] }: Form): Promise<unknown> {
      const org = await place.org({
        users: makeUsers({ count: 4, status: ['ACTIVE', 'SUSPENDED', 'ACTIVE', 'STAGED'], factors: 1 }),
      })
      const id = name.replaceAll(/\W+/g, '-')
      // They are run side by side, so each has a file of its own.
      const path = file === null ? '-' : `${id}-${file}`
      if (file !== null) await place.write(path, text)
      const args = ['run', path, ...flags, '--yes', '--quiet', '--run-id', id]
      const end = await place.run(org, args, file === null ? { input: text } : {})
      expect(end.code, `${name}: ${end.stderr}`).toBe(1)
      return parseCsv(await place.read(`runs/${id}/results.csv`)).map((line) => {
        const { started_at: started, finished_at: finished, okta_request_id: _, ...same } = line
        expect(started, name).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        expect(String(finished) >= String(started), name).toBe(true)
        return same
      })
    }

    const expected = await resultsOf({ name: 'CSV with commas', file: 'in.csv', text: csvWith(',') })
    expect(expected).toMatchObject([
      { user: 'user1@example.com', result: 'succeeded', ticket: '001', note: 'a, b; c\td' },
      { result: 'succeeded', status_after: 'ACTIVE', note: 'say "yes"' },
      { action: 'reset_factors', result: 'succeeded', note: 'two\nlines' },
      { result: 'succeeded', status_after: 'PROVISIONED', ticket: 'null', note: "'=1+1" },
      { result: 'failed', error_code: 'E0000007', note: 'ß — 日本' },
      { user: 'user1@example.com', result: 'skipped', ticket: '1', note: '{"a":[1]}' },
    ])
    const others = await Promise.all(forms.map(async (form) => [form.name, await resultsOf(form)] as const))
    for (const [name, results] of others) expect(results, name).toEqual(expected)
  })
})

it('refuses bytes that are not UTF-8 and says where they stand', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2 }) })
    const text = Buffer.concat([
      Buffer.from('user,note\nuser1,fine\nuser2,caf'),
      Buffer.from([0xe9]),
      Buffer.from('\n'),
    ])
    await place.write('latin.csv', text)
    const end = await place.runHere(org, ['run', 'latin.csv', '--action', 'suspend', ...unattended])
    expect(end.code).toBe(2)
    expect(end.stderr).toMatch(/row 2/)
    expect(end.stderr).toMatch(/UTF-8/)
    expect(org.requests).toEqual([])
    expect(await place.runs()).not.toContain(runId)
  })
})
