// Part of check-evidence.mjs: reads the input in the evidence anew, and compares each row with what the results say of it.
import { isDeepStrictEqual as equal } from 'node:util'
import { cellAt } from './cells.mjs'
import { readCsv, unquoted } from './csv.mjs'
import { createDueReader, dateCell } from './dates.mjs'
import { bare, inFormula, plain, textOf, trim } from './texts.mjs'

const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
function decode(bytes, encoding = 'utf-8') {
  if (encoding === 'windows-1252') return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80])
  return new TextDecoder(encoding, { fatal: true }).decode(bytes)
}

function csvRecords(text, columns, headerLine) {
  let [start, named, line] = [0, undefined, 0]
  for (const { 0: whole, 1: content, index } of text.matchAll(/(.*?)(?:\r\n|\n|\r|$)/gs)) {
    start = index
    named = /^"?sep=(?![\w"'])([\t!-~])"?$/i.exec(content)?.[1] ?? named
    const isBefore = bare(content) === '' || /^"?(sep=(?![\w"'])[\t!-~]"?$|#TYPE\s)/i.test(content)
    if (++line === headerLine || (headerLine === null && !isBefore) || whole === '') break
  }
  for (const delimiter of named === undefined ? [',', ';', '\t', '|'] : [named]) {
    const [header, ...records] = readCsv(text.slice(start), delimiter).map((record) => record.map(unquoted))
    const names = header?.map((name, at) => (trim(name) === '' ? `column_${at + 1}` : name))
    if (!equal(names, columns)) continue
    const filled = records.filter((record) => record.some((cell) => bare(cell) !== ''))
    return filled.map((raw) => Object.assign(new Map(columns.map((column, at) => [column, raw[at] ?? ''])), { raw }))
  }
  throw new Error('its header is not found')
}

/** A number that JavaScript would change is kept as its text. */
function parseJson(text) {
  const kept = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs, (token) => {
    if (token.startsWith('"')) return token
    const number = Number(token)
    const isLost = Math.abs(number) === Infinity || (/^-?\d+$/.test(token) && !Number.isSafeInteger(number) && String(number) !== token)
    return isLost ? `"${token}"` : token
  })
  return JSON.parse(kept)
}

const depth = (value) => (typeof value === 'object' && value !== null ? 1 + Object.values(value).reduce((most, one) => Math.max(most, depth(one)), 0) : 0)
/** A record of JSON; one that is not an object has no cells, and a value that is nested too deep is not kept. */
function toCells(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map()
  return new Map(Object.entries(value).map(([key, cell]) => [key, depth(cell) > 100 ? null : cell]))
}

/** One object a line, or over several lines. What is not JSON is null, up to the next line that is an object by itself. */
function jsonRecords(text) {
  const records = []
  const read = (lines) => {
    try {
      return toCells(parseJson(lines))
    } catch {
      return null
    }
  }
  let open = ''
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (bare(line) === '') continue
    const [whole, alone] = [read(open + line), open !== '' && line.startsWith('{') ? read(line) : null]
    if (whole !== null) records.push(whole)
    else if (alone !== null) records.push(null, alone)
    open = whole === null && alone === null ? `${open}${line}\n` : ''
    if (open.length > 2 ** 22) throw new Error('its records can not be told apart')
  }
  return open === '' ? records : [...records, null]
}

function readRecords(bytes, { format, encoding, columns }, { header_line: headerLine }) {
  if (format === 'xlsx') throw new Error('it is an Excel workbook')
  const text = decode(bytes, encoding)
  if (format === 'csv') return { text, records: csvRecords(text, columns, headerLine ?? null) }
  return { text, records: format === 'json' && !bare(text.slice(0, 1000)).startsWith('{') ? parseJson(text).map(toCells) : jsonRecords(text) }
}

/** The names of the input's own columns in the results: one that is taken gets input_ before it. */
export function ownNames(columns, taken) {
  const own = new Set(columns.filter((column) => !taken.includes(column)))
  const used = new Set([...taken, ...own])
  return columns.map((column) => {
    if (own.delete(column)) return column
    let name = column
    while (used.has(name)) name = `input_${name}`
    used.add(name)
    return name
  })
}

