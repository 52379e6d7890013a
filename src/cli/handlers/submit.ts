import type { InputArguments } from '../../job/prepare.ts'
import { type ExitCode, Refusal } from '../../messages/known-error.ts'
import type { StoreArguments } from '../store-arguments.ts'
import { runInput } from './run.ts'

interface Arguments extends InputArguments, StoreArguments {
  readonly job?: string | undefined
  readonly plan?: string | undefined
  readonly every?: string | undefined
  readonly 'time-zone'?: string | undefined
  readonly 'run-id'?: string | undefined
  readonly 'runs-dir': string
  readonly 'accept-refusals': boolean
  readonly 'accept-unusual': boolean
  readonly 'if-changed': boolean
  readonly yes: boolean
  readonly quiet: boolean
  readonly json: boolean
}

/** See `commands/submit.ts`. */
export async function submitInput(args: Arguments, input: string | undefined): Promise<ExitCode> {
  const { runStore, tables, every, 'time-zone': timeZone } = args
  if (runStore === undefined || tables === undefined)
    throw new Refusal(
      'A run is submitted to a store, and none is given.',
      'Add --store postgres://USER@HOST/DATABASE, or set OKTA_LIFECYCLE_STORE',
    )
  if (every !== undefined) {
    const { scheduleJob } = await import('../schedule-job.ts')
    return await scheduleJob(tables, { ...args, every }, input)
  }
  if (timeZone !== undefined)
    throw new Refusal('--time-zone belongs to a schedule.', 'Add --every PATTERN, or leave out --time-zone.')
  return await runInput({ ...args, sandbox: false, drain: 0, submit: true }, input)
}
