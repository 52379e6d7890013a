import type { ShownColumn } from './columns.ts'
import type { Selection } from './task-table.ts'

interface HeadingProps extends ShownColumn {
  readonly printing: boolean
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** A heading sorts by its column: ascending, then descending, then not at all. */
export function Heading({ name, title, printing, selection, onSelect }: HeadingProps) {
  const { order } = selection
  const sorted = order?.column !== name ? 'none' : order.descending ? 'descending' : 'ascending'
  const next = {
    none: { column: name, descending: false },
    ascending: { column: name, descending: true },
    descending: null,
  }
  // Chromium repeats headings on each page only if there are no buttons in them.
  if (printing) {
    return (
      <th scope="col" class={name}>
        {title}
      </th>
    )
  }
  return (
    <th scope="col" aria-sort={sorted} class={name}>
      <button type="button" onClick={() => onSelect({ ...selection, order: next[sorted] })}>
        {title}
        <span aria-hidden="true" class="arrow">
          {{ none: '↕', ascending: '▲', descending: '▼' }[sorted]}
        </span>
      </button>
    </th>
  )
}
