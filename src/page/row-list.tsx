import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { shownColumns } from './columns.ts'
import { Heading } from './heading.tsx'
import { Row } from './row.tsx'
import type { Selection, TaskTable } from './task-table.ts'
import { useMedia } from './use-media.tsx'
import { usePrinting } from './use-printing.tsx'
import { useRowKeys } from './use-row-keys.tsx'
import { drawnRows, mostPrinted } from './visible-rows.ts'

/** The height of a row in pixels, as in style/table.css. */
const rowHeight = 44

interface RowListProps {
  readonly table: TaskTable
  /** The tasks of the selection. */
  readonly places: readonly number[]
  readonly hasLags: boolean
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
  readonly onOpen: (place: number, from: HTMLElement) => void
}

/** The table itself. If it has many rows, only those that can be seen are in the document. */
export function RowList({ table, places, hasLags, selection, onSelect, onOpen }: RowListProps) {
  const printing = usePrinting()
  const isNarrow = useMedia('screen and (max-width: 700px)')
  const columns = useMemo(() => shownColumns(isNarrow, hasLags), [isNarrow, hasLags])
  const box = useRef<HTMLElement>(null)
  const [view, setView] = useState({ scrolled: 0, viewHeight: 800 })
  const look = () => {
    const { scrollTop = 0, clientHeight = 800 } = box.current ?? {}
    setView({ scrolled: scrollTop, viewHeight: clientHeight })
  }
  const onKeyDown = useRowKeys(box, places.length, rowHeight, look)
  // A new selection begins at the top.
  useLayoutEffect(() => {
    if (box.current !== null) box.current.scrollTop = 0
    look()
  }, [places])
  const { first, end, above, below } = drawnRows(places.length, { ...view, rowHeight, printing })
  return (
    <section
      ref={box}
      class={`table ${places.length > mostPrinted ? 'long' : ''}`}
      onScroll={look}
      onKeyDown={onKeyDown}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
      tabIndex={0}
      aria-label="Tasks"
    >
      <table aria-rowcount={places.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Heading
                key={column.name}
                {...column}
                printing={printing}
                selection={selection}
                onSelect={onSelect}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} columns={columns.length} />}
          {places.slice(first, end).map((place, index) => (
            <Row
              key={place}
              table={table}
              columns={columns}
              place={place}
              index={first + index + 2}
              onOpen={onOpen}
            />
          ))}
          {below > 0 && <Gap height={below} columns={columns.length} />}
        </tbody>
      </table>
    </section>
  )
}

/** Stands for the rows that are not drawn. */
function Gap({ height, columns }: { readonly height: number; readonly columns: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused
    <tr class="gap" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  )
}
