import { extname } from 'node:path'
import { Refusal } from '../messages/known-error.ts'
import type { InputEncoding, NamedEncoding } from './bytes/encoding.ts'
import { fileHead } from './bytes/file-chunks.ts'
import { kindBytes, refuseCompoundFile } from './bytes/file-kind.ts'
import { settleEncoding } from './bytes/settle-encoding.ts'
import { detectFormat, formatOfName } from './format.ts'
import type { InputFile } from './input-file.ts'
import type { InputFormat } from './row.ts'

/** What an input is. */
export interface InputKind {
  readonly format: InputFormat
  /** Means nothing for a workbook, which is not text. */
  readonly encoding: InputEncoding
}

/** What the user said about the input; null if nothing was said. */
interface NamedKind {
  readonly format: InputFormat | null
  readonly encoding: NamedEncoding | null
}

function isZip(head: Buffer): boolean {
  return ['504b0304', '504b0506'].includes(head.subarray(0, 4).toString('hex'))
}

/**
 * Tells the format and the encoding of an input by what was asked for, the extension of its name, and its first bytes.
 * A workbook whose name says no format is recognized by its bytes.
 * Throws KnownError if the file can't be read, has none of the formats, or has another format than its name says.
 */
export async function settleInput(
  file: Pick<InputFile, 'path' | 'name'>,
  named: NamedKind,
): Promise<InputKind> {
  const { name } = file
  const told = named.format ?? formatOfName(name)
  const head = await fileHead(file, kindBytes)
  await refuseCompoundFile(file, head)
  if (isZip(head) && (told === null || told === 'xlsx')) return { format: 'xlsx', encoding: 'utf-8' }
  if (isZip(head))
    throw new Refusal(
      `${name}: the input is an Excel workbook or another ZIP archive; ${told?.toUpperCase()} was expected.`,
      'If it is a workbook, read it as one: --format xlsx (in a job file: input.format). Otherwise unpack it.',
    )
  const encoding = await settleEncoding(file, named.encoding)
  if (told !== 'xlsx') return { encoding, format: await detectFormat({ ...file, encoding }, named.format) }
  const by = named.format === null ? `its name ends in ${extname(name)}` : 'the format xlsx was asked for'
  throw new Refusal(
    `${name}: an Excel workbook was expected because ${by}, but this is a text file.`,
    'If it is CSV, say so: --format csv (in a job file: input.format). Otherwise copy the workbook again.',
  )
}
