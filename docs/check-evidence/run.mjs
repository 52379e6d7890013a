// Part of check-evidence.mjs: what run.json says of the input and of how the run ended, as far as it follows from the input,
// the job and the journal.
import { cellAt } from './cells.mjs'
import { fold, plain } from './texts.mjs'

const wordsFor = {
  true: ['true', 'yes', 'y', '1', 'wahr', 'vrai', 'verdadero', 'verdadeiro', 'vero', 'waar'],
  false: ['false', 'no', 'n', '0', 'falsch', 'faux', 'falso', 'onwaar'],
}
const mailWord = (cell) => Object.keys(wordsFor).find((word) => wordsFor[word].includes(plain(cell).toLowerCase())) ?? ''
const nameOf = (column) => plain(column).toLowerCase()
const bareName = (column) =>
  nameOf(column)
    .normalize('NFKC')
    .replace(/\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}|<[^<>]*>/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '')

const marks = { 'utf-8': [0xef, 0xbb, 0xbf], 'utf-16le': [0xff, 0xfe], 'utf-16be': [0xfe, 0xff] }
/** The encodings that the bytes may have: the one that a byte-order mark names, or else UTF-8 only if they are UTF-8. */
function encodingsOf(bytes) {
  const marked = Object.keys(marks).find((name) => marks[name].every((byte, at) => bytes[at] === byte))
  if (marked !== undefined) return [marked]
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return [...Object.keys(marks), 'windows-1252']
  } catch {
    return ['utf-16le', 'utf-16be', 'windows-1252']
  }
}

function compareForm({ run, job, bytes, same }) {
  const { input } = run
  const { user_column: user, action_column: action } = job.input
  same('format and file of the input in run.json', [input.format, input.file], [job.input.format, `input.${job.input.format}`])
  const encoding = input.encoding ?? 'utf-8'
  if (input.format !== 'xlsx' && !encodingsOf(bytes).includes(encoding)) same('encoding of the input in run.json', encoding, encodingsOf(bytes)[0])
  if (user !== null) same('column of the user in run.json', nameOf(input.mapping.user), nameOf(user))
  if (action !== null) same('column of the action in run.json', input.mapping.action === null ? 'none' : nameOf(input.mapping.action), nameOf(action))
  const mail = input.columns.find((column) => bareName(column) === 'sendemail') ?? null
  same('column of send_email in run.json', input.mapping.send_email, mail)
}

/** What follows from the rows that could be acted on: distinct keys, those with a row that was due, and repeated rows. */
function countInput({ rows, run, read, reasonOf }) {
  const created = Date.parse(run.created_at)
  const [users, asked] = [new Set(), new Map()]
  let [repeated, isCertain] = [0, true]
  for (const [row, tasks] of rows) {
    if (['invalid_row', 'not_selected'].includes(reasonOf(tasks[0]))) continue
    const [{ user, due_at: due }] = tasks
    users.add(user)
    // The input was counted some time before the run was created, maybe while somebody was thinking about a question.
    const before = due === null ? Infinity : created - Date.parse(due)
    if (before >= 0 && before < 86_400_000) isCertain = false
    if (before < 0) continue
    const mail = run.input.mapping.send_email === null ? '' : mailWord(cellAt(read.records[row - 1], run.input.mapping.send_email))
    const asks = `${tasks.map(({ action }) => action).join()} ${mail}`
    if (asked.get(fold(user)) === asks) repeated++
    asked.set(fold(user), asks)
  }
  return { users: users.size, due: isCertain ? { users: asked.size, repeated } : null }
}

/**
 * Compares what run.json says of its input, and why it ended.
 *
 * @param bytes the input
 * @param read the records of the input
 * @param last the last event of the journal that begins or ends an execution
 * @param isJudged whether the journal says of each skipped row why
 * @returns what was not compared, in sentences
 */
export function compareRun({ run, job, rows, bytes, read, last, reasonOf, isJudged, same }) {
  const { input, state, closed_by: by } = run
  if (state === 'closed') same('reason in run.json', run.reason, `run ${by} goes on from it`)
  else if (last.event === 'stopped' && state === last.state) same('reason in run.json', run.reason, last.reason)
  else if (['new', 'running'].includes(state)) same('reason in run.json', run.reason, null)
  compareForm({ run, job, bytes, same })
  const notCompared = (why) => [`Not compared in run.json: users, due_users and repeated_rows of the input, ${why}.`]
  if (run.retry_of !== undefined) return notCompared('because those of a retry say what was left to do, and what the first input was like')
  if (read.records === undefined || read.records.includes(null) || read.records.length !== rows.size) return notCompared("because this script can't read all of the input")
  if (!isJudged) return notCompared('because the run did not reach some skipped tasks')
  const counted = countInput({ rows, run, read, reasonOf })
  same('users of the input in run.json', input.users, counted.users)
  if (input.due_users === undefined) return []
  if (counted.due === null)
    return ['Not compared in run.json: due_users and repeated_rows of the input, which was counted before the run began: some rows were due within the day before.']
  same('due users and repeated rows of the input in run.json', [input.due_users, input.repeated_rows], [counted.due.users, counted.due.repeated])
  return []
}
