import { resolve } from 'node:path'
import { knownEncodings, type NamedEncoding, parseEncoding } from '../input/bytes/encoding.ts'
import type { HiddenRows } from '../input/input-file.ts'
import type { InputFormat } from '../input/row.ts'
import { Refusal } from '../messages/known-error.ts'
import { shownUnlessSecret } from '../messages/shown.ts'
import { type Action, actionNames, parseAction } from '../okta/actions.ts'
import type { Job, JobFile } from './job.ts'
import { type LimitFlags, mergeJob } from './merge-job.ts'
import { readProtectFile } from './protect-file.ts'
import type { ReadJob } from './read-job-file.ts'

/** What the command line says about job and input. */
export interface InputArguments extends LimitFlags {
  readonly job?: string | undefined
  readonly action?: string | undefined
  readonly userColumn?: string | undefined
  readonly actionColumn?: string | undefined
  readonly headerLine?: number | undefined
  readonly sheet?: string | undefined
  readonly hiddenRows?: HiddenRows | undefined
  readonly shortNames?: boolean | undefined
  readonly format?: InputFormat | undefined
  readonly encoding?: string | undefined
  readonly share?: number | undefined
  readonly concurrency?: number | undefined
  readonly skipInvalid?: boolean | undefined
  readonly read?: boolean | undefined
}

/** What a command line asks for: an input and, if a job file is named, its job. */
export interface Prepared {
  /** Path of the input; `-` for standard input. */
  readonly source: string
  /** Absolute; null without a job file. */
  readonly jobFile: string | null
  /** Absolute path of the job's file of protected users; null if it has none. */
  readonly protectFile: string | null
  /** As the flag or the job names it; null if neither does. */
  readonly format: InputFormat | null
  /** As the flag or the job names it; null if neither does. */
  readonly encoding: NamedEncoding | null
  /**
   * Merges the whole job. `format` is null as long as it has not been settled from the input itself. Throws KnownError
   * as {@link mergeJob} does, and for flags about sheets if the input is not a workbook.
   */
  readonly merge: (format: InputFormat | null) => Job
}

/**
 * Finds job and input from the command line, before anything is written.
 *
 * @throws KnownError if the job file is wrong, no input is named, or a flag contradicts the job
 */
export async function prepare(input: string | undefined, args: InputArguments): Promise<Prepared> {
  const read = args.job === undefined ? null : await loadJobFile(args.job)
  const job = read === null ? null : await withProtectFile(withAbsolutePaths(read))
  const fromJob = job?.input?.file
  const source =
    input ?? (read !== null && fromJob !== undefined ? resolve(read.directory, fromJob) : undefined)
  if (source === undefined) {
    throw new Refusal(
      'No input is named. A CSV, JSON or Excel file was expected, or - for standard input.',
      args.job === undefined
        ? 'okta-lifecycle run users.csv --action suspend'
        : `Set input.file in the job, or name the input: okta-lifecycle run users.csv --job ${args.job}`,
    )
  }
  const flags = {
    userColumn: args.userColumn,
    actionColumn: args.actionColumn,
    headerLine: args.headerLine,
    sheet: args.sheet,
    hiddenRows: args.hiddenRows,
    shortNames: args.shortNames,
    action: args.action === undefined ? undefined : actionFlag(args.action),
    share: args.share,
    concurrency: args.concurrency,
    maxUsers: args.maxUsers,
    maxPercent: args.maxPercent,
    protectAdmins: args.protectAdmins,
    protectGroups: args.protectGroups,
    maxFailures: args.maxFailures,
    maxFailureRate: args.maxFailureRate,
    maxDuration: args.maxDuration,
    noRead: args.read === false,
    skipInvalid: args.skipInvalid,
  }
  // An input other than the job's own shows its format itself. It can't show its encoding, so the job's encoding
  // applies to both.
  const formatInJob = input === undefined || fromJob === undefined ? job?.input?.format : undefined
  const encoding = args.encoding === undefined ? job?.input?.encoding : encodingFlag(args.encoding)
  const merge = (format: InputFormat | null): Job => {
    if (format !== null) checkSheetFlags(args, format)
    return mergeJob(job, flags, format ?? 'csv')
  }
  const format = args.format ?? formatInJob ?? null
  // Flags that contradict the job are found here, before an input is read.
  merge(format)
  return {
    source,
    jobFile: args.job === undefined ? null : resolve(args.job),
    protectFile: job?.guards?.protect_file ?? null,
    format,
    encoding: encoding ?? null,
    merge,
  }
}

/** Makes a job's paths absolute: a run may be resumed from any directory, and must use the same files. */
function withAbsolutePaths({ job, directory }: ReadJob): JobFile {
  const links = job.report?.activation_links
  const list = job.guards?.protect_file
  return {
    ...job,
    ...(links === undefined
      ? {}
      : { report: { ...job.report, activation_links: resolve(directory, links) } }),
    ...(list === undefined ? {} : { guards: { ...job.guards, protect_file: resolve(directory, list) } }),
  }
}

/** Adds the entries of the protect file to the job, so that the run keeps them even if the file changes. */
async function withProtectFile(job: JobFile): Promise<JobFile> {
  const { guards } = job
  if (guards?.protect_file === undefined) return job
  const entries = await readProtectFile(guards.protect_file)
  return { ...job, guards: { ...guards, protect: [...(guards.protect ?? []), ...entries] } }
}

/** The YAML parser is loaded only if there is a job file to read. */
async function loadJobFile(path: string): Promise<ReadJob> {
  const { readJobFile } = await import('./read-job-file.ts')
  return await readJobFile(path)
}

/**
 * Refuses flags about sheets for other formats. What a job file says about sheets is ignored for them: the input may be
 * the failed.csv of a workbook's run.
 */
function checkSheetFlags({ sheet, hiddenRows }: InputArguments, format: InputFormat): void {
  if (format === 'xlsx' || (sheet === undefined && hiddenRows === undefined)) return
  const flag = sheet === undefined ? '--hidden-rows' : '--sheet'
  throw new Refusal(
    `${flag}: an Excel workbook (.xlsx) was expected, but the input is ${format.toUpperCase()}.`,
    `Leave out ${flag}, or name the workbook as the input.`,
  )
}

function actionFlag(text: string): Action {
  const action = parseAction(text)
  if (action !== null) return action
  throw new Refusal(
    `--action ${shownUnlessSecret(text)} is not an action; one of ${actionNames.join(', ')} was expected.`,
    'okta-lifecycle run users.csv --action suspend',
  )
}

function encodingFlag(text: string): NamedEncoding {
  const encoding = parseEncoding(text)
  if (encoding !== null) return encoding
  throw new Refusal(
    `--encoding ${shownUnlessSecret(text)} is not a known encoding; one of ${knownEncodings} was expected.`,
    'Save the file as UTF-8 and leave out --encoding, or name the encoding that it has.',
  )
}
