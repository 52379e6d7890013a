import { extname } from 'node:path'
import { readRegular } from '../files/read-regular.ts'
import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import type { Activation } from '../okta/activation.ts'
import { LinkFile } from './link-file.ts'
import {
  identityOf,
  isOfLinks,
  type LinkLine,
  type LinkOwner,
  parseLinks,
  type RunIdentity,
  renderLink,
} from './link-lines.ts'

/** How often a link is written again because its file was moved while it was being written. */
const mostTries = 3

/** Where a link was written. */
export interface SavedLink {
  /** For a person: a path, or words for a file whose path is not known. */
  readonly where: string
  /** Why no more links may be made, if the file that the job names can't take them any more. */
  readonly trouble: KnownError | null
}

/**
 * The file for activation links that a job names: CSV, or JSON lines if its name ends in `.jsonl` or `.ndjson`. It is
 * only appended to, so that several runs may share it, and its mode becomes 0600. No other file of the program contains
 * a link, except the one next to it, at {@link besidePath}.
 *
 * Somebody may move, delete, replace or shorten the file in mid-run, as when a colleague picks up the first links. Then
 * a new file is begun under its name, and every later link goes there.
 */
export class ActivationLinks {
  readonly path: string
  readonly #run: RunIdentity
  readonly #say: (line: string) => void
  #file: LinkFile
  #reopening: Promise<LinkFile> | null = null
  /** The file next to it; null as long as it has not been needed. */
  #beside: Promise<LinkFile> | null = null
  /** The tasks whose links were written, and where. */
  readonly #known: Map<string, string>
  /** The lines that the files held when they were opened. */
  readonly #earlier: readonly (readonly LinkLine[])[]
  /** By row: whom the calls of this run went to whose links these lines hold; null as long as nobody has asked. */
  #users: Map<number, LinkedUser> | null = null
  /** Whether links of this run may have been written to a file that is not under the path any more. */
  #isIncomplete: boolean

