import { Refusal } from '../../messages/known-error.ts'
import type { InputFile } from '../input-file.ts'
import { findByteOrderMark, guessUtf16 } from './byte-order-mark.ts'
import { encodingLabels, type InputEncoding, type NamedEncoding } from './encoding.ts'
import { fileHead } from './file-chunks.ts'
import { kindBytes, orSaveAsUtf8, refuseOtherKinds } from './file-kind.ts'

/** The option that names an encoding for the whole file. */
export function nameEncoding(encoding: InputEncoding): string {
  return `--encoding ${encoding} (in a job file: input.encoding)`
}

/**
 * Tells the encoding of an input: by its byte-order mark, else the one that was asked for, else UTF-8.
 * Throws KnownError if the file cannot be read or is not text, if its byte-order mark contradicts what was asked for or
 * what follows the mark, and if it looks like UTF-16 without a mark and its byte order was not asked for.
 */
export async function settleEncoding(
  file: Pick<InputFile, 'path' | 'name'>,
  named: NamedEncoding | null,
): Promise<InputEncoding> {
  const head = await fileHead(file, kindBytes)
  refuseOtherKinds(file.name, head)

  const mark = findByteOrderMark(head)
  if (mark !== null) {
    const after = mark.encoding === 'utf-8' ? guessUtf16(head.subarray(mark.length)) : null
    if (after !== null)
      throw new Refusal(
        `${file.name}: the input begins with the byte-order mark of UTF-8, but what follows looks like ${encodingLabels[after]}.`,
        'The file was put together from two: export it again, as UTF-8.',
      )
    if (named === null || named === mark.encoding || named === withoutByteOrder(mark.encoding))
      return mark.encoding
    throw new Refusal(
      `${file.name}: the input begins with the byte-order mark of ${encodingLabels[mark.encoding]}; ${encodingLabels[named]} was expected.`,
      `Leave out --encoding (in a job file: input.encoding): the byte-order mark shows the encoding. Or name ${mark.encoding}.`,
    )
  }

  const guess = guessUtf16(head)
  if (guess !== null && guess !== named)
    throw new Refusal(
      `${file.name}: the input looks like ${encodingLabels[guess]} without a byte-order mark; ${encodingLabels[named ?? 'utf-8']}${named === 'utf-16' ? ' with one' : ''} was expected.`,
      `Add ${nameEncoding(guess)}, if that is what it is. ${orSaveAsUtf8}`,
    )
  if (named === 'utf-16')
    throw new Refusal(
      `${file.name}: the input has no byte-order mark to tell the byte order of UTF-16.`,
      `Name it: ${nameEncoding('utf-16le')}, or utf-16be.`,
    )
  return named ?? 'utf-8'
}

function withoutByteOrder(encoding: InputEncoding): NamedEncoding {
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? 'utf-16' : encoding
}
