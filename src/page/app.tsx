import { useRef, useState } from 'preact/hooks'
import { AttentionList } from './attention.tsx'
import { Facts } from './facts.tsx'
import { Lags } from './lags.tsx'
import type { PageFacts } from './page-data.ts'
import { Summary } from './summary.tsx'
import { everything, type Selection, type TaskTable } from './task-table.ts'
import { Tasks } from './tasks.tsx'
import { TimelineChart } from './timeline.tsx'

/** The whole page, the most important parts first. */
export function App({ facts, table }: { readonly facts: PageFacts; readonly table: TaskTable }) {
  const [selection, setSelection] = useState<Selection>(everything)
  const tasks = useRef<HTMLElement>(null)
  const show = (filters: Selection['filters']) => {
    setSelection({ ...everything, filters })
    tasks.current?.focus()
    tasks.current?.scrollIntoView()
  }
  return (
    <>
      <Summary facts={facts} />
      <main>
        <AttentionList facts={facts} onShow={facts.hasRows ? show : null} />
        <section ref={tasks} tabIndex={-1} aria-labelledby="tasks">
          <h2 id="tasks">Everyone, task by task</h2>
          <Tasks facts={facts} table={table} selection={selection} onSelect={setSelection} />
        </section>
        {facts.lag !== null && <Lags lag={facts.lag} />}
        {facts.timeline !== null && <TimelineChart timeline={facts.timeline} />}
        <Facts facts={facts} />
      </main>
    </>
  )
}
