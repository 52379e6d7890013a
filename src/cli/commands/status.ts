import { isLocked } from '../../files/lock.ts'
import { RunState } from '../../journal/journal-state.ts'
import { replayJournal } from '../../journal/open-journal.ts'
import { type ExitCode, exitCodes } from '../../messages/known-error.ts'
import { readSummary } from '../../report/summary.ts'
import { resultNames } from '../../rules/result.ts'
import { findRun, hasJournal } from '../../run/run-directory.ts'
import { type RunFile, readRunFile } from '../../run/run-file.ts'
import { defineCommand } from '../command.ts'
import { jsonOption, runsDirectoryOption } from '../options.ts'

export const statusCommand = defineCommand({
  usage: 'status [run]',
  describe: 'Show how far a run is, also while it is at work',
  positional: { name: 'run', describe: 'Run id or run directory; the latest run where none is named' },
  options: {
    latest: { type: 'boolean', default: false, describe: 'The run that was started last' },
    ...runsDirectoryOption,
    ...jsonOption,
  },
  examples: [['$0 status --latest --json', 'The counts of the latest run, for a program']],
  handler: async (args, name): Promise<ExitCode> => {
    const directory = await findRun(args['runs-dir'], name, args.latest || name === undefined)
    const run = await readRunFile(directory)
    // Before the journal, which may go on meanwhile.
    const recorded = (await readSummary(directory))?.journal ?? null
    const state = (await hasJournal(directory))
      ? (await replayJournal(directory, run, recorded)).state
      : new RunState(1)
    const status = describe(directory, run, state, await isLocked(directory))
    process.stdout.write(args.json ? `${JSON.stringify(status, null, 2)}\n` : render(status))
    return exitCodes.done
  },
})

/** The answer of `status`. */
interface RunStatus {
  readonly run_id: string
  readonly job: string
  readonly org: string
  /** `working`: a process is at it now; `died`: its process ended without a word. */
  readonly state: RunFile['state'] | 'working' | 'died'
  readonly reason: string | null
  readonly rows: number
  readonly tasks: number
  readonly done: number
  readonly results: Readonly<Record<string, number>>
  readonly directory: string
}

function describe(directory: string, run: RunFile, state: RunState, working: boolean): RunStatus {
  const { counts, done } = state
  return {
    run_id: run.run_id,
    job: run.job.name,
    org: run.org_url,
    state: working ? 'working' : run.state === 'running' ? 'died' : run.state,
    reason: run.reason,
    rows: run.input.rows,
    tasks: run.input.tasks,
    done,
    results: {
      ...Object.fromEntries(resultNames.map((name) => [name, counts.get(name) ?? 0])),
      not_run: run.input.tasks - done,
    },
    directory,
  }
}

function render(status: RunStatus): string {
  const counts = Object.entries(status.results).filter(([, count]) => count > 0)
  const reason = status.reason === null ? '' : `: ${status.reason}`
  const resumable = !['finished', 'working', 'closed'].includes(status.state)
  return [
    `Run ${status.run_id} (${status.job}, ${status.org}) ${status.state}${reason}`,
    `${status.done} of ${status.tasks} tasks have a result: ${counts.map(([name, count]) => `${count} ${name}`).join(', ')}`,
    `Directory: ${status.directory}`,
    ...(resumable ? [`Next: okta-lifecycle resume ${status.run_id}`] : []),
    '',
  ].join('\n')
}
