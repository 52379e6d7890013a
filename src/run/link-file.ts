import { statSync } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exists } from '../files/exists.ts'
import { syncPath } from '../files/sync-path.ts'
import { SyncedAppends } from '../files/synced-appends.ts'
import { parseSystemError } from '../files/system-error.ts'
import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { isOfLinks, isWholeLink, type LinkLine, linkHeader, parseLinks } from './link-lines.ts'

/** Tells a file from every other, whatever its name. */
interface FilePlace {
  readonly dev: bigint
  readonly ino: bigint
}

/** A file of activation links, open for appending. Its mode is 0600. */
export class LinkFile {
  readonly path: string
  /** What it held when it was opened. */
  readonly lines: readonly LinkLine[]
  readonly #handle: FileHandle
  readonly #place: FilePlace
  readonly #appends: SyncedAppends<null>
  /** Bytes that the file certainly has. Other processes may append as well. */
  #atLeast: bigint

  private constructor(
    path: string,
    handle: FileHandle,
    place: FilePlace,
    bytes: number,
    lines: readonly LinkLine[],
  ) {
    this.path = path
    this.lines = lines
    this.#handle = handle
    this.#place = place
    this.#atLeast = BigInt(bytes)
    this.#appends = new SyncedAppends(handle, null, null, (cause) => cannotWrite(path, cause))
  }

  /**
   * Opens or creates the file. A line that a crash left incomplete is cut off: its task has no result yet.
   *
   * @throws KnownError when it can't be written, or when it holds something else; it is then left as it is
   */
  static async open(path: string): Promise<LinkFile> {
    try {
      // Opening a pipe would wait for somebody to read it.
      if ((await exists(path)) && !(await stat(path)).isFile()) throw notOurs(path)
      const handle = await open(path, 'a+', 0o600)
      try {
        return await LinkFile.#take(path, handle)
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (error) {
      throw error instanceof KnownError ? error : cannotWrite(path, error)
    }
  }

  static async #take(path: string, handle: FileHandle): Promise<LinkFile> {
    // The file's name must be on disk before anything relies on its content.
    await syncPath(dirname(path))
    const bytes = await readFile(path)
    const end = bytes.lastIndexOf('\n') + 1
    const whole = bytes.subarray(0, end).toString()
    const rest = bytes.subarray(end).toString()
    if (!isOfLinks(path, whole === '' ? rest : whole)) throw notOurs(path)
    await handle.chmod(0o600)
    // An editor may have removed the last line feed: then the line is whole, and its link is nowhere else.
    const keepsRest = rest !== '' && isWholeLink(path, rest)
    if (rest !== '' && !keepsRest) await handle.truncate(end)
    const text = keepsRest ? `${whole}${rest}\n` : whole
    const { dev, ino } = await handle.stat({ bigint: true })
    const kept = keepsRest ? bytes.length : end
    const file = new LinkFile(path, handle, { dev, ino }, kept, parseLinks(path, text))
    if (keepsRest) await file.append('\n')
    const header = linkHeader(path)
    if (text === '' && header !== '') await file.append(header)
    return file
  }

  /**
   * Whether the path still leads to this file, with everything that was written to it. What can't be found out counts
   * as no.
   */
  get isInPlace(): boolean {
    try {
      const { dev, ino, size } = statSync(this.path, { bigint: true })
      return dev === this.#place.dev && ino === this.#place.ino && size >= this.#atLeast
    } catch {
      return false
    }
  }

  /** Whether the file still has a name somewhere. A file without one is gone once it is closed. */
  async hasName(): Promise<boolean> {
    return (await this.#handle.stat()).nlink > 0
  }

  /**
   * Appends a text. Resolves when it is on disk.
   *
   * @throws KnownError when it can't be written
   */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    await this.#appends.append(bytes, null)
    this.#atLeast += BigInt(bytes.length)
  }

  /** Waits for all appends and closes the file. */
  async close(): Promise<void> {
    await this.#appends.close()
  }
}

/**
 * Checks that a file may hold activation links, as {@link LinkFile.open} does, and changes nothing.
 *
 * @throws KnownError when it holds something else
 */
export async function checkHoldsLinks(path: string): Promise<void> {
  if (!(await exists(path))) return
  if (!isOfLinks(path, await readFile(path, 'utf8'))) throw notOurs(path)
}

function notOurs(path: string): FixableError {
  return new FixableError(
    `${path} exists and is not a file of activation links. It was left as it is.`,
    'Name another file under report.activation_links in the job',
    exitCodes.nothingSent,
  )
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
