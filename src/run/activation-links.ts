import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { parse } from 'csv-parse/sync'
import { exists } from '../files/exists.ts'
import { syncPath } from '../files/sync-path.ts'
import { SyncedAppends } from '../files/synced-appends.ts'
import { parseSystemError } from '../files/system-error.ts'
import { renderCsv } from '../input/csv/csv-text.ts'
import { unescapeFormula } from '../input/csv/formula.ts'
import { jsonLineRenderer } from '../input/json/json-line.ts'
import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
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
 * The file for activation links that a job names: CSV, or JSON lines if its name ends in `.jsonl` or `.ndjson`. It is
 * only appended to, so that several runs may share it, and its mode becomes 0600. No other file of the program contains
 * a link.
 */
export class ActivationLinks {
  readonly path: string
  readonly #run: RunIdentity
  readonly #appends: SyncedAppends<null>
  readonly #render: (values: readonly (string | number | null)[]) => string
  /** The tasks whose links are in the file. */
  readonly #known: Set<string>

  private constructor(path: string, run: RunIdentity, file: FileHandle, known: Set<string>) {
    this.path = path
    this.#run = run
    this.#appends = new SyncedAppends(file, null, null, (cause) => cannotWrite(path, cause))
    this.#render = isJsonLines(path) ? jsonLineRenderer(columns) : (values) => renderCsv([values])
    this.#known = known
  }

  /**
   * Opens or creates the file. A line that a crash left incomplete is cut off: its task has no result yet.
   *
   * @throws KnownError when it can't be written, or when it is a file of something else, which is left as it is
   */
  static async open(path: string, run: RunIdentity): Promise<ActivationLinks> {
    try {
      // To open a pipe would wait for somebody to read it.
      if ((await exists(path)) && !(await stat(path)).isFile()) throw notOurs(path)
      const file = await open(path, 'a+', 0o600)
      // The file's name must be on disk before anything relies on its content.
      await syncPath(dirname(path))
      const bytes = await readFile(path)
      const end = bytes.lastIndexOf('\n') + 1
      const whole = bytes.subarray(0, end).toString()
      const rest = bytes.subarray(end).toString()
      if (!isOurs(path, whole === '' ? rest : whole)) {
        await file.close()
        throw notOurs(path)
      }
      await file.chmod(0o600)
      // An editor may have taken the last line feed: then the line is whole, and its link is nowhere else.
      const keepsRest =
        rest !== '' && tasksIn(path, header(path) + rest).size > 0 && isWholeRecord(path, rest)
      if (rest !== '' && !keepsRest) await file.truncate(end)
      const text = keepsRest ? `${whole}${rest}\n` : whole
      const links = new ActivationLinks(path, run, file, tasksIn(path, text))
      if (keepsRest) await links.#appends.append(Buffer.from('\n'), null)
      if (text === '' && !isJsonLines(path)) await links.#appends.append(Buffer.from(header(path)), null)
      return links
    } catch (error) {
      throw error instanceof KnownError ? error : cannotWrite(path, error)
    }
  }

  /**
   * Whether a task's link has reached the file. That proves that the call was applied.
   *
   * @param task a task of this run, or the task of another run that made the attempt, if a retry took it over
   */
  has(task: { readonly run?: string; readonly row: number; readonly step: number }): boolean {
    return this.#known.has(nameOf(task.run ?? identityOf(this.#run), task.row, task.step))
  }

  /**
   * Writes a link. Resolves when it is on disk.
   *
   * @throws KnownError when it can't be written
   */
  async save(owner: LinkOwner, { url, token }: Activation): Promise<void> {
    const { row, step, user, action, okta_user_id, okta_login } = owner
    const { run_id, created_at } = this.#run
    const cells = [run_id, created_at, row, step, user, action, okta_user_id, okta_login, url, token]
    await this.#appends.append(Buffer.from(this.#render([...cells, new Date().toISOString()])), null)
    this.#known.add(nameOf(identityOf(this.#run), row, step))
  }

  async close(): Promise<void> {
    await this.#appends.close()
  }
}

function isJsonLines(path: string): boolean {
  return ['.jsonl', '.ndjson'].includes(extname(path).toLowerCase())
}

/** What every file begins with. */
function header(path: string): string {
  return isJsonLines(path) ? '' : renderCsv([columns])
}

/** Whether a file's text, which may be empty or torn, is that of a file of activation links. */
function isOurs(path: string, text: string): boolean {
  if (text === '') return true
  const [first = ''] = text.split('\n', 1)
  if (!isJsonLines(path)) {
    const expected = header(path).trimEnd()
    return text.includes('\n') ? first.trimEnd() === expected : expected.startsWith(first)
  }
  const start = `{"${columns[0]}":`
  return first.length < start.length ? start.startsWith(first) : first.startsWith(start)
}

/** Whether a line without its line feed has everything up to its last column. */
function isWholeRecord(path: string, line: string): boolean {
  if (isJsonLines(path)) return line.endsWith('}')
  return /,\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(line)
}

function notOurs(path: string): FixableError {
  return new FixableError(
    `The file for activation links is a file of something else: ${path}. It was left as it is.`,
    'Name another file under report.activation_links in the job',
    exitCodes.nothingSent,
  )
}

/** The tasks whose links are in a file. */
function tasksIn(path: string, text: string): Set<string> {
  const records = isJsonLines(path)
    ? text.split('\n').map(parseLine)
    : (parse(text, { columns: true, relax_column_count: true, relax_quotes: true }) as object[])
  const tasks = new Set<string>()
  for (const record of records) {
    const { run_id: run, run_created_at: at, row, step } = record as Readonly<Record<string, unknown>>
    if (typeof run !== 'string' || typeof at !== 'string') continue
    const identity = identityOf({ run_id: unescapeFormula(run), created_at: at })
    tasks.add(nameOf(identity, Number(row), Number(step)))
  }
  return tasks
}

/**
 * What tells a run from every other, also from one of the same id in another runs directory: a link of another night is
 * no evidence.
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

function nameOf(run: string, row: number, step: number): string {
  return `${run}/${row}/${step}`
}

function parseLine(line: string): object {
  try {
    return (JSON.parse(line) as object | null) ?? {}
  } catch {
    // An empty line, or a line that something else wrote.
    return {}
  }
}

function cannotWrite(path: string, cause: unknown): FixableError {
  const refused = parseSystemError(cause)
  return new FixableError(
    `The file for activation links can't be written: ${refused?.why ?? String(cause)} (${path}).`,
    `${refused?.fix ?? 'Remove the cause'}, or name another file under report.activation_links in the job`,
    exitCodes.nothingSent,
    { cause },
  )
}
