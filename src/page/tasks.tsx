import { useMemo, useRef, useState } from 'preact/hooks'
import { Filters } from './filters.tsx'
import { OpenedRow } from './opened-row.tsx'
import type { PageFacts } from './page-data.ts'
import { RowList } from './row-list.tsx'
import type { Selection, TaskTable } from './task-table.ts'
import { mostPrinted } from './visible-rows.ts'
import { counted, grouped } from './words.ts'

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
  if (all === 0) return <p>The input has no rows.</p>
  return (
    <>
      <Filters values={facts.values} selection={selection} onSelect={onSelect} />
      <p role="status" class="shown">
        {shownOf(places.length, all)}
      </p>
      {places.length > mostPrinted && (
        <p class="printed">
          The table is too long to be printed. Each task has a line in {facts.resultsFile}. A search that
          finds at most {grouped(mostPrinted)} tasks can be printed.
        </p>
      )}
      <a class="skip" href="#after-tasks">
        Skip the table
      </a>
      <RowList
        table={table}
        places={places}
        hasLags={facts.lag !== null}
        selection={selection}
        onSelect={onSelect}
        onOpen={(place, from) => {
          opener.current = from
          setOpened(place)
        }}
      />
      <div id="after-tasks" tabIndex={-1} />
      {opened !== null && (
        <OpenedRow
          facts={facts}
          table={table}
          place={opened}
          onClose={() => {
            setOpened(null)
            opener.current?.focus()
          }}
        />
      )}
    </>
  )
}

function shownOf(some: number, all: number): string {
  if (some === all) return all === 1 ? 'The only task is shown.' : `All ${grouped(all)} tasks are shown.`
  if (some === 0) return `None of ${counted(all, 'tasks')} matches. Change the search, or show all.`
  return `${grouped(some)} of ${grouped(all)} tasks ${some === 1 ? 'is' : 'are'} shown.`
}
