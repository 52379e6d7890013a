import { join } from 'node:path'
import { openReplacingFile, type ReplacingFile } from '../files/replacing-file.ts'
import type { PageFacts } from '../page/page-data.ts'
import { type PageBundle, readPageBundle } from './page-bundle.ts'
import { pageHead, pageRows, pageTail } from './page-html.ts'

/** Beyond either bound a page has no rows: a browser would no longer open it at once. */
const mostRows = 100_000
const mostCharacters = 100_000_000

/**
 * Writes `report.html`. Rows are written as they come and none is kept. The page appears whole, mode 0600, or not at
 * all.
 */
export class PageWriter {
  readonly #directory: string
  readonly #run: string
  readonly #bundle: PageBundle
  #file: ReplacingFile
  #hasRows: boolean
  #characters = 0

  private constructor(
    directory: string,
    run: string,
    tasks: number,
    bundle: PageBundle,
    file: ReplacingFile,
  ) {
    this.#directory = directory
    this.#run = run
    this.#bundle = bundle
    this.#file = file
    this.#hasRows = tasks <= mostRows
  }

  /**
   * @param tasks how many tasks the whole run has
   * @throws CannotWrite when the file can't be created
   */
  static async open(directory: string, run: string, tasks: number): Promise<PageWriter> {
    const bundle = readPageBundle()
    const writer = new PageWriter(directory, run, tasks, bundle, await openPage(directory))
    await writer.#file.write(pageHead(run, bundle))
    return writer
  }

  /** Whether rows are wanted. */
  get hasRows(): boolean {
    return this.#hasRows
  }

  /** @param rows for each row, the JSON of an array of cells */
  async writeRows(rows: readonly string[]): Promise<void> {
    if (!this.#hasRows || rows.length === 0) return
    const text = pageRows(rows)
    this.#characters += text.length
    if (this.#characters > mostCharacters) await this.#dropRows()
    else await this.#file.write(text)
  }

  async finish(facts: Omit<PageFacts, 'hasRows'>, beforeCommit: () => Promise<void>): Promise<void> {
    await this.#file.write(pageTail({ ...facts, hasRows: this.#hasRows }, this.#bundle))
    await beforeCommit()
    await this.#file.commit()
  }

  /** Removes what was written. Does nothing after {@link finish}. */
  async discard(): Promise<void> {
    await this.#file.discard()
  }

  /** Begins the page again without rows. */
  async #dropRows(): Promise<void> {
    this.#hasRows = false
    await this.#file.discard()
    this.#file = await openPage(this.#directory)
    await this.#file.write(pageHead(this.#run, this.#bundle))
  }
}

async function openPage(directory: string): Promise<ReplacingFile> {
  return await openReplacingFile(join(directory, 'report.html'))
}
