import { type FileHandle, open, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { parse } from 'csv-parse/sync'
import { SyncedAppends } from '../files/synced-appends.ts'
import { parseSystemError } from '../files/system-error.ts'
import { renderCsv } from '../input/csv/csv-text.ts'
import { unescapeFormula } from '../input/csv/formula.ts'
import { jsonLineRenderer } from '../input/json/json-line.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import type { Activation } from '../okta/activation.ts'

const columns = [
  'run_id',
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

/** To which task an activation link belongs. */
export interface LinkOwner {
  readonly row: number
  readonly step: number
  /** The key as the row gives it. */
  readonly user: string
  readonly action: string
  readonly okta_user_id: string | null
  readonly okta_login: string | null
}

/**
 * The file that a job asks activation links to be written to: CSV, or JSON lines where its name ends in `.jsonl` or
 * `.ndjson`. It is only ever appended to, so that several runs may share it, and its mode is 0600 whatever it was before.
 * Nothing else of the program holds a link.
 */
export class ActivationLinks {
  readonly path: string
  readonly #runId: string
  readonly #appends: SyncedAppends<null>
  readonly #render: (values: readonly (string | number | null)[]) => string
  /** For each user that the file named when it was opened, by key and id, when the newest link came (RFC 3339). */
  readonly #known: ReadonlyMap<string, string>

  private constructor(path: string, runId: string, file: FileHandle, known: ReadonlyMap<string, string>) {
    this.path = path
    this.#runId = runId
    this.#appends = new SyncedAppends(file, null, null, (cause) => cannotWrite(path, cause))
    this.#render = isJsonLines(path) ? jsonLineRenderer(columns) : (values) => renderCsv([values])
    this.#known = known
  }

  /**
   * Opens the file, or makes it. What a crash has left of a line is cut off: its task has no result yet.
   *
   * @throws KnownError where it can't be written
   */
  static async open(path: string, runId: string): Promise<ActivationLinks> {
    try {
      const file = await open(path, 'a+', 0o600)
      await file.chmod(0o600)
      const text = await readFile(path, 'utf8')
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole))
      const links = new ActivationLinks(path, runId, file, newestOf(path, whole))
      if (whole === '' && !isJsonLines(path))
        await links.#appends.append(Buffer.from(renderCsv([columns])), null)
      return links
    } catch (error) {
      throw error instanceof KnownError ? error : cannotWrite(path, error)
    }
  }

  /**
   * Whether the file held a link of a user when it was opened that came at a time or later.
   *
   * @param user its id, or the key as the row gives it
   * @param since RFC 3339 UTC, by this machine's clock
   */
  has(user: string, since: string): boolean {
    const newest = this.#known.get(user)
    return newest !== undefined && newest >= since
  }

  /**
   * Writes a link; resolves when it is on disk.
   *
   * @throws KnownError where it can't be written
   */
  async save(owner: LinkOwner, { url, token }: Activation): Promise<void> {
    const { row, step, user, action, okta_user_id, okta_login } = owner
    const cells = [this.#runId, row, step, user, action, okta_user_id, okta_login, url, token]
    await this.#appends.append(Buffer.from(this.#render([...cells, new Date().toISOString()])), null)
  }

  async close(): Promise<void> {
    await this.#appends.close()
  }
}

function isJsonLines(path: string): boolean {
  return ['.jsonl', '.ndjson'].includes(extname(path).toLowerCase())
}

/** When the newest link of each user came. */
function newestOf(path: string, text: string): ReadonlyMap<string, string> {
  const records = isJsonLines(path)
    ? text.split('\n').map(parseLine)
    : (parse(text, { columns: true, relax_column_count: true, relax_quotes: true }) as object[])
  const newest = new Map<string, string>()
  for (const record of records) {
    const { user, okta_user_id: id, received_at: at } = record as Readonly<Record<string, unknown>>
    if (typeof at !== 'string') continue
    for (const name of [user, id]) if (typeof name === 'string') newest.set(unescapeFormula(name), at)
  }
  return newest
}

function parseLine(line: string): object {
  try {
    return (JSON.parse(line) as object | null) ?? {}
  } catch {
    // An empty line, or one of somebody else's making.
    return {}
  }
}

function cannotWrite(path: string, cause: unknown): KnownError {
  const refused = parseSystemError(cause)
  return new KnownError(
    `The file for activation links can't be written: ${refused?.why ?? String(cause)} (${path}).`,
    `${refused?.fix ?? 'Fix the cause'}, or name another file in report.activation_links of the job.`,
    exitCodes.nothingSent,
    cause,
  )
}
