import { inputEncodings } from '../input/bytes/encoding.ts'
import { inputFormats } from '../input/row.ts'
import { actionNames } from '../okta/actions.ts'

/** The options that say what is to be done to which input: the same for every command that reads one. */
export const inputOptions = {
  job: { type: 'string', requiresArg: true, describe: 'Job file, YAML or JSON' },
  action: {
    type: 'string',
    requiresArg: true,
    describe: `Action for rows that name none: ${actionNames.join(', ')}`,
  },
  'user-column': { type: 'string', requiresArg: true, describe: 'Column that holds ids or logins' },
  'action-column': { type: 'string', requiresArg: true, describe: "Column that holds each row's action" },
  format: {
    choices: inputFormats,
    requiresArg: true,
    describe: 'Format of the input; else told by its extension or content',
  },
  encoding: {
    type: 'string',
    requiresArg: true,
    describe: `Encoding of the input: ${inputEncodings.join(', ')}; else told by its byte-order mark, utf-8 without one`,
  },
  share: {
    type: 'number',
    requiresArg: true,
    describe: 'Part of the rate limit to use, over 0 to 1 [default: 0.5]',
  },
  concurrency: {
    type: 'number',
    requiresArg: true,
    describe: 'Requests under way at once, at most [default: 10]',
  },
  'max-users': {
    type: 'number',
    requiresArg: true,
    describe: 'Stop before the first call if there are more users',
  },
  'skip-invalid': {
    type: 'boolean',
    describe: 'Report rows that can’t be acted on as skipped, and do the rest',
  },
  read: {
    type: 'boolean',
    default: true,
    describe: 'Read each user first; --no-read leaves it out',
  },
} as const

/** Where runs are kept. */
export const runsDirectoryOption = {
  'runs-dir': {
    type: 'string',
    requiresArg: true,
    default: 'runs',
    describe: 'Directory that holds the runs',
  },
} as const

/** For commands whose answer a program may read. */
export const jsonOption = {
  json: { type: 'boolean', default: false, describe: 'Print the answer as JSON' },
} as const

/** For commands that send. */
export const sendingOptions = {
  yes: { type: 'boolean', default: false, describe: 'Send without asking' },
  quiet: { type: 'boolean', default: false, describe: 'No progress' },
  drain: {
    type: 'number',
    requiresArg: true,
    default: 15,
    describe: 'Seconds that a stop waits for what is under way',
  },
  'accept-refusals': {
    type: 'boolean',
    default: false,
    describe: 'Report refused users as failed, also many in a row',
  },
} as const
