import { unescapeText } from './escaped-text.ts'
import { visitXml } from './read-xml.ts'

/**
 * Whether a text inside an element `si` or `is` is what the cell shows: the one text, or the text of a run of its own
 * format. Phonetic runs (`rPh`), which say how a Japanese name is pronounced, are not.
 * @param path the elements inside of `si` or `is`, the outermost first
 */
export function isShownText(path: readonly string[]): boolean {
  return path.at(-1) === 't' && (path.length === 1 || (path.length === 2 && path[0] === 'r'))
}

/** Reads the texts that the cells of a workbook share, in the order of their numbers. */
export async function readSharedStrings(chunks: AsyncIterable<Buffer>, place: string): Promise<string[]> {
  const strings: string[] = []
  let text = ''
  await visitXml(chunks, place, {
    open(name, _, path) {
      if (name === 'si' && path.length === 1) text = ''
    },
    text(piece, path) {
      if (path[1] === 'si' && isShownText(path.slice(2))) text += piece
    },
    close(name, path) {
      if (name === 'si' && path.length === 1) strings.push(unescapeText(text))
    },
  })
  return strings
}
