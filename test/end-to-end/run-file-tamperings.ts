import { type Change, editJson, type Json, type Line, put, type Tampering } from './tamper-with.ts'

const inInput = (name: string, value: unknown): Change =>
  editJson('run.json', (content: Json) => put(content.input, name, value))

const inMapping = (name: string, value: unknown): Change =>
  editJson('run.json', (content: Json) => put(content.input?.mapping as Line, name, value))

/** Adds one to a count of the input. */
const oneMore = (name: string): Change =>
  editJson('run.json', (content: Json) => put(content.input, name, Number(content.input?.[name]) + 1))

/** Changes what `run.json` says of the input, and why the run ended. */
export const runFileTamperings: readonly Tampering[] = [
  ['the count of users in run.json', oneMore('users')],
  ['the count of users that were due in run.json', oneMore('due_users')],
  ['the count of repeated rows in run.json', oneMore('repeated_rows')],
  ['the format of the input in run.json', inInput('format', 'xlsx')],
  ['another encoding in run.json', inInput('encoding', 'windows-1252')],
  ['an encoding in run.json that is none', inInput('encoding', 'utf-8x')],
  ['a column of send_email in run.json', inMapping('send_email', 'name')],
  ['another column of the action in run.json', inMapping('action', 'name')],
  ['another column of the user in run.json', inMapping('user', 'name')],
  [
    'why the run ended, in run.json',
    editJson('run.json', (content: Line) => put(content, 'reason', 'all is well')),
  ],
]
