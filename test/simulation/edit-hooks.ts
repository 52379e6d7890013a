import type { EditedBug } from './edited-bugs.ts'

let edit: EditedBug | null = null

interface Loaded {
  readonly format: string
  readonly source: string | Uint8Array
}

/** Node calls it with the bug that `plant-edit.ts` hands over. */
export function initialize(bug: EditedBug): void {
  edit = bug
}

/** Node calls it for each module: writes the bug into the text of its file. */
export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await next(url, context)
  if (edit === null || !url.endsWith(`/src/${edit.file}.js`)) return loaded
  return { ...loaded, source: edited(Buffer.from(loaded.source).toString('utf8'), edit) }
}

function edited(text: string, { name, from, to }: EditedBug): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places for the planted bug "${name}"`)
  return parts.join(to)
}
