import { extname } from 'node:path'
import { parse } from 'csv-parse/sync'
import { renderCsv } from '../input/csv/csv-text.ts'
import { unescapeFormula } from '../input/csv/formula.ts'
import { jsonLineRenderer } from '../input/json/json-line.ts'
import type { Activation } from '../okta/activation.ts'

const columns = [
  'run_id',
  'run_created_at',
  'row',
  'step',
  'user',
  'action',
  'okta_user_id',
  'okta_login',
  'activation_url',
  'activation_token',
  'received_at',
] as const

/** The task to which an activation link belongs. */
export interface LinkOwner {
  readonly row: number
  readonly step: number
  /** The key, as written in the row. */
  readonly user: string
  readonly action: string
  readonly okta_user_id: string | null
  readonly okta_login: string | null
}

/**
 * What tells a run from every other, even from one with the same id in another runs directory: a link from another
 * night's run is not evidence.
 */
export interface RunIdentity {
  readonly run_id: string
  /** RFC 3339. */
  readonly created_at: string
}

/** The identity of a run as one text. */
export function identityOf({ run_id: id, created_at: at }: RunIdentity): string {
  return `${id}@${at}`
}

/** A line of a file for activation links, without the link. */
export interface LinkLine {
  readonly run: RunIdentity
  readonly row: number
  readonly step: number
  readonly userId: string
  /** Empty if the user was not read before the call. */
  readonly login: string
}

/** What every file begins with. */
export function linkHeader(path: string): string {
  return isJsonLines(path) ? '' : renderCsv([columns])
}

/** A link as a line of the file. */
export function renderLink(
  path: string,
  run: RunIdentity,
  owner: LinkOwner,
  { url, token }: Activation,
): string {
  const { row, step, user, action, okta_user_id, okta_login } = owner
  const { run_id, created_at } = run
  const received = new Date().toISOString()
  const cells = [run_id, created_at, row, step, user, action, okta_user_id, okta_login, url, token, received]
  return isJsonLines(path) ? jsonLineRenderer(columns)(cells) : renderCsv([cells])
}

/** Whether a file's text, which may be empty or torn, is that of a file of activation links. */
export function isOfLinks(path: string, text: string): boolean {
  if (text === '') return true
  const [first = ''] = text.split('\n', 1)
  if (!isJsonLines(path)) {
    const expected = linkHeader(path).trimEnd()
    return text.includes('\n') ? first.trimEnd() === expected : expected.startsWith(first)
  }
  const start = `{"${columns[0]}":`
  return first.length < start.length ? start.startsWith(first) : first.startsWith(start)
}

/** Whether a line without its line feed has everything up to its last column. */
export function isWholeLink(path: string, line: string): boolean {
  if (parseLinks(path, linkHeader(path) + line).length === 0) return false
  if (isJsonLines(path)) return line.endsWith('}')
  return /,\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(line)
}

/** The lines of a file's text that name a run. */
export function parseLinks(path: string, text: string): readonly LinkLine[] {
  const records = isJsonLines(path)
    ? text.split('\n').map(parseJsonLine)
    : (parse(text, { columns: true, relax_column_count: true, relax_quotes: true }) as object[])
  return records.flatMap((record) => {
    const {
      run_id: run,
      run_created_at: at,
      row,
      step,
      okta_user_id: user,
      okta_login: login,
    } = record as Fields
    if (typeof run !== 'string' || typeof at !== 'string') return []
    const identity = { run_id: unescapeFormula(run), created_at: at }
    return [
      { run: identity, row: Number(row), step: Number(step), userId: textOf(user), login: textOf(login) },
    ]
  })
}

function textOf(cell: unknown): string {
  return typeof cell === 'string' ? unescapeFormula(cell) : ''
}

type Fields = Readonly<Record<string, unknown>>

function isJsonLines(path: string): boolean {
  return ['.jsonl', '.ndjson'].includes(extname(path).toLowerCase())
}

function parseJsonLine(line: string): object {
  try {
    return (JSON.parse(line) as object | null) ?? {}
  } catch {
    // An empty line, or a line that something else wrote.
    return {}
  }
}
