import { inputEncodings } from '../input/bytes/encoding.ts'
import { hiddenRowsChoices } from '../input/input-file.ts'
import { inputFormats } from '../input/row.ts'
import { Refusal } from '../messages/known-error.ts'
import { actionNames } from '../okta/actions.ts'

/** Guards that may change when a run goes on. */
export const guardOptions = {
  'max-users': {
    type: 'number',
    requiresArg: true,
    describe: 'Stop before the first call if the input names more users than this',
  },
  'max-percent': {
    type: 'number',
    requiresArg: true,
    describe:
      "Stop before the first call if the input names more than this percentage of the org's active users",
  },
  'max-failures': {
    type: 'number',
    requiresArg: true,
    describe: 'How many tasks may fail; one more stops the run',
  },
  'max-failure-rate': {
    type: 'number',
    requiresArg: true,
    describe:
      'Stop when more than this fraction of the tasks has failed, such as 0.2; checked once 50 tasks have ended',
  },
  'max-duration': {
    type: 'string',
    requiresArg: true,
    describe: 'Stop after this time at work, such as 90s, 15m or 2h',
  },
  'protect-admins': {
    type: 'boolean',
    describe:
      'Leave all users who have an admin role alone, even if only through a group; --no-protect-admins turns this off [default: as the job says]',
  },
  'protect-groups': {
    type: 'boolean',
    describe:
      "Leave the members of the job's protected groups alone; --no-protect-groups turns this off [default: as the job says]",
  },
} as const

/** Lets a new run begin from one that was put back from an older copy of its store. */
export const takeCopyOption = {
  'take-copy': {
    type: 'boolean',
    default: false,
    describe:
      'Go on from a finished run although its store was restored from an older copy, because none has gone on from it since',
  },
} as const

/** Lets the run go on with an input that is unusual for its job. */
export const unusualOption = {
  'accept-unusual': {
    type: 'boolean',
    default: false,
    describe: "Go on although the input differs from those of the job's earlier runs",
  },
} as const

/** The options that name the input and the work: the same for every command that reads an input. */
export const inputOptions = {
  job: { type: 'string', requiresArg: true, describe: 'Job file, YAML or JSON' },
  action: {
    type: 'string',
    requiresArg: true,
    describe: `Action for rows that name none; one of ${actionNames.join(', ')}`,
  },
  'user-column': { type: 'string', requiresArg: true, describe: 'Column that holds ids or logins' },
  'action-column': {
    type: 'string',
    requiresArg: true,
    describe: 'Column that holds each row\'s action, or the word "none" if there is no such column',
  },
  'header-line': {
    type: 'number',
    requiresArg: true,
    describe:
      'Line of a CSV file, or row of a sheet, that names the columns [default: the first that is not blank]',
  },
  sheet: {
    type: 'string',
    requiresArg: true,
    describe: 'Sheet of a workbook to read [default: the first that is not hidden]',
  },
  'hidden-rows': {
    choices: hiddenRowsChoices,
    requiresArg: true,
    describe: 'What to do with hidden or filtered rows of a workbook [default: refuse]',
  },
  'short-names': {
    type: 'boolean',
    describe: 'Take a key without @ as the part of a login before the @: ada for ada@example.com',
  },
  format: {
    choices: inputFormats,
    requiresArg: true,
    describe: 'Format of the input [default: by its extension, or by its content]',
  },
  encoding: {
    type: 'string',
    requiresArg: true,
    describe: `Encoding of the input: ${inputEncodings.join(', ')} [default: by its byte-order mark; utf-8 without one]`,
  },
  share: {
    type: 'number',
    requiresArg: true,
    describe: 'Fraction of the rate limit to use, above 0 and up to 1 [default: 0.5]',
  },
  concurrency: {
    type: 'number',
    requiresArg: true,
    describe: 'How many requests may be under way at once, besides those that hang [default: 10]',
  },
  ...guardOptions,
  'skip-invalid': {
    type: 'boolean',
    describe: 'Report bad rows as skipped and do the rest',
  },
  read: {
    type: 'boolean',
    default: true,
    describe: 'Read each user first; --no-read turns this off',
  },
} as const

/** Where runs are kept in place of a runs directory. */
export const storeOption = {
  store: {
    type: 'string',
    requiresArg: true,
    describe:
      'Keep the runs in PostgreSQL, shared by several machines: postgres://USER@HOST/DATABASE [default: OKTA_LIFECYCLE_STORE]',
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
  ...storeOption,
} as const

/** For commands that can print their answer for programs. */
export const jsonOption = {
  json: { type: 'boolean', default: false, describe: 'Print the answer as JSON' },
} as const

/** The longest drain, in seconds: longer than any sensible time limit of a request. */
const longestDrain = 600

/** @throws Refusal for a time out of range */
function drainSeconds(value: number): number {
  if (value >= 0 && value <= longestDrain) return value
  throw new Refusal(`--drain: a number from 0 to ${longestDrain} was expected.`, 'okta-lifecycle run --help')
}

/** How long a stop waits. */
export const drainOption = {
  drain: {
    type: 'number',
    requiresArg: true,
    default: 15,
    coerce: drainSeconds,
    describe: 'Seconds that a stop waits for calls under way, 0 to 600',
  },
} as const

/** For commands that send, or let workers send. */
const consentOptions = {
  yes: { type: 'boolean', default: false, describe: 'Send without asking' },
  quiet: { type: 'boolean', default: false, describe: 'Show no progress' },
  'accept-refusals': {
    type: 'boolean',
    default: false,
    describe: 'Report users whom Okta refuses as failed, even if there are many in a row',
  },
} as const

/** For the command that leaves a run to workers. */
export const submittingOptions = {
  'run-id': {
    type: 'string',
    requiresArg: true,
    describe: 'Name of the run [default: time and job]',
  },
  every: {
    type: 'string',
    requiresArg: true,
    describe:
      'Submit the job again and again, at times as cron writes them, such as "15 2 * * *"; never: not any more',
  },
  'time-zone': {
    type: 'string',
    requiresArg: true,
    describe: 'With --every: IANA time zone of these times, such as Europe/Berlin [default: UTC]',
  },
  'if-changed': {
    type: 'boolean',
    default: false,
    describe:
      "Submit nothing if the job's latest run did everything, the input and the job are the same, and no row has become due since",
  },
  plan: {
    type: 'string',
    requiresArg: true,
    describe: 'Leave a plan saved by plan --out to the workers, exactly as it is',
  },
  ...consentOptions,
} as const

/** For commands that send. */
export const sendingOptions = {
  yes: consentOptions.yes,
  quiet: consentOptions.quiet,
  ...drainOption,
  'accept-refusals': consentOptions['accept-refusals'],
  'metrics-file': {
    type: 'string',
    requiresArg: true,
    describe: "File for the run's counts and times, in the form that Prometheus' node exporter reads",
  },
} as const
