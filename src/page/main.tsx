import { render } from 'preact'
import { App } from './app.tsx'
import { needsColumn } from './columns.ts'
import type { PageFacts } from './page-data.ts'
import { TaskTable } from './task-table.ts'

/** The texts of the page's data blocks that have a class. */
function blocksOf(name: string): readonly string[] {
  return [...document.getElementsByClassName(name)].map(({ textContent }) => textContent ?? '')
}

/** The rows of a block, a line each, between two brackets. The JSON of a row holds no line break. */
function linesOf(block: string): readonly string[] {
  return block.slice(2, -2).split(',\n')
}

const facts = JSON.parse(blocksOf('facts').join('')) as PageFacts
const table = new TaskTable([...facts.columns, needsColumn], blocksOf('rows').flatMap(linesOf))
const place = document.getElementById('app')
if (place !== null) {
  document.title = `${facts.headline} ${facts.job}`
  place.replaceChildren()
  render(<App facts={facts} table={table} />, place)
}

/** How many tasks are prepared for the search at a time: the page responds in between. */
const preparedAtOnce = 2000

function prepareFrom(first: number): void {
  if (first >= table.count) return
  table.prepare(first, first + preparedAtOnce)
  setTimeout(() => prepareFrom(first + preparedAtOnce), 0)
}

setTimeout(() => prepareFrom(0), 100)
