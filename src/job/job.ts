// Over 300 lines: the job file's schema and the job that it resolves to are read side by side, key by key.

import * as z from 'zod'
import { inputEncodings, knownEncodings, parseEncoding } from '../input/bytes/encoding.ts'
import { inputFormats } from '../input/row.ts'
import { actionNames } from '../okta/actions.ts'
import { userStatuses } from '../okta/status.ts'
import { duration } from './duration-value.ts'
import { describeFound } from './explain-issue.ts'
import { inputValues, resolvedInputValues } from './input-values.ts'
import { notification, resolvedNotification } from './notification.ts'
import { jobStep } from './step.ts'
import { resolvedVerification, verification, verificationDefaults } from './verification.ts'

/** The values if neither a flag nor the job file says anything. */
export const jobDefaults = {
  order: 'user',
  respond_async: false,
  in_doubt: 'keep',
  share: 0.5,
  concurrency: 10,
  protect: [],
  protect_groups: [],
  read_first: true,
  skip_invalid: false,
  short_names: false,
  empty: 'ok',
  hidden_rows: 'refuse',
  byte_order_mark: false,
} as const

/** The single values of a job, each with its range; the job file, the stored job and the flags share them. */
export const jobValues = {
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, {
    error: (issue) =>
      `1 to 63 letters, digits, - and _ (a letter or digit first) were expected, but ${describeFound(issue.input)} was found`,
  }),
  format: z.enum(inputFormats),
  encoding: z
    .string()
    .meta({ examples: [...inputEncodings] })
    .transform((text, context) => {
      const encoding = parseEncoding(text)
      if (encoding !== null) return encoding
      const message = `one of ${knownEncodings} was expected, but ${describeFound(text)} was found`
      context.addIssue({ code: 'custom', message, input: text })
      return z.NEVER
    }),
  column: z.string().min(1),
  action: z.enum(actionNames),
  steps: z.array(jobStep).min(1),
  order: z.enum(['user', 'step']),
  in_doubt: z.enum(['keep', 'retry']),
  max_percent: z.number().gt(0).max(100),
  unusual: z.enum(['ask', 'stop', 'off']),
  protect_groups: z.array(
    z.string().regex(/^00g[A-Za-z0-9]{17}$/, {
      error: (issue) =>
        `the id of a group (00g and 17 letters or digits) was expected, but ${describeFound(issue.input)} was found`,
    }),
  ),
  share: z.number().gt(0).max(1),
  concurrency: z.int().min(1).max(1000),
  max_users: z.int().min(1),
  max_failures: z.int().min(0),
  max_failure_rate: z.number().gt(0).lt(1),
  protect: z.array(z.string().min(1)),
  only_status: z.array(z.enum(userStatuses)).min(1),
  activation_links: z.string().min(1),
}

const input = z.strictObject({
  file: z
    .string()
    .min(1)
    .optional()
    .describe('The path of the input, relative to the job file. An input named on the command line wins.'),
  format: jobValues.format
    .optional()
    .describe('By default the file extension of the input decides; if it is unknown, the content does.'),
  encoding: jobValues.encoding
    .optional()
    .describe(
      `By default the byte-order mark of the input decides; without one it is utf-8. One of ${knownEncodings}, in any letter case.`,
    ),
  user_column: jobValues.column
    .optional()
    .describe(
      'The column that holds ids or logins. In JSON a dotted name reaches into objects: profile.login.',
    ),
  action_column: jobValues.column
    .optional()
    .describe("The column that holds each row's action, or the word none if there is no such column."),
  check: inputValues.check
    .optional()
    .describe("The column with each user's login: a user with another login in Okta is skipped."),
  where: inputValues.where
    .optional()
    .describe(
      'For each column, the cells that are wanted, in any letter case. Rows with other cells are skipped as not selected. If several columns are named, all must match.',
    ),
  due: inputValues.due
    .optional()
    .describe(
      'When each row is due. A row is not done before then; the next run of the job after that time does it.',
    ),
  short_names: inputValues.short_names.optional().meta({
    description:
      'Whether a key without @ may be a short name, the part of a login before the @: ada for ada@example.com.',
    default: jobDefaults.short_names,
  }),
  header_line: inputValues.header_line
    .optional()
    .describe(
      'The line of a CSV file, or the row of a sheet, that names the columns. Blank lines count. By default it is the first that is not blank.',
    ),
  sheet: inputValues.sheet
    .optional()
    .describe('The sheet of a workbook that is read; by default the first that is not hidden.'),
  hidden_rows: inputValues.hidden_rows.optional().meta({
    description:
      'Rows of a workbook that are hidden or filtered out: refuse makes them bad rows, read takes them too.',
    default: jobDefaults.hidden_rows,
  }),
  empty: inputValues.empty.optional().meta({
    description: 'Whether an input without rows is an error.',
    default: jobDefaults.empty,
  }),
})