/** A value as the results keep it. */
const stored = (cell) => JSON.stringify(cell, (key, value) => (key === '__proto__' ? undefined : value))

const actionNames = ['activate', 'deactivate', 'reactivate', 'reset_factors', 'suspend', 'unlock', 'unsuspend']
const actionNamed = (text) => actionNames.find((name) => name.replace('_', '') === text.toLowerCase().replaceAll(/[\s_-]/g, '')) ?? text

/** The text of the input and its rows, each as its cells by column, with the `raw` ones of CSV. Or why this script can't read it. */
export function readInput({ run, job, bytes }) {
  try {
    return readRecords(bytes, run.input, job.input)
  } catch (error) {
    return { error }
  }
}

/**
 * Compares the tasks of each row with the row of the input: key, action, due time, own columns.
 *
 * @param rows the tasks of each row
 * @param names of the own columns in the results
 * @param reasonOf why a task was skipped, as the journal says; undefined if it does not say
 * @returns what was compared and what was not, in sentences
 */
export function compareWithInput({ rows, names, run, job, read, same, reasonOf }) {
  const { records, error } = read
  if (error !== undefined) {
    return [`Not compared with the input, which this script can't read (${error.message}): users, actions, due times and own columns.`]
  }
  const isCertain = !records.includes(null)
  if (records.length !== rows.size && !isCertain) return ['Not compared with the input, some of which is not JSON: users, actions, due times and own columns.']
  same('rows of the input', rows.size, records.length)
  const { user, action } = run.input.mapping
  const due = job.input.due === null ? null : createDueReader(job.input.due, run.input.columns, cellAt)
  const [notRead, notDue] = [[], []]
  for (const [row, tasks] of rows) {
    const cells = records[row - 1]
    if (cells === null) notRead.push(row)
    if (cells === null || cells === undefined) continue
    // Of a bad row, the user and the action may be missing. What a stopped run did not reach may be a bad row.
    const isBad = ['invalid_row', 'not_selected'].includes(reasonOf(tasks[0]))
    const mayBeBad = isBad || (tasks[0].result === 'skipped' && reasonOf(tasks[0]) === undefined)
    const key = bare(inFormula(textOf(cellAt(cells, user))))
    const written = action === null ? '' : textOf(cellAt(cells, action))
    const actions = job.steps?.map((step) => step.action) ?? [plain(written) === '' ? job.action : actionNamed(plain(written))]
    const at = due === null || isBad ? null : due.read(cells)
    same(
      `row ${row}, steps in the input`,
      mayBeBad && tasks.length === 1 ? [1] : actions.map((_, place) => place + 1),
      tasks.map(({ step }) => step),
    )
    for (const task of tasks) {
      const where = `row ${row}, step ${task.step}`
      if (!mayBeBad || task.user !== '') same(`${where}, user in the input`, bare(inFormula(task.user)), key)
      if (!mayBeBad || ![written, ''].includes(task.action)) same(`${where}, action in the input`, task.action, actions[task.step - 1])
      if (due === null || isBad) same(`${where}, due time of a bad row in the input`, task.due_at, null)
      else if (at !== null && (!mayBeBad || task.due_at !== null)) same(`${where}, due time in the input`, task.due_at, at)
      else if (at === null && (!mayBeBad || task.due_at !== null)) notDue.push(row)
      for (const [place, column] of run.input.columns.entries()) {
        const cell = cells.get(column) ?? null
        const shown = column === due?.column ? (dateCell(cell) ?? cell) : cell
        same(`${where}, ${column} in the input`, stored(task[names[place]]), stored(shown))
      }
    }
  }
  const some = (list) => {
    const distinct = [...new Set(list)]
    return `${distinct.length === 1 ? 'row' : `${distinct.length} rows:`} ${distinct.slice(0, 5).join(', ')}${distinct.length > 5 ? ', ...' : ''}`
  }
  return [
    `Compared with the input: ${rows.size - notRead.length} of ${rows.size} rows.`,
    ...(notRead.length === 0 ? [] : [`Not compared with the input, because it is not JSON there: ${some(notRead)}.`]),
    ...(notDue.length === 0 ? [] : [`Due times not compared with the input, because this script can't read the dates: ${some(notDue)}.`]),
  ]
}
