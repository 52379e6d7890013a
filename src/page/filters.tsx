import { constantFilters, filteredColumns, type ShownColumn } from './columns.ts'
import type { PageFacts } from './page-data.ts'
import { anyValue, emptyValue, everything, type Selection } from './task-table.ts'
import { grouped, shownValue } from './words.ts'

interface FiltersProps {
  readonly values: PageFacts['values']
  readonly selection: Selection
  readonly onSelect: (selection: Selection) => void
}

/** The search box over all cells, and a choice of values for each column that has few. */
export function Filters({ values, selection, onSelect }: FiltersProps) {
  const isFiltered = selection.search !== '' || Object.keys(selection.filters).length > 0
  const offered = filteredColumns.filter(
    ({ name }) => constantFilters.has(name) || (values[name] ?? []).length > 1,
  )
  return (
    <search class="filters">
      <div class="search">
        <label for="search">Search all columns</label>
        <input
          id="search"
          type="search"
          value={selection.search}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onSelect({ ...selection, search: event.currentTarget.value })}
        />
      </div>
      {offered.map((column) => (
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
  const choices = values[name] ?? []
  const full = choices.filter(({ value }) => value !== emptyValue)
  const id = `filter-${filteredColumns.indexOf(column)}`
  return (
    <div>
      <label for={id}>{title}</label>
      <select
        id={id}
        value={selection.filters[name] ?? ''}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">All</option>
        {full.length > 1 && full.length < choices.length && (
          <option value={anyValue}>any ({grouped(full.reduce((sum, { count }) => sum + count, 0))})</option>
        )}
        {choices.map(({ value, count }) => (
          <option key={value} value={value}>
            {shownValue(name, value)} ({grouped(count)})
          </option>
        ))}
      </select>
    </div>
  )
}
