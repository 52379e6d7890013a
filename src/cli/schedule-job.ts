import { resolve } from 'node:path'
import { IANAZone } from 'luxon'
import { prepare } from '../job/prepare.ts'
import { type ExitCode, exitCodes, Refusal } from '../messages/known-error.ts'
import { Announcements } from '../store/announcements.ts'
import { scheduleId } from '../store/schedule.ts'
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

/**
 * Begins, changes or ends the schedule of a job. Each time, a worker reads job file and input again.
 *
 * @throws Refusal when the job is wrong, or the pattern or time zone is not one
 */
export async function scheduleJob(
  tables: Pick<Tables, 'schedules' | 'url'>,
  args: ScheduleArguments & Readonly<Record<string, unknown>>,
  input: string | undefined,
): Promise<ExitCode> {
  const { every: pattern, job: jobFile, 'time-zone': timeZone = 'UTC' } = args
  if (jobFile === undefined || input === '-')
    throw new Refusal(
      'A schedule reads a job file, and a file as its input, again each time.',
      'okta-lifecycle submit --job FILE --every "15 2 * * *" --time-zone Europe/Berlin --yes',
    )
  const { plan, 'run-id': runId } = args
  if (plan !== undefined || runId !== undefined)
    throw new Refusal(
      'A schedule begins a new run each time, with an id of its own, and a saved plan is carried out only once.',
      `Leave out ${plan === undefined ? '--run-id' : '--plan'}, or leave out --every.`,
    )
  const prepared = await prepare(input, args)
  const { name: job } = prepared.merge(null)
  const { orgUrl } = await configuredOrg()
  const id = scheduleId({ job, orgUrl })
  const announcements = await Announcements.open(tables.url)
  try {
    if (pattern === never) {
      const was = await tables.schedules.remove(id)
      await announcements.unschedule(id)
      return tell(
        args,
        { job, schedule: null },
        was ? `Job ${job} is not submitted any more.` : `Job ${job} has no schedule.`,
      )
    }
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
    const given = Object.fromEntries(
      kept.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])),
    )
    const source = {
      ...given,
      job: resolve(jobFile),
      ...(input === undefined ? {} : { input: resolve(input) }),
    }
    try {
      await announcements.schedule(id, pattern, timeZone)
    } catch (error) {
      throw new Refusal(
        `--every: ${JSON.stringify(pattern)} is not a time as cron writes it: minute, hour, day of the month, month, day of the week; before them, if wanted, the second.`,
        '--every "15 2 * * *" is every day at a quarter past two; --every never ends the schedule.',
        error,
      )
    }
    await tables.schedules.keep({ job, orgUrl, pattern, timeZone, arguments: source })
    return tell(
      args,
      { job, schedule: pattern },
      `Job ${job} is submitted at ${pattern} in ${timeZone}, by a worker that has credentials for ${orgUrl}.`,
    )
  } finally {
    await announcements.close()
  }
}

function tell({ json }: ScheduleArguments, answer: object, text: string): ExitCode {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`)
  return exitCodes.done
}
