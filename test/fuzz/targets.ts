import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readRows } from '../../src/input/read-rows.ts'
import { rowSettings } from '../../src/job/input-settings.ts'
import { prepare } from '../../src/job/prepare.ts'
import { readJobFile } from '../../src/job/read-job-file.ts'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { checkJournal } from '../../src/journal/journal-reader.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { KnownError } from '../../src/messages/known-error.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { parseRateLimit } from '../../src/okta/rate-limit.ts'
import { surveyCopy } from '../../src/run/check-input.ts'
import { answerTo, intentOf, resultOf } from '../journal/support.ts'
import { writeWorkbook } from '../support/workbook.ts'
import { type Random, spoil } from './spoil.ts'

/** A reader that is fed with spoilt bytes. */
export interface Target {
  readonly name: string
  /** What is spoilt. */
  samples(directory: string): Promise<readonly Buffer[]>
  /**
   * Lets the reader read.
   *
   * @throws Error when it breaks its promise
   */
  attempt(directory: string, bytes: Buffer, random: Random): Promise<void>
}

/** A path of the repository: both the tests and the command run there. */
const at = (path: string): string => resolve(path)

async function filesOf(directory: string, pattern: RegExp): Promise<Buffer[]> {
  const names = (await readdir(directory)).filter((name) => pattern.test(name)).sort()
  return await Promise.all(names.map((name) => readFile(join(directory, name))))
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** What the work gives; null if it refuses in words. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    must(error.message.trim() !== '' && error.next.trim() !== '', 'A refusal has no words or no next step.')
    must(
      !/\bundefined\b|\bNaN\b|\[object Object/.test(error.message),
      `A refusal shows what it is made of: ${error.message}`,
    )
    return null
  }
}

/** Whatever an input holds, each of its rows is counted once, and both readings of it are the same. */
function inputTarget(name: string, extension: string, samples: () => Promise<readonly Buffer[]>): Target {
  return {
    name,
    samples,
    async attempt(directory, bytes) {
      const path = join(directory, `input.${extension}`)
      await writeFile(path, bytes)
      const checked = await unlessRefused(async () =>
        surveyCopy(
          await prepare(path, { action: 'suspend', skipInvalid: true, shortNames: true }),
          directory,
        ),
      )
      if (checked === null) return
      const { survey, input, mapping, job } = checked
      const { rows, validRows, invalidRows, notSelectedRows } = survey
      must(rows === validRows + invalidRows + notSelectedRows, 'The totals do not add up.')
      must(
        validRows === survey.rowsToActOn + survey.notDueRows + survey.duplicateRows,
        'The valid rows do not add up.',
      )
      const counts = { valid: 0, invalid: 0, not_selected: 0 }
      let number = 0
      for await (const row of readRows(input, mapping, rowSettings(job))) {
        number++
        must(row.row === number, `Row ${row.row} comes as number ${number}.`)
        counts[row.kind]++
        if (row.kind !== 'valid') continue
        must(row.user.trim() === row.user && row.user !== '', 'A user has no key, or space around it.')
        must(row.actions.length > 0, 'A row that is acted on has no action.')
      }
      const second = [counts.valid, counts.invalid, counts.not_selected]
      must(
        isDeepStrictEqual(second, [validRows, invalidRows, notSelectedRows]),
        `The second reading differs: ${second}`,
      )
    },
  }
}

const sheet = `<row r="1"><c r="A1" t="inlineStr"><is><t>login</t></is></c><c r="B1" t="s"><v>0</v></c></row>${[2, 3, 4, 5].map((line) => `<row r="${line}"><c r="A${line}" t="inlineStr"><is><t>user${line}@example.com</t></is></c><c r="B${line}" s="1"><v>4635${line}</v></c><c r="C${line}" t="b"><v>1</v></c><c r="D${line}" t="str"><f>1+1</f><v>2</v></c></row>`).join('')}`
const strings = '<si><t>last day</t></si><si><r><t>a</t></r><r><t>b</t></r></si>'

/** A whole workbook, and the XML of its parts, which reaches deeper than broken archives. */
const workbookTarget: Target = {
  ...inputTarget('xlsx', 'xlsx', async () => [
    writeWorkbook({ sheets: [{ rows: sheet }], strings, formats: [14] }),
  ]),
  async attempt(directory, bytes, random) {
    const reader = inputTarget('xlsx', 'xlsx', async () => [])
    const text = (xml: string): string => spoil(random, [Buffer.from(xml)]).toString()
    const rows = random() < 0.7 ? text(sheet) : sheet
    const changed = { sheets: [{ rows }], strings: random() < 0.3 ? text(strings) : strings, formats: [14] }
    await reader.attempt(directory, random() < 0.3 ? bytes : writeWorkbook(changed), random)
  },
}

