import { memo } from 'preact/compat'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Selection, shownColumns, type TaskTable, textOf } from './task-table.ts'
import { usePrinting } from './use-printing.tsx'
import { drawnRows, mostPrinted } from './visible-rows.ts'
import { shownCell } from './words.ts'

/** The height of a row in pixels, as in page.css. */
const rowHeight = 40

type Open = (place: number, from: HTMLElement) => void

interface RowListProps {
  readonly table: TaskTable
  /** The tasks of the selection. */
  readonly places: readonly number[]
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
  readonly onOpen: Open
}

/** The table itself. If it has many rows, only those that can be seen are in the document. */
export function RowList({ table, places, selection, onSelect, onOpen }: RowListProps) {
  const printing = usePrinting()
  const box = useRef<HTMLElement>(null)
  const [view, setView] = useState({ scrolled: 0, viewHeight: 800 })
  const look = () => {
    const { scrollTop = 0, clientHeight = 800 } = box.current ?? {}
    setView({ scrolled: scrollTop, viewHeight: clientHeight })
  }
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
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
      tabIndex={0}
      aria-label="Tasks"
    >
      <table aria-rowcount={places.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {shownColumns.map((column) => (
              <Heading key={column.name} {...column} selection={selection} onSelect={onSelect} />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} />}
          {places.slice(first, end).map((place, index) => (
            <Row key={place} table={table} place={place} index={first + index + 2} onOpen={onOpen} />
          ))}
          {below > 0 && <Gap height={below} />}
        </tbody>
      </table>
    </section>
  )
}

/** Stands for the rows that are not drawn. */
function Gap({ height }: { readonly height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused
    <tr class="gap" aria-hidden="true">
      <td colSpan={shownColumns.length} style={{ height: `${height}px` }} />
    </tr>
  )
}

interface HeadingProps {
  readonly name: string
  readonly title: string
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** A heading sorts by its column: ascending, then descending, then not at all. */
function Heading({ name, title, selection, onSelect }: HeadingProps) {
  const { order } = selection
  const sorted = order?.column !== name ? 'none' : order.descending ? 'descending' : 'ascending'
  const next = {
    none: { column: name, descending: false },
    ascending: { column: name, descending: true },
    descending: null,
  }
  return (
    <th scope="col" aria-sort={sorted} class={name}>
      <button type="button" onClick={() => onSelect({ ...selection, order: next[sorted] })}>
        {title}
        <span aria-hidden="true" class="arrow">
          {{ none: '', ascending: '▲', descending: '▼' }[sorted]}
        </span>
      </button>
    </th>
  )
}

interface RowProps {
  readonly table: TaskTable
  readonly place: number
  readonly index: number
  readonly onOpen: Open
}

const Row = memo(function Row({ table, place, index, onOpen }: RowProps) {
  return (
    <tr aria-rowindex={index}>
      {shownColumns.map(({ name }) => {
        const text = shownCell(name, table.cell(place, name))
        if (name === 'user') {
          return (
            <th key={name} scope="row" class={name}>
              <button
                type="button"
                title={text}
                aria-haspopup="dialog"
                onClick={(event) => onOpen(place, event.currentTarget)}
              >
                <bdi>{text === '' ? '(no key)' : text}</bdi>
              </button>
            </th>
          )
        }
        return (
          <td
            key={name}
            class={name === 'result' ? `result ${textOf(table.cell(place, name))}` : name}
            title={text}
          >
            <bdi>{text}</bdi>
          </td>
        )
      })}
    </tr>
  )
})
