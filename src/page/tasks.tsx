import { useMemo, useRef, useState } from 'preact/hooks'
import { Filters } from './filters.tsx'
import { OpenedRow } from './opened-row.tsx'
import type { PageFacts } from './page-data.ts'
import { RowList } from './row-list.tsx'
import type { Selection, TaskTable } from './task-table.ts'
import { mostPrinted } from './visible-rows.ts'
import { grouped } from './words.ts'

interface TasksProps {
  readonly facts: PageFacts
  readonly table: TaskTable
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** The table of all tasks with its search, or, if there are too many tasks, where their rows are. */
export function Tasks({ facts, table, selection, onSelect }: TasksProps) {
  const places = useMemo(() => table.select(selection), [table, selection])
  const [opened, setOpened] = useState<number | null>(null)
  const opener = useRef<HTMLElement | null>(null)
  if (!facts.hasRows) {
    return (
      <p>
        The run has {grouped(facts.tasks)} tasks, too many for a page. Each of them has a line in{' '}
        <a href={facts.resultsFile}>{facts.resultsFile}</a>, in the same directory.
      </p>
    )
  }
  const all = table.count
  const shown =
    places.length === all
      ? `All ${grouped(all)} tasks are shown.`
      : `${grouped(places.length)} of ${grouped(all)} tasks are shown.`
  return (
    <>
      <Filters values={facts.values} selection={selection} onSelect={onSelect} />
      <p role="status" class="shown">
        {shown}
      </p>
      {places.length > mostPrinted && (
        <p class="printed">
          The table is too long to be printed. Each task has a line in {facts.resultsFile}. A search that
          finds at most {grouped(mostPrinted)} tasks can be printed.
        </p>
      )}
      <RowList
        table={table}
        places={places}
        selection={selection}
        onSelect={onSelect}
        onOpen={(place, from) => {
          opener.current = from
          setOpened(place)
        }}
      />
      {opened !== null && (
        <OpenedRow
          columns={table.columns}
          row={table.row(opened)}
          onClose={() => {
            setOpened(null)
            opener.current?.focus()
          }}
        />
      )}
    </>
  )
}
