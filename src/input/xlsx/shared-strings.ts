import { Refusal } from '../../messages/known-error.ts'
import { visitXml } from './read-xml.ts'
import { ShownText } from './shown-text.ts'

/** The most texts that are kept: ten for each row that a sheet can have. */
const mostStrings = 10_000_000

/** Reads the texts that the cells of a workbook share, in the order of their numbers. */
export async function readSharedStrings(chunks: AsyncIterable<Buffer>, place: string): Promise<string[]> {
  const strings: string[] = []
  let open = new ShownText()
  await visitXml(chunks, place, {
    text(text, path) {
      if (path[1] === 'si') open.take(text, path.slice(2))
    },
    close(name, path) {
      if (path[1] === 'si') open.close(name)
      if (name !== 'si' || path.length !== 1) return
      if (strings.length >= mostStrings)
        throw new Refusal(
          `${place}: the workbook has more than ${mostStrings} different text values.`,
          'Save the sheet as CSV UTF-8, which may be of any size.',
        )
      strings.push(open.text)
      open = new ShownText()
    },
  })
  return strings
}