  private constructor(
    run: RunIdentity,
    file: LinkFile,
    beside: readonly LinkLine[],
    say: (line: string) => void,
  ) {
    const besideFile = besidePath(file.path, run.run_id)
    this.path = file.path
    this.#run = run
    this.#say = say
    this.#file = file
    this.#known = new Map([
      ...beside.map((line): [string, string] => [nameOfLine(line), besideFile]),
      ...file.lines.map((line): [string, string] => [nameOfLine(line), file.path]),
    ])
    this.#earlier = [beside, file.lines]
    // A line beside is written only once the file itself has been moved or replaced.
    this.#isIncomplete =
      !file.lines.some((line) => this.#isOwn(line)) || beside.some((line) => this.#isOwn(line))
  }

  /**
   * Opens or creates the file.
   *
   * @param say gets a sentence for a person when the file is found moved or changed
   * @throws KnownError as {@link LinkFile.open} does
   */
  static async open(
    path: string,
    run: RunIdentity,
    say: (line: string) => void = () => {},
  ): Promise<ActivationLinks> {
    const file = await LinkFile.open(path)
    return new ActivationLinks(run, file, await readLinks(besidePath(path, run.run_id)), say)
  }

  /**
   * Whether a task's link has reached the file. That proves that the call was applied.
   *
   * @param task a task of this run, or the task of another run that made the attempt, if a retry took it over
   */
  has(task: LinkTask): boolean {
    return this.whereIs(task) !== null
  }

  /** The path to which a task's link was written; null if nothing shows that it was. */
  whereIs({ run, row, step }: LinkTask): string | null {
    return this.#known.get(nameOf(run ?? identityOf(this.#run), row, step)) ?? null
  }

  /**
   * The user of a row of this run, by a link that had reached the files before they were opened; null if none had. It tells
   * whom a call went to of which the journal has lost everything.
   */
  userOf(row: number): LinkedUser | null {
    this.#users ??= new Map(
      this.#earlier.flatMap((lines) =>
        lines
          .filter((line) => this.#isOwn(line) && line.userId !== '')
          .map((line): [number, LinkedUser] => [line.row, { id: line.userId, login: line.login }]),
      ),
    )
    return this.#users.get(row) ?? null
  }

  /**
   * Whether links of earlier calls of this run may be in a file that is not under the path any more: the file was found
   * moved or changed, it held no link of this run when it was opened, or a file beside it holds one.
   */
  get isIncomplete(): boolean {
    return this.#isIncomplete
  }

  /**
   * Makes sure that a link can be kept, before a call creates one. A file that was moved or changed is begun again.
   *
   * @throws KnownError when something else is under its name by now, or it can't be written
   */
  async ensure(): Promise<void> {
    await this.#inPlace()
  }

  /**
   * Writes a link. Resolves when it is on disk, and the file still under its name. If the file can't be begun again,
   * the link goes to a file next to it, or else to the file that was moved.
   *
   * @throws KnownError when it can't be written anywhere
   */
  async save(owner: LinkOwner, activation: Activation): Promise<SavedLink> {
    const text = renderLink(this.path, this.#run, owner, activation)
    const name = nameOf(identityOf(this.#run), owner.row, owner.step)
    for (let tries = 0; tries < mostTries; tries++) {
      let file: LinkFile
      try {
        file = this.#file.isInPlace ? this.#file : await this.#inPlace()
      } catch (error) {
        if (!(error instanceof KnownError)) throw error
        return await this.#rescue(name, text, error)
      }
      try {
        await file.append(text)
      } catch (error) {
        if (!(error instanceof KnownError)) throw error
        return await this.#rescue(name, text, error)
      }
      if (file.isInPlace) {
        this.#known.set(name, this.path)
        return { where: this.path, trouble: null }
      }
    }
    return await this.#rescue(name, text, this.#displaced('is moved or changed again and again'))
  }

  async close(): Promise<void> {
    await this.#file.close()
    const beside = await this.#beside?.catch(() => null)
    await beside?.close()
  }

  #isOwn({ run }: LinkLine): boolean {
    return identityOf(run) === identityOf(this.#run)
  }

  async #inPlace(): Promise<LinkFile> {
    if (this.#file.isInPlace) return this.#file
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = null
    })
    return await this.#reopening
  }

  async #reopen(): Promise<LinkFile> {
    this.#isIncomplete = true
    const old = this.#file
    let file: LinkFile
    try {
      file = await LinkFile.open(this.path)
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      throw this.#displaced('was moved or replaced while the run was at work', error)
    }
    this.#file = file
    // A link that is still being written there is written to the new file once more.
    await old.close()
    this.#say(
      `The file for activation links was moved or changed while the run was at work: ${this.path}. Later links go to a new file of that name. The earlier ones are where the file was moved to.`,
    )
    return file
  }

  async #rescue(name: string, text: string, trouble: KnownError): Promise<SavedLink> {
    const path = besidePath(this.path, this.#run.run_id)
    try {
      this.#beside ??= LinkFile.open(path)
      const beside = await this.#beside
      await beside.append(text)
      this.#known.set(name, path)
      return { where: path, trouble }
    } catch (error) {
      if (!(error instanceof KnownError) || !(await this.#file.hasName())) throw trouble
    }
    await this.#file.append(text)
    this.#known.set(name, this.path)
    return { where: `the file that was ${this.path} until it was moved`, trouble }
  }

  /** The error for a file that can no longer take the links that it was opened for. */
  #displaced(what: string, cause?: KnownError): FixableError {
    const why = cause === undefined ? '' : ` ${cause.message}`
    return new FixableError(
      `The file for activation links ${what}: ${this.path}.${why} This run's own file, or no file, was expected there. The links of calls under way go to ${besidePath(this.path, this.#run.run_id)}, if it can be written.`,
      `Move away what is at ${this.path}, make it writable, or make its directory again`,
      exitCodes.stoppedByGuard,
      { cause },
    )
  }
}

/** Whom a call went to. The login is empty if the user was not read before. */
export interface LinkedUser {
  readonly id: string
  readonly login: string
}

/** A task, and its run if that is another one. */
interface LinkTask {
  /** As {@link identityOf} writes it. */
  readonly run?: string
  readonly row: number
  readonly step: number
}

/** The file next to a file of links, for the links of a run that the file itself can't take. */
export function besidePath(path: string, runId: string): string {
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}.${runId}${extension}`
}

/**
 * The lines of a file of links as it is on disk; none if it does not exist or holds something else.
 *
 * @throws the system's error when that can't be found out
 */
export async function readLinks(path: string): Promise<readonly LinkLine[]> {
  try {
    const text = await readRegular(path)
    return isOfLinks(path, text) ? parseLinks(path, text) : []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'EFTYPE') return []
    throw error
  }
}

function nameOfLine({ run, row, step }: LinkLine): string {
  return nameOf(identityOf(run), row, step)
}

function nameOf(run: string, row: number, step: number): string {
  return `${run}/${row}/${step}`
}
