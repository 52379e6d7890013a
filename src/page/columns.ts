/** A column of the table on the page: the cell that it shows, and its heading. */
export interface ShownColumn {
  readonly name: string
  readonly title: string
}

const titles = {
  row: 'Row',
  step: 'Step',
  user: 'User',
  action: 'Action',
  result: 'Result',
  status_before: 'Status before',
  status_after: 'Status after',
  http_status: 'HTTP status',
  error_code: "Okta's code",
  message: 'Message',
  attempts: 'Attempts',
  started_at: 'Started (UTC)',
  finished_at: 'When (UTC)',
  okta_user_id: 'Id in Okta',
  okta_login: 'Login',
  okta_request_id: 'Request id',
  due_at: 'Due (UTC)',
  lag_seconds: 'Lag',
} as const

function titled(names: readonly (keyof typeof titles)[]): readonly ShownColumn[] {
  return names.map((name) => ({ name, title: titles[name] }))
}

/**
 * The name of the cell that follows those of a row's columns: why the task needs somebody, or null. `results.csv` does
 * not have it.
 */
export const needsColumn = '\u0000needs'

const needs: ShownColumn = { name: needsColumn, title: 'Needs you' }

const statuses = ['status_before', 'status_after'] as const

/** The columns of the table. A row's other cells are shown when it is opened. */
const wide = titled([
  ...(['row', 'user', 'okta_login', 'action', 'result'] as const),
  ...statuses,
  ...(['finished_at', 'lag_seconds', 'message'] as const),
])

/** A phone shows two or three columns at a time: what matters most comes first. */
const narrow = titled([
  ...(['user', 'result', 'action', 'message', 'okta_login'] as const),
  ...statuses,
  ...(['finished_at', 'lag_seconds', 'row'] as const),
])

/** @param hasLags whether tasks had due times; without them the column would be empty */
export function shownColumns(isNarrow: boolean, hasLags: boolean): readonly ShownColumn[] {
  return (isNarrow ? narrow : wide).filter(({ name }) => hasLags || name !== 'lag_seconds')
}

/** The columns that can be filtered by one of their values. */
export const filteredColumns = [needs, ...titled(['result', 'action', ...statuses, 'error_code'])]

/** Filters that are there even if they offer no choice, so that people always find them in the same place. */
export const constantFilters: ReadonlySet<string> = new Set(['result', 'action', 'status_before'])

/** The parts of an opened row, apart from the input's own columns. */
export const openedParts = {
  happened: [
    needs,
    ...titled(['result', 'action', ...statuses, 'message', 'finished_at', 'due_at', 'lag_seconds']),
  ],
  support: titled([
    ...(['row', 'step', 'user', 'okta_login', 'okta_user_id', 'error_code', 'http_status'] as const),
    ...(['attempts', 'started_at', 'okta_request_id'] as const),
  ]),
} as const
