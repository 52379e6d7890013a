import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DateTime, IANAZone } from 'luxon'
import { exists } from '../files/exists.ts'
import { checkPattern, nextDue, nextTimes } from '../input/due/cron-times.ts'
import { prepare } from '../job/prepare.ts'
import { type ExitCode, exitCodes, Refusal } from '../messages/known-error.ts'
import { visible } from '../messages/shown.ts'
import { Announcements } from '../store/announcements.ts'
import { type Schedule, scheduleId } from '../store/schedule.ts'
import { isOfStore, storeError } from '../store/store-error.ts'
import type { Tables } from '../store/tables.ts'
import { inputOptions, unusualOption } from './options.ts'
import { configuredOrg } from './org.ts'

/** The word in place of a pattern that ends a schedule. */
const never = 'never'

/** What `submit --every` is given. */
export interface ScheduleArguments {
  readonly job?: string | undefined
  readonly every: string
  readonly 'time-zone'?: string | undefined
  readonly yes: boolean
  readonly json: boolean
}

/** The options that each submission is given again. */
const kept: readonly string[] = [
  ...Object.keys(inputOptions),
  ...Object.keys(unusualOption),
  'accept-refusals',
  'if-changed',
]

/** How many of the next times are told. */
const toldTimes = 3

/**
 * Begins, changes or ends the schedule of a job. Each time, a worker reads job file and input again.
 *
 * @throws Refusal when the job is wrong, or the pattern or time zone is not one; KnownError when the store is away
 */
export async function scheduleJob(
  tables: Pick<Tables, 'schedules' | 'url'>,
  args: ScheduleArguments & Readonly<Record<string, unknown>>,
  input: string | undefined,
): Promise<ExitCode> {
  const { job: jobFile, plan, 'run-id': runId } = args
  if (jobFile === undefined || input === '-')
    throw new Refusal(
      'A schedule reads a job file, and a file as its input, again each time.',
      'okta-lifecycle submit --job FILE --every "15 2 * * *" --time-zone Europe/Berlin --yes',
    )
  if (plan !== undefined || runId !== undefined)
    throw new Refusal(
      'A schedule begins a new run each time, with an id of its own, and a saved plan is carried out only once.',
      `Leave out ${plan === undefined ? '--run-id' : '--plan'}, or leave out --every.`,
    )
  const { orgUrl } = await configuredOrg()
  const asked = { ...args, jobFile, orgUrl }
  try {
    if (args.every === never) return await endSchedule(tables, asked, input)
    return await beginSchedule(tables, asked, input)
  } catch (error) {
    if (isOfStore(error)) throw storeError(tables.url, error)
    throw error
  }
}

interface Asked extends ScheduleArguments, Readonly<Record<string, unknown>> {
  readonly jobFile: string
  readonly orgUrl: string
}

async function beginSchedule(
  tables: Pick<Tables, 'schedules' | 'url'>,
  args: Asked,
  input: string | undefined,
): Promise<ExitCode> {
  const { every: pattern, jobFile, orgUrl, 'time-zone': timeZone = 'UTC' } = args
  const { name: job } = (await prepare(input, args)).merge(null)
  if (!args.yes)
    throw new Refusal(
      'Nobody can be asked each time.',
      'Add --yes, which counts for every run of the schedule.',
    )
  if (!IANAZone.isValidZone(timeZone))
    throw new Refusal(
      `--time-zone: ${JSON.stringify(timeZone)} is not an IANA time zone.`,
      '--time-zone Europe/Berlin',
    )
  const next = timesOf(pattern, timeZone)
  const given = Object.fromEntries(
    kept.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])),
  )
  const source = {
    ...given,
    job: resolve(jobFile),
    ...(input === undefined ? {} : { input: resolve(input) }),
  }
  // The file had another name before: its schedule would submit the same job once more.
  const known = await schedulesOf(tables, args, input)
  const renamed = known.filter((other) => other.job !== job)
  const before = known.find((other) => other.job === job && other.arguments.job !== source.job)
  if (before !== undefined && !(await isSameFile(String(before.arguments.job), source.job)))
    await checkNotOfAnotherFile(before)
  await withAnnouncements(tables, async (announcements) => {
    await announcements.schedule(scheduleId({ job, orgUrl }), pattern, timeZone)
    await tables.schedules.keep({ job, orgUrl, pattern, timeZone, arguments: source })
    for (const other of renamed) await remove(tables, announcements, other)
  })
  const times = next.map((at) => DateTime.fromMillis(at, { zone: timeZone }))
  return tell(args, { job, schedule: pattern, next: times.map((at) => at.toUTC().toISO()) }, [
    ...renamed.map(
      (other) => `Job ${visible(other.job)} is not submitted any more: its file names job ${job} now.`,
    ),
    ...(before === undefined
      ? []
      : [`It is read from ${source.job} from now on, and no more from ${String(before.arguments.job)}.`]),
    `Job ${job} is submitted at ${pattern} in ${timeZone}, by a worker that has credentials for ${orgUrl}.`,
    `Next: ${times.map((at) => at.toISO({ suppressMilliseconds: true, suppressSeconds: true })).join(', ')}`,
  ])
}

