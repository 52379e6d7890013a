import { besidePath, readLinks } from './activation-links.ts'
import { identityOf, type LinkLine } from './link-lines.ts'
import type { RunFile } from './run-file.ts'

/** What a result's message says about a link that was kept. */
export function linkIsIn(where: string): string {
  return `; its activation link is in ${where}`
}

/** What a message must be checked against. */
interface Claimant {
  readonly row: number
  readonly step: number
  readonly message: string
  readonly okta_user_id: string | null
}

/** The message of a result that a retry took over from an earlier run ends with the name of that run. */
const ofRun = / \(in run ([^()]+)\)$/

/**
 * What results say about activation links, checked against the files as they are on disk now: somebody may have moved
 * or changed them since.
 */
export class LinkClaims {
  readonly #path: string | null
  readonly #run: RunFile
  /** The links that the file at each path holds; null if it can't be read. */
  readonly #files = new Map<string, ReadonlySet<string> | null>()

  private constructor(run: RunFile) {
    this.#path = run.job.report.activation_links
    this.#run = run
  }

  /** Leaves every message as the journal has it, and reads no file. */
  static unchecked(run: RunFile): LinkClaims {
    return new LinkClaims(run)
  }

  /** Reads the files to which the links of a run went. */
  static async of(run: RunFile): Promise<LinkClaims> {
    const claims = new LinkClaims(run)
    const path = claims.#path
    const runs = [run.run_id, ...(run.retry_of === undefined ? [] : [run.retry_of])]
    for (const file of path === null ? [] : [path, ...runs.map((id) => besidePath(path, id))]) {
      claims.#files.set(file, await linksIn(file))
    }
    return claims
  }

  /** A result's message, corrected if it says that a link is in a file where it no longer is. */
  checked({ row, step, message, okta_user_id: userId }: Claimant): string {
    if (this.#files.size === 0) return message
    const [, earlier] = ofRun.exec(message) ?? []
    const name =
      earlier === undefined ? nameOfTask(identityOf(this.#run), row, step) : nameOfUser(earlier, userId, step)
    for (const [path, links] of this.#files) {
      const claim = linkIsIn(path)
      if (links?.has(name) === true || !`${message} `.includes(`${claim} `)) continue
      const fate = links === null ? "which can't be read now" : 'which has been moved or changed since'
      return message.replace(claim, () => `; its activation link was written to ${path}, ${fate}`)
    }
    return message
  }
}

async function linksIn(path: string): Promise<ReadonlySet<string> | null> {
  let lines: readonly LinkLine[]
  try {
    lines = await readLinks(path)
  } catch {
    return null
  }
  return new Set(
    lines.flatMap(({ run, row, step, userId }) => [
      nameOfTask(identityOf(run), row, step),
      nameOfUser(run.run_id, userId, step),
    ]),
  )
}

function nameOfTask(run: string, row: number, step: number): string {
  return `row ${run}/${row}/${step}`
}

/** A retry gives its rows new numbers, so a result of an earlier run is known by its user. */
function nameOfUser(runId: string, userId: string | null, step: number): string {
  return `user ${runId}/${userId}/${step}`
}
