import type { PageFacts } from './page-data.ts'
import { everything, filteredColumns, type Selection, type ShownColumn } from './task-table.ts'
import { grouped, shownValue } from './words.ts'

interface FiltersProps {
  readonly values: PageFacts['values']
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** The search box over all cells, and a choice of values for each column that has few. */
export function Filters({ values, selection, onSelect }: FiltersProps) {
  const isFiltered = selection.search !== '' || Object.keys(selection.filters).length > 0
  return (
    <search class="filters">
      <label class="search">
        Search all columns
        <input
          type="search"
          value={selection.search}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onSelect({ ...selection, search: event.currentTarget.value })}
        />
      </label>
      {filteredColumns.map((column) => (
        <Filter key={column.name} column={column} values={values} selection={selection} onSelect={onSelect} />
      ))}
      <button
        type="button"
        disabled={!isFiltered}
        onClick={() => onSelect({ ...everything, order: selection.order })}
      >
        Show all
      </button>
    </search>
  )
}

function Filter({ column, values, selection, onSelect }: FiltersProps & { readonly column: ShownColumn }) {
  const { name, title } = column
  const choose = (value: string) => {
    const { [name]: _, ...others } = selection.filters
    onSelect({ ...selection, filters: value === '' ? others : { ...others, [name]: value } })
  }
  return (
    <label>
      {title}
      <select value={selection.filters[name] ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">All</option>
        {(values[name] ?? []).map(({ value, count }) => (
          <option key={value} value={value}>
            {shownValue(name, value)} ({grouped(count)})
          </option>
        ))}
      </select>
    </label>
  )
}