/** Whether two paths lead to one file, perhaps by a link. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    return (await realpath(one)) === (await realpath(other))
  } catch {
    return one === other
  }
}

/**
 * Two files may name the same job by a slip. Where the other one is still there, its users would never be done again.
 *
 * @throws Refusal if the file of a schedule still names its job, or may do so
 */
async function checkNotOfAnotherFile({ job, arguments: given }: Schedule): Promise<void> {
  const file = String(given.job)
  const input = typeof given.input === 'string' ? given.input : undefined
  const names = await prepare(input, { ...given, job: file }).then(
    (prepared) => prepared.merge(null).name,
    // A file that is there and can't be read may still name it.
    async () => ((await exists(file)) ? job : null),
  )
  if (names !== job) return
  throw new Refusal(
    `Job ${visible(job)} is scheduled already, from another file: ${file}.`,
    `Give this job another name, or end that schedule first: okta-lifecycle submit --job ${file} --every never`,
  )
}

/**
 * Ends the schedules of a job in an org: by its file, or by its name. The file may be gone or changed by now, and a schedule
 * must end all the same.
 */
async function endSchedule(
  tables: Pick<Tables, 'schedules' | 'url'>,
  args: Asked,
  input: string | undefined,
): Promise<ExitCode> {
  const ended = await schedulesOf(tables, args, input)
  const path = resolve(args.jobFile)
  for (const schedule of ended)
    if ((await exists(path)) && !(await isSameFile(String(schedule.arguments.job), path)))
      await checkNotOfAnotherFile(schedule)
  await withAnnouncements(tables, async (announcements) => {
    for (const schedule of ended) await remove(tables, announcements, schedule)
  })
  if (ended.length > 0)
    return tell(
      args,
      { job: ended[0]?.job, schedule: null },
      ended.map(({ job }) => `Job ${visible(job)} is not submitted any more.`),
    )
  // Nothing is known by that name or file: say it of the job, if the file tells one.
  const { name: job } = (await prepare(input, args)).merge(null)
  return tell(args, { job, schedule: null }, [`Job ${job} has no schedule.`])
}

/** The schedules of a job in its org: those that read its file, and that of the job which the file, or the word, names. */
async function schedulesOf(
  { schedules }: Pick<Tables, 'schedules'>,
  args: Asked,
  input: string | undefined,
): Promise<readonly Schedule[]> {
  const name = await prepare(input, args).then(
    (prepared) => prepared.merge(null).name,
    () => args.jobFile,
  )
  const path = resolve(args.jobFile)
  const ofOrg = (await schedules.all()).filter(({ orgUrl }) => orgUrl === args.orgUrl)
  const areOurs = await Promise.all(
    ofOrg.map(
      async ({ job, arguments: given }) => job === name || (await isSameFile(String(given.job), path)),
    ),
  )
  return ofOrg.filter((_, index) => areOurs[index])
}

async function remove(
  { schedules }: Pick<Tables, 'schedules'>,
  announcements: Announcements,
  schedule: Schedule,
): Promise<void> {
  const id = scheduleId(schedule)
  await schedules.remove(id)
  await announcements.unschedule(id)
}

async function withAnnouncements(
  { url }: Pick<Tables, 'url'>,
  work: (announcements: Announcements) => Promise<void>,
): Promise<void> {
  const announcements = await Announcements.open(url, nextDue)
  try {
    await work(announcements)
  } finally {
    await announcements.close().catch(() => {})
  }
}

/** @throws Refusal for a pattern that is not one of cron */
function timesOf(pattern: string, timeZone: string): readonly number[] {
  try {
    checkPattern(pattern)
    return nextTimes(pattern, timeZone, Date.now(), toldTimes)
  } catch (error) {
    throw new Refusal(
      `--every: ${JSON.stringify(pattern)} is not a time as cron writes it, or one that never comes: minute, hour, day of the month, month, day of the week; before them, if wanted, the second.`,
      '--every "15 2 * * *" is every day at a quarter past two; --every never ends the schedule.',
      error,
    )
  }
}

function tell({ json }: ScheduleArguments, answer: object, lines: readonly string[]): ExitCode {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${lines.join('\n')}\n`)
  return exitCodes.done
}
