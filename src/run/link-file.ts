import { constants, lstatSync, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readRegular } from '../files/read-regular.ts'
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

/**
 * Opens a file to read and append. A symbolic link is never followed: whoever puts one there would choose where
 * credentials are written. A pipe is not waited for.
 */
const flags =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

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
      await checkIsFile(path)
      const handle = await open(path, flags, 0o600)
      try {
        // Another file may have taken its name since.
        if (!(await handle.stat()).isFile()) throw notOurs(path)
        return await LinkFile.#take(path, handle)
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (error) {
      throw asRefused(path, error)
    }
  }

  static async #take(path: string, handle: FileHandle): Promise<LinkFile> {
    // The file's name must be on disk before anything relies on its content.
    await syncPath(dirname(path))
    const bytes = await handle.readFile()
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
      const { dev, ino, size } = lstatSync(this.path, { bigint: true })
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
 * @throws KnownError when it holds something else, or can't be read
 */
export async function checkHoldsLinks(path: string): Promise<void> {
  try {
    if (!(await checkIsFile(path))) return
    if (!isOfLinks(path, await readRegular(path, constants.O_NOFOLLOW))) throw notOurs(path)
  } catch (error) {
    throw asRefused(path, error)
  }
}

/** What opening the file, or looking at it, has thrown, as a KnownError. */
function asRefused(path: string, error: unknown): KnownError {
  if (error instanceof KnownError) return error
  const { code } = error as NodeJS.ErrnoException
  // Another file may have taken its name since it was looked at.
  if (code === 'EFTYPE' || code === 'EISDIR' || code === 'ENXIO') return notOurs(path)
  return code === 'ELOOP' ? isLink(path) : cannotWrite(path, error)
}

/**
 * Checks that a path leads to a regular file, or to nothing.
 *
 * @returns whether there is a file
 * @throws KnownError when it is a symbolic link or anything else, or the system's error when that can't be found out
 */
async function checkIsFile(path: string): Promise<boolean> {
  let found: Stats
  try {
    found = await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  if (found.isSymbolicLink()) throw isLink(path)
  if (!found.isFile()) throw notOurs(path)
  return true
}

/** The error for a symbolic link in the place of a file of activation links. */
export function isLink(path: string): FixableError {
  return new FixableError(
    `${path} is a symbolic link. Activation links are written to a regular file alone, so it was left as it is.`,
    'Remove it, or name the file itself under report.activation_links in the job',
    exitCodes.nothingSent,
  )
}

/**
 * The error for a run that has begun, and whose file can't take its links any more: its job names no other.
 *
 * @param found what is under the name of the file by now
 */
export function displacedSince(path: string, found: KnownError): FixableError {
  return new FixableError(
    `The file for activation links was moved or replaced since the run began: ${path}. ${found.message} This run's own file, or no file, was expected there.`,
    `Move away what is at ${path}, or make it writable`,
    exitCodes.stoppedByGuard,
    { cause: found },
  )
}

function notOurs(path: string): FixableError {
  return new FixableError(
    `${path} exists and is not a file of activation links. It was left as it is.`,
    'Move it away, or name another file under report.activation_links in the job',
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
