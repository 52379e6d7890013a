import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { KnownError, Refusal } from '../../messages/known-error.ts'
import { shown, visible } from '../../messages/shown.ts'
import type { InputFile } from '../input-file.ts'

/** The largest allowed sum of the sizes of a workbook's parts when inflated, in bytes. */
const maxInflated = 300 * 1000 * 1000

/** The largest allowed size of a part that only describes others, such as a list of sheets or styles, in bytes. */
export const maxDescription = 50 * 1000 * 1000

/** The most parts that a workbook may have. */
const maxParts = 10_000

/** The parts of a workbook's ZIP archive, by names without a leading slash; letter case does not count. */
export interface ZipParts {
  readonly names: readonly string[]
  has(name: string): boolean
  /**
   * The bytes of a part, inflated. They are counted as they come, whatever size the archive states, and compared with
   * the part's checksum at the end. Throws KnownError if they are too many or damaged, or if there is no such part.
   * @param most how many bytes the part may have, if that is less than the limit for all parts together
   */
  read(name: string, most?: number): AsyncGenerator<Buffer>
  close(): void
}

const copyAgain = 'The file is incomplete or damaged: copy it again, or open it in Excel and save it again.'

function damaged(name: string, what: string, cause?: unknown): Refusal {
  return new Refusal(`${name}: the workbook can't be unpacked: ${what}.`, copyAgain, cause)
}

function checkEntry(name: string, entry: Entry, known: ReadonlyMap<string, Entry>): void {
  const part = shown(entry.fileName)
  if (known.size >= maxParts)
    throw new Refusal(
      `${name}: the workbook has more than ${maxParts} parts.`,
      'Save the sheet that you want to use as a separate workbook.',
    )
  if (entry.isEncrypted())
    throw new Refusal(
      `${name}: the archive is encrypted; a workbook without a password was expected.`,
      'Save it without a password.',
    )
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    throw damaged(
      name,
      `its part ${part} is compressed by method ${entry.compressionMethod}, which Excel does not write`,
    )
  if (known.has(keyOf(entry.fileName)))
    throw damaged(name, `it has two parts named ${part}, so it is not clear which one to read`)
}

function keyOf(name: string): string {
  return name.toLowerCase()
}

async function openZip(input: InputFile): Promise<ZipFile> {
  try {
    return await openPromise(input.path, { autoClose: false })
  } catch (error) {
    throw damaged(input.name, reasonOf(error), error)
  }
}

function reasonOf(error: unknown): string {
  return visible(error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
}

/**
 * Opens the ZIP archive that a workbook is. Whoever opens it must close it.
 * Throws KnownError if it is damaged or encrypted, or has too many parts or two of the same name.
 */
export async function openZipParts(input: InputFile): Promise<ZipParts> {
  const { name } = input
  const zip = await openZip(input)
  const entries = new Map<string, Entry>()
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue
      checkEntry(name, entry, entries)
      entries.set(keyOf(entry.fileName), entry)
    }
  } catch (error) {
    zip.close()
    throw error instanceof KnownError ? error : damaged(name, reasonOf(error), error)
  }
  const inflated = new Map<string, number>()

  /** Counts the size of a part. A part that is read again counts once. */
  function count(part: string, bytes: number): void {
    inflated.set(part, Math.max(bytes, inflated.get(part) ?? 0))
    const all = [...inflated.values()].reduce((sum, size) => sum + size, 0)
    if (all > maxInflated)
      throw new Refusal(
        `${name}: the workbook is larger than ${maxInflated / 1_000_000} MB when unpacked.`,
        'Save the sheet as CSV UTF-8, which may be of any size.',
      )
  }

  async function* read(part: string, most = maxInflated): AsyncGenerator<Buffer> {
    const entry = entries.get(keyOf(part))
    if (entry === undefined) throw damaged(name, `its part ${shown(part)} is missing`)
    // If the stated size is too large, the part need not be unpacked. If it is too small, the bytes are counted below.
    count(keyOf(part), entry.uncompressedSize)
    if (entry.uncompressedSize > most)
      throw damaged(name, `its part ${shown(part)} is larger than ${most / 1_000_000} MB`)
    let bytes = 0
    let sum = 0
    try {
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        const piece = chunk as Buffer
        bytes += piece.length
        sum = crc32(piece, sum)
        count(keyOf(part), bytes)
        yield piece
      }
    } catch (error) {
      throw error instanceof KnownError ? error : damaged(name, `${shown(part)}: ${reasonOf(error)}`, error)
    }
    if (bytes !== entry.uncompressedSize || sum !== entry.crc32)
      throw damaged(name, `its part ${shown(part)} does not agree with its checksum`)
  }

  return {
    names: [...entries.values()].map(({ fileName }) => fileName),
    has: (part) => entries.has(keyOf(part)),
    read,
    close: () => zip.close(),
  }
}
