import { type DateKind, kindOfBuiltIn, kindOfFormat } from './date-format.ts'
import { visitXml } from './read-xml.ts'

/** What each of a workbook's cell styles makes of a number, by the style's number. */
export type CellStyles = readonly DateKind[]

/** Reads from a workbook's styles which of them show a number as a date. */
export async function readStyles(chunks: AsyncIterable<Buffer>, place: string): Promise<CellStyles> {
  const formats = new Map<number, string>()
  const ids: number[] = []
  await visitXml(chunks, place, {
    open(name, attributes, path) {
      const parent = path.length === 2 ? path[1] : undefined
      if (name === 'numFmt' && parent === 'numFmts')
        formats.set(Number(attributes.get('numFmtId')), attributes.get('formatCode') ?? '')
      if (name === 'xf' && parent === 'cellXfs') ids.push(Number(attributes.get('numFmtId') ?? '0'))
    },
  })
  return ids.map((id) => {
    const code = formats.get(id)
    return code === undefined ? kindOfBuiltIn(id) : kindOfFormat(code)
  })
}
