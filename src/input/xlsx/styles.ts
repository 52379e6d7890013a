import { type DateKind, kindOfBuiltIn, kindOfFormat } from './date-format.ts'
import { visitXml } from './read-xml.ts'

/** What a workbook's cell styles show, by their numbers. */
export interface CellStyles {
  /** What each style makes of a number. */
  readonly kinds: readonly DateKind[]
  /** The styles that strike through what the cell holds. */
  readonly struck: ReadonlySet<number>
}

/** The styles of a workbook that defines none. */
export const noStyles: CellStyles = { kinds: [], struck: new Set() }

/** Reads a workbook's styles. */
export async function readStyles(chunks: AsyncIterable<Buffer>, place: string): Promise<CellStyles> {
  const formats = new Map<number, string>()
  const ids: number[] = []
  const fontOf: number[] = []
  const struckFonts = new Set<number>()
  let fonts = 0
  await visitXml(chunks, place, {
    open(name, attributes, path) {
      const parent = path.length === 2 ? path[1] : undefined
      if (name === 'numFmt' && parent === 'numFmts')
        formats.set(Number(attributes.get('numFmtId')), attributes.get('formatCode') ?? '')
      if (name === 'font' && parent === 'fonts') fonts++
      const isOfFont = path.length === 3 && path[1] === 'fonts'
      if (name === 'strike' && isOfFont && !/^(0|false)$/.test(attributes.get('val') ?? ''))
        struckFonts.add(fonts - 1)
      if (name !== 'xf' || parent !== 'cellXfs') return
      ids.push(Number(attributes.get('numFmtId') ?? '0'))
      fontOf.push(Number(attributes.get('fontId') ?? '0'))
    },
  })
  const kinds = ids.map((id) => {
    const code = formats.get(id)
    return code === undefined ? kindOfBuiltIn(id) : kindOfFormat(code)
  })
  const struck = fontOf.flatMap((font, style) => (struckFonts.has(font) ? [style] : []))
  return { kinds, struck: new Set(struck) }
}
