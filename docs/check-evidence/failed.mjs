// Part of check-evidence.mjs: failed.csv, whose rows are those of the input that may be fed again.
import { cellAt, text } from './cells.mjs'
import { unquoted } from './csv.mjs'
import { bare, trim } from './texts.mjs'

const isMark = (cell) => /^not\s+read\s*:/i.test(trim(cell))
const withoutEnd = (cells) => cells.slice(0, cells.findLastIndex((cell) => bare(cell) !== '') + 1)
/** Actions after which nothing shows whether they were applied. */
const traceless = ['reset_factors', 'reactivate']

/** Whether a row has something left to do, so that failed.csv may have it. */
const isOpen = (tasks, isExcused, reasonOf) =>
  tasks.some(
    (task) =>
      (task.result === 'failed' && !isExcused(task)) ||
      ['in_doubt', 'not_run'].includes(task.result) ||
      (task.result === 'skipped' && ['invalid_row', 'in_doubt', undefined].includes(reasonOf(task))),
  )

/** Whether nothing can keep an open row out of failed.csv: nothing of it can have been applied, and nobody else's row is about its user. */
function mustBeFed(tasks, { run, job, reasonOf, verifiedOf, isAlone }) {
  if (!isAlone(tasks)) return false
  if (tasks.some((task) => reasonOf(task) === 'invalid_row')) return true
  if (run.plan !== undefined || run.undo_of !== undefined) return false
  const guarded = job.guards.only_status !== null
  return !tasks.some(({ result, action }, at) => {
    const leavesDoubt = guarded || traceless.includes(action)
    if (result === 'skipped' && reasonOf(tasks[at]) === undefined) return true
    if (result === 'failed') return verifiedOf(tasks[at]) === 'not_held'
    return ['succeeded', 'unsettled'].includes(result) || (result === 'in_doubt' && leavesDoubt) || (result === 'unchanged' && guarded)
  })
}

/** Whether the last cell says why: what the tasks say, after the mark of a row that was not read, and before what an earlier file said. */
function saysWhy(why, tasks, own, hasMarks) {
  if (hasMarks && own.some(isMark)) return isMark(why)
  const marked = isMark(why)
  const said = tasks
    .filter(({ result }) => !['succeeded', 'unchanged'].includes(result))
    .map(({ result, message }) => {
      const words = result.replaceAll('_', ' ')
      return message === '' ? words : marked ? message : `${words}: ${message}`
    })
  const due = `${marked ? 'not read: ' : ''}${[...new Set(said)].join('; ')}`
  return why === due || why.startsWith(`${due}; `)
}

/**
 * Compares failed.csv with the input and the results: its columns, and each line with a row that has something left to
 * do, in the order of the input. Also looks for rows that nothing can have kept out of it.
 *
 * @param lines the records of failed.csv
 * @param rows the tasks of each row
 * @param read the text and the records of the input; where it can't be read here, the own columns of the results stand for it
 * @param names of the own columns in the results
 * @returns the rows that are not in it only because run.json says that another run goes on from this one
 */
export function compareFailed({ lines, rows, read, names, run, job, isExcused, reasonOf, verifiedOf, isAlone, same }) {
  // Without any row, JSON names no columns, and the file has the one that the job names.
  const columns = run.input.columns.length > 0 ? run.input.columns : [run.input.mapping?.user ?? 'user']
  // Only a failed.csv that is fed again has marks. In any other input such cells are like others, and stay.
  const hasMarks = columns.some((name) => /^(why|failedwhy\d*)$/.test(name.toLowerCase().replace(/[^a-z0-9]/g, '')))
  const header = (lines[0] ?? []).map(unquoted)
  const own = header.slice(0, -1)
  // Names that reach into objects have columns of their own, and the reasons of an earlier failed.csv make room.
  const dotted = own.filter((name) => !columns.includes(name) && name.includes('.'))
  const isWhy = (name) => /^(why|failed_why(_\d+)?)$/.test(name)
  const hasEarlier = isWhy(columns.at(-1) ?? '') && own.length - dotted.length < columns.length
  const kept = hasEarlier ? columns.slice(0, -1) : columns
  same('columns of failed.csv', header, [...kept.map(text), ...dotted, isWhy(header.at(-1) ?? '') ? header.at(-1) : 'why'])
  const resultCells = (row) => new Map(columns.map((name, at) => [name, rows.get(row)[0][names[at]]]))
  const cellsOf = (row) => {
    const cells = read.records?.[row - 1] ?? resultCells(row)
    return own.map((name) => text(cellAt(cells, columns.find((column) => text(column) === name) ?? name)))
  }
  const unmarked = (cells) => cells.map((cell) => (isMark(cell) ? '' : cell))
  const isOwn = (cells, row) => {
    const [whole, raw] = [cellsOf(row), read.records?.[row - 1]?.raw]
    // What could not be read as an object of JSON comes back as its text.
    const isText = raw === undefined && cells.length === 1 && reasonOf(rows.get(row)[0]) === 'invalid_row'
    if (isText && read.text?.includes(cells[0])) return true
    const toFeed = hasMarks ? unmarked : (due) => due
    return [whole, toFeed(whole), withoutEnd(toFeed(whole)), withoutEnd(toFeed(raw ?? whole))].some(
      (due) => due.length === cells.length && due.every((cell, at) => [cell, `${cell} (date cell)`].includes(cells[at])),
    )
  }
  const fits = (line, row) =>
    isOwn(line.slice(0, -1), row) && saysWhy(line.at(-1), rows.get(row), read.records?.[row - 1]?.raw ?? [...resultCells(row).values()].map(text), hasMarks)
  const open = [...rows].filter(([, tasks]) => isOpen(tasks, isExcused, reasonOf)).map(([row]) => row)
  const fed = new Set()
  let next = 0
  for (const [at, line] of lines.slice(1).entries()) {
    const cells = line.map(unquoted)
    let place = next
    while (place < open.length && !fits(cells, open[place])) place++
    same(`line ${at + 2} of failed.csv, whether it is a row of the input that is left to do`, place < open.length, true)
    if (place === open.length) continue
    fed.add(open[place])
    next = place + 1
  }
  const missing = open.filter((row) => !fed.has(row) && mustBeFed(rows.get(row), { run, job, reasonOf, verifiedOf, isAlone }))
  const isLeft = (row) => run.state === 'closed' && !rows.get(row).some((task) => reasonOf(task) === 'invalid_row')
  for (const row of missing) if (!isLeft(row)) same(`row ${row}, whether it is in failed.csv`, false, true)
  return missing.filter(isLeft)
}
