import { useEffect, useRef } from 'preact/hooks'
import { openedParts } from './columns.ts'
import type { PageFacts } from './page-data.ts'
import { type TaskTable, textOf } from './task-table.ts'
import { shownCell } from './words.ts'

interface OpenedRowProps {
  readonly facts: Pick<PageFacts, 'columns' | 'firstOfInput'>
  readonly table: TaskTable
  readonly place: number
  readonly onClose: () => void
}

/** Everything that is known about a task: what happened, the input's own columns, and what support asks for. */
export function OpenedRow({ facts: { columns, firstOfInput }, table, place, onClose }: OpenedRowProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const row = table.row(place)
  const textIn = (column: string) => textOf(table.cell(place, column))
  const shown = (parts: (typeof openedParts)['happened' | 'support']) =>
    parts.map(({ name, title }) => [title, shownCell(name, table.cell(place, name))] as const)
  const own = columns
    .slice(firstOfInput)
    .map((name, index) => [name, textOf(row[firstOfInput + index] ?? null, '–')] as const)
  return (
    <dialog ref={dialog} aria-labelledby="opened" onClose={onClose}>
      <header>
        <div>
          <h2 id="opened">
            <bdi>{textIn('okta_login') || textIn('user') || 'No user'}</bdi>
          </h2>
          <p class="run">
            Row {textIn('row')}, step {textIn('step')}
          </p>
        </div>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <Part name="What happened" cells={shown(openedParts.happened)} />
      <Part name="In the input" cells={own} />
      <Part name="For support" cells={shown(openedParts.support)} />
    </dialog>
  )
}

/** Some cells with their names. What is empty is left out. */
function Part(props: { readonly name: string; readonly cells: readonly (readonly [string, string])[] }) {
  const cells = props.cells.filter(([, text]) => text !== '')
  if (cells.length === 0) return null
  return (
    <>
      <h3>{props.name}</h3>
      <dl>
        {cells.map(([name, text], index) => (
          <div key={index}>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd>
              <bdi>{text}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}
