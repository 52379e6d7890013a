import { memo } from 'preact/compat'
import type { ShownColumn } from './columns.ts'
import { type TaskTable, textOf } from './task-table.ts'
import { shownCell, tableCell } from './words.ts'

interface RowProps {
  readonly table: TaskTable
  readonly columns: readonly ShownColumn[]
  readonly place: number
  /** The `aria-rowindex`. */
  readonly index: number
  readonly onOpen: (place: number, from: HTMLElement) => void
}

/** A task in the table. The button with its user opens it. */
export const Row = memo(function Row({ table, columns, place, index, onOpen }: RowProps) {
  return (
    <tr aria-rowindex={index}>
      {columns.map(({ name }) => {
        const cell = table.cell(place, name)
        const [text, whole] = [tableCell(name, cell), shownCell(name, cell)]
        if (name !== 'user') {
          return (
            <td key={name} class={name} title={whole}>
              <bdi class={name === 'result' ? textOf(cell) : ''}>{text}</bdi>
            </td>
          )
        }
        return (
          <th key={name} scope="row" class={name}>
            <button
              type="button"
              title={whole}
              aria-haspopup="dialog"
              onClick={(event) => onOpen(place, event.currentTarget)}
            >
              <bdi>{text === '' ? '(no key)' : text}</bdi>
            </button>
          </th>
        )
      })}
    </tr>
  )
})
