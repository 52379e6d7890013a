import { expect, it } from 'vitest'
import { filteredColumns, openedParts, shownColumns } from '../../src/page/columns.ts'
import { resultColumns } from '../../src/report/columns.ts'

const names = (columns: readonly { readonly name: string }[]): string[] => columns.map(({ name }) => name)

it('a narrow table has the same columns in another order', () => {
  const [wide, narrow] = [names(shownColumns(false, true)), names(shownColumns(true, true))]
  expect(narrow.toSorted()).toEqual(wide.toSorted())
  expect(narrow.slice(0, 2)).toEqual(['user', 'result'])
})

it('without due times there are no lags', () => {
  expect(names(shownColumns(false, false))).not.toContain('lag_seconds')
  expect(names(shownColumns(false, true))).toContain('lag_seconds')
})

it('an opened row has every column of the results once, and no other than the kind of trouble', () => {
  const opened = names([...openedParts.happened, ...openedParts.support]).filter(
    (name) => !name.startsWith('\0'),
  )
  expect(opened.toSorted()).toEqual(resultColumns.toSorted())
  const known = new Set<string>(resultColumns)
  expect(names(filteredColumns).filter((name) => !known.has(name))).toHaveLength(1)
})
