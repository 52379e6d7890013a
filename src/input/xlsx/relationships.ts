import { Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import { visitXml } from './read-xml.ts'
import { maxDescription, type ZipParts } from './zip-parts.ts'

/** A relationship of a part to another. */
export interface Relationship {
  readonly id: string
  /** The last word of its type, which is the same in both forms of Office Open XML: `worksheet`, `sharedStrings` … */
  readonly type: string
  /** The other part's name in the archive; null if it is outside the archive. */
  readonly part: string | null
}

/**
 * The full name of a target, which is written either as absolute or as relative to the folder of the part that names
 * it.
 */
function resolveTarget(from: string, target: string): string | null {
  try {
    const url = new URL(target.replaceAll('\\', '/'), `part:///${from}`)
    return url.protocol === 'part:' && url.host === '' ? decodeURIComponent(url.pathname).slice(1) : null
  } catch {
    return null
  }
}

/** The part that holds the relationships of another; those of the whole archive if its name is empty. */
function relationshipsOf(part: string): string {
  const folder = part.lastIndexOf('/') + 1
  return `${part.slice(0, folder)}_rels/${part.slice(folder)}.rels`
}

/** Reads the relationships of a part. A part may have none. */
export async function readRelationships(
  parts: ZipParts,
  part: string,
  place: string,
): Promise<readonly Relationship[]> {
  const name = relationshipsOf(part)
  const found: Relationship[] = []
  const ids = new Set<string>()
  if (!parts.has(name)) return found
  await visitXml(parts.read(name, maxDescription), `${place}, ${name}`, {
    open(element, attributes, path) {
      if (element !== 'Relationship' || path.length !== 1) return
      const type = attributes.get('Type') ?? ''
      const isOutside = attributes.get('TargetMode') === 'External'
      const id = attributes.get('Id') ?? ''
      if (ids.has(id))
        throw new Refusal(
          `${place}: two relationships of ${shown(name)} have the id ${shown(id)}, so it is not clear which one to follow.`,
          'Open the workbook in Excel and save it again, or save the sheet as CSV UTF-8.',
        )
      ids.add(id)
      found.push({
        id,
        type: type.slice(type.lastIndexOf('/') + 1),
        part: isOutside ? null : resolveTarget(part, attributes.get('Target') ?? ''),
      })
    },
  })
  return found
}