const options = z.strictObject({
  send_email: z
    .boolean()
    .optional()
    .describe(
      "Whether Okta sends mail on activate, reactivate and deactivate. Without it, Okta's own default for each action applies. A row's send_email wins.",
    ),
  respond_async: z.boolean().optional().meta({
    description: 'Ask Okta to deactivate in the background (Prefer: respond-async).',
    default: jobDefaults.respond_async,
  }),
  in_doubt: jobValues.in_doubt.optional().meta({
    description:
      'What to do with a reactivate if nothing shows whether it was applied: keep it in doubt, or send it again.',
    default: jobDefaults.in_doubt,
  }),
})

const pace = z.strictObject({
  share: jobValues.share.optional().meta({
    description: 'The fraction of the rate limit that the run may take.',
    default: jobDefaults.share,
  }),
  concurrency: jobValues.concurrency.optional().meta({
    description: 'How many requests may be under way at once, besides those that hang.',
    default: jobDefaults.concurrency,
  }),
})

const guards = z.strictObject({
  max_users: jobValues.max_users
    .optional()
    .describe('Stop before the first call if the input names more distinct users than this.'),
  unusual: jobValues.unusual
    .optional()
    .describe(
      "What to do about an input that differs from those of the job's earlier runs: ask (or stop if nobody can be asked), stop or off. Default ask.",
    ),
  max_percent: jobValues.max_percent
    .optional()
    .describe(
      "Stop before the first call if the input names more distinct users than this percentage of the org's ACTIVE users. 100 allows any number.",
    ),
  max_failures: jobValues.max_failures
    .optional()
    .describe('How many tasks may fail in one execution. One more stops it.'),
  max_failure_rate: jobValues.max_failure_rate
    .optional()
    .describe('The fraction of the tasks that may fail, once 50 have ended: 0.2 is one in five.'),
  max_duration: duration.optional().describe('How long an execution may work, such as 2h; then it stops.'),
  protect_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A file with more ids, logins or patterns to protect, one per line, relative to the job file. Blank lines and lines that begin with # are ignored.',
    ),
  protect: jobValues.protect.optional().meta({
    description: 'Ids, logins, or login patterns with * that are never acted on.',
    default: jobDefaults.protect,
  }),
  protect_groups: jobValues.protect_groups.optional().meta({
    description: 'Ids of groups whose members are never acted on.',
    default: jobDefaults.protect_groups,
  }),
  protect_admins: z
    .boolean()
    .optional()
    .describe(
      'true: anyone who has an admin role, even through a group, is never acted on. false: administrators are treated like other users. By default nobody with an admin role of their own is deactivated or suspended.',
    ),
  only_status: jobValues.only_status
    .optional()
    .describe('Users in any other status are skipped. Judged before each step, by the status at that time.'),
})

const report = z.strictObject({
  activation_links: jobValues.activation_links
    .optional()
    .describe(
      'The file to which activation links are appended: its path, relative to the job file. It gets mode 0600, and is CSV, or JSON lines if its name ends in .jsonl. The links are written nowhere else.',
    ),
  byte_order_mark: z.boolean().optional().meta({
    description:
      'Whether results.csv and failed.csv begin with a byte-order mark, so that Excel takes them for UTF-8.',
    default: jobDefaults.byte_order_mark,
  }),
})

