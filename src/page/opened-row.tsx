import { useEffect, useRef } from 'preact/hooks'
import type { PageRow } from './page-data.ts'
import { textOf } from './task-table.ts'

interface OpenedRowProps {
  readonly columns: readonly string[]
  readonly row: PageRow
  readonly onClose: () => void
}

/** Everything that is known about a task, including the input's own columns. */
export function OpenedRow({ columns, row, onClose }: OpenedRowProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-labelledby="opened" onClose={onClose}>
      <header>
        <h2 id="opened">
          Row {textOf(row[0] ?? null)}, step {textOf(row[1] ?? null)}
        </h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <dl>
        {columns.map((name, index) => {
          const text = textOf(row[index] ?? null)
          return (
            <div key={index} class={text === '' ? 'empty' : ''}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd>
                <bdi>{text === '' ? '–' : text}</bdi>
              </dd>
            </div>
          )
        })}
      </dl>
    </dialog>
  )
}