const jobTarget: Target = {
  name: 'job',
  samples: () => filesOf(at('jobs'), /\.yaml$/),
  async attempt(directory, bytes) {
    const path = join(directory, 'job.yaml')
    await writeFile(path, bytes)
    await unlessRefused(() => readJobFile(path))
  },
}

/** Headers of an answer, one a line. */
const headersTarget: Target = {
  name: 'headers',
  samples: async () => [
    Buffer.from(
      'x-rate-limit-limit: 600\nx-rate-limit-remaining: 599\nx-rate-limit-reset: 1772445660\ndate: Mon, 02 Mar 2026 10:00:00 GMT',
    ),
    Buffer.from(
      'x-rate-limit-limit: 50, 600\nx-rate-limit-remaining: 0\nx-rate-limit-reset: 1772445660\nx-rate-limit-reset: 1772445661',
    ),
  ],
  async attempt(_, bytes) {
    const headers: Record<string, string | string[]> = {}
    for (const line of bytes.toString('latin1').split('\n')) {
      const [name = '', ...value] = line.split(':')
      const before = headers[name]
      const text = value.join(':')
      headers[name] = before === undefined ? text : [before, text].flat()
    }
    const limit = parseRateLimit(headers)
    const whole = (count: number): boolean => Number.isSafeInteger(count) && count >= 0
    must(
      limit === null || Object.values(limit).every(whole),
      `A limit is no number: ${JSON.stringify(limit)}`,
    )
    const clock = new OktaClock()
    clock.observe(typeof headers.date === 'string' ? headers.date : undefined, clock.mark(), clock.mark())
    must(Number.isFinite(clock.now()) && clock.nowAtLeast() <= clock.nowAtMost(), 'The clock shows no time.')
  },
}

const events: readonly JournalEvent[] = [
  { event: 'journal', version: 2, run: 'r' },
  { event: 'execution', at: '2026-03-02T10:00:00.000Z' },
  ...[1, 2, 3, 4].flatMap((row): JournalEvent[] => [
    intentOf(row),
    answerTo(row),
    { event: 'result', ...resultOf(row) },
  ]),
  intentOf(5),
]

async function journalBytes(directory: string): Promise<Buffer> {
  const path = join(directory, 'sample.ndjson')
  await writeFile(path, '')
  const journal = await Journal.open(path, emptyJournal)
  for (const event of events) await journal.append(event).durable
  await journal.close()
  return await readFile(path)
}

/** Whatever became of a journal, nothing is read from it that was not written, in the order in which it was written. */
const journalTarget: Target = {
  name: 'journal',
  samples: async (directory) => [await journalBytes(directory)],
  async attempt(directory, bytes) {
    const path = join(directory, 'journal.ndjson')
    await writeFile(path, bytes)
    const read: JournalEvent[] = []
    const state = new JournalState(1)
    const verdict = await checkJournal(path, { run: 'r', head: null }, ({ event, offset, length }) => {
      read.push(event)
      state.apply(event, { offset, length })
    })
    must(isDeepStrictEqual(read, events.slice(0, read.length)), 'Something was read that was not written.')
    must(verdict.end.soundLines === read.length, 'Lines were read that do not count, or the other way round.')
    if (verdict.flaw !== null || read.length === 0) return
    // A journal without damage goes on after its last sound line.
    const journal = await Journal.open(path, verdict.end)
    await journal.append({ event: 'execution', at: '2026-03-02T11:00:00.000Z' }).durable
    await journal.close()
    const again = await checkJournal(path, { run: 'r', head: null })
    must(again.flaw === null && again.end.soundLines === read.length + 1, 'A journal can’t be gone on with.')
  },
}

const cases = at('test/input/cases/files')

export const targets: readonly Target[] = [
  inputTarget('csv', 'csv', async () => [
    ...(await filesOf(cases, /\.csv$/)),
    ...(await filesOf(at('samples'), /\.csv$/)),
  ]),
  inputTarget('json', 'json', () => filesOf(cases, /\.json$/)),
  inputTarget('jsonl', 'jsonl', async () => [
    ...(await filesOf(cases, /\.jsonl$/)),
    ...(await filesOf(at('samples'), /\.jsonl$/)),
  ]),
  workbookTarget,
  jobTarget,
  headersTarget,
  journalTarget,
]