/** The job file: what to do, to which input, how carefully. Unknown keys are errors. */
export const jobSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find the schema of this file; has no effect.'),
    name: jobValues.name.describe('Names the job and the run directory.'),
    description: z.string().optional().describe('For people: what the job is for.'),
    input: input.optional().describe('Where the rows come from and which columns matter.'),
    action: jobValues.action
      .optional()
      .describe('The action of rows that name none. Not together with steps.'),
    steps: jobValues.steps
      .optional()
      .describe('Several actions per user, in order; each may have an if_failed. Not together with action.'),
    order: jobValues.order.optional().meta({
      description:
        'user: finish one user, then the next. step: finish a step for all users, then begin the next step.',
      default: jobDefaults.order,
    }),
    options: options.optional().describe('How the actions are sent.'),
    pace: pace.optional().describe('How fast the run may go.'),
    guards: guards.optional().describe('Limits and protections that stop work before it does harm.'),
    report: report
      .optional()
      .describe('What is written outside the run directory, and how the reports are written.'),
    notify: notification
      .optional()
      .describe(
        'Whether the web address in OKTA_LIFECYCLE_NOTIFY_URL is told how each execution of a real run has ended.',
      ),
    read_first: z.boolean().optional().meta({
      description:
        'Whether each user is read before anything is done. Cannot be false together with protect, protect_file, only_status or input.check, which need the read.',
      default: jobDefaults.read_first,
    }),
    verify: verification
      .optional()
      .describe(
        "Whether each row's last action is verified: true, false, or { for } with the longest wait for a user in transition. By default only a deactivate is verified, and only if users are read at all.",
      ),
  })
  .meta({
    title: 'Job file of okta-lifecycle',
    description: 'What to do, to which input, how carefully. YAML or JSON; paths are relative to the file.',
    not: { required: ['action', 'steps'] },
  })

/** A job as its file gives it. */
export type JobFile = z.infer<typeof jobSchema>

/**
 * The schema of {@link Job}. Null means: none, or for `send_email` Okta's own default of each action. With
 * `skip_invalid`, rows that can't be acted on are skipped and reported, instead of stopping the run before the first
 * call.
 */
export const resolvedJobSchema = z
  .strictObject({
    name: jobValues.name,
    description: z.string().nullable(),
    input: z
      .strictObject({
        format: jobValues.format,
        user_column: jobValues.column.nullable(),
        action_column: jobValues.column.nullable(),
        check: resolvedInputValues.check.nullable().default(null),
        where: resolvedInputValues.where.nullable().default(null),
        due: resolvedInputValues.due.nullable().default(null),
        short_names: inputValues.short_names.default(jobDefaults.short_names),
        header_line: inputValues.header_line.nullable().default(null),
        sheet: inputValues.sheet.nullable().default(null),
        hidden_rows: inputValues.hidden_rows.default(jobDefaults.hidden_rows),
        empty: inputValues.empty.default(jobDefaults.empty),
      })
      .readonly(),
    action: jobValues.action.nullable(),
    steps: jobValues.steps.readonly().nullable(),
    order: jobValues.order,
    options: z
      .strictObject({
        send_email: z.boolean().nullable(),
        respond_async: z.boolean(),
        in_doubt: jobValues.in_doubt,
      })
      .readonly(),
    pace: z.strictObject({ share: jobValues.share, concurrency: jobValues.concurrency }).readonly(),
    guards: z
      .strictObject({
        max_users: jobValues.max_users.nullable(),
        max_percent: jobValues.max_percent.nullable().default(null),
        unusual: jobValues.unusual.default('ask'),
        max_failures: jobValues.max_failures.nullable().default(null),
        max_failure_rate: jobValues.max_failure_rate.nullable().default(null),
        max_duration_seconds: z.number().positive().nullable().default(null),
        protect: jobValues.protect.readonly(),
        protect_groups: jobValues.protect_groups.readonly().default([]),
        /**
         * Null protects administrators only from deactivate and suspend, and roles held through groups do not count.
         */
        protect_admins: z.boolean().nullable().default(null),
        only_status: jobValues.only_status.readonly().nullable(),
      })
      .readonly(),
    /** Its paths are absolute. Runs of older versions have no such key. */
    report: z
      .strictObject({
        activation_links: jobValues.activation_links.nullable(),
        byte_order_mark: z.boolean().default(jobDefaults.byte_order_mark),
      })
      .readonly()
      .default({ activation_links: null, byte_order_mark: jobDefaults.byte_order_mark }),
    read_first: z.boolean(),
    skip_invalid: z.boolean(),
    /** Absent in runs of older versions. */
    verify: resolvedVerification.default(verificationDefaults),
    /** Null: no notifications are sent. */
    notify: resolvedNotification.nullable().default(null),
  })
  .readonly()

/**
 * A job with nothing left open: flags, job file and defaults merged. It is what a run works by and what `run.json`
 * keeps, in the words of the job file.
 */
export type Job = z.infer<typeof resolvedJobSchema>
