import { nextDue } from '../../input/due/cron-times.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { Announcements } from '../../store/announcements.ts'
import { untilAnswered } from '../../store/patience.ts'
import { openTables } from '../../store/postgres-tables.ts'
import { parseStoreUrl } from '../../store/store-url.ts'
import { newClaimant } from '../claimant.ts'
import { storeVariable } from '../store-variable.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'
import { askCredentials } from '../worker/ask-credentials.ts'
import { readOrgs } from '../worker/orgs.ts'
import { workFor } from '../worker/work-for.ts'

interface Arguments {
  readonly store?: string | undefined
  readonly runs: number
  readonly orgs?: string | undefined
  readonly drain: number
}

const mostRuns = 100
/** Connections besides those of the runs: to look for open ones. */
const connectionsBesides = 2
/** Connections of each run: one for its journal, one for its permits and its claim. */
const connectionsOfRun = 2

/** See `commands/worker.ts`. */
export async function work(args: Arguments): Promise<ExitCode> {
  const { runs } = args
  if (!Number.isInteger(runs) || runs < 1 || runs > mostRuns)
    throw new Refusal(
      `--runs: a whole number from 1 to ${mostRuns} was expected.`,
      'okta-lifecycle worker --runs 4',
    )
  const url = args.store ?? process.env[storeVariable]
  if (url === undefined || url.trim() === '')
    throw new Refusal(
      'A worker works for a store, and none is given.',
      'Add --store postgres://USER@HOST/DATABASE, or set OKTA_LIFECYCLE_STORE',
    )
  const orgs = await readOrgs(args.orgs)
  const stop = new StopSwitch()
  return await withStopHooks(stop, async () => {
    try {
      const store = parseStoreUrl(url.trim())
      const tables = await untilAnswered(
        () => openTables(store, runs * connectionsOfRun + connectionsBesides),
        () => stop.check(),
        () => say(`The store ${store.shown} does not answer. Work begins when it does.`),
      )
      const openAnnouncements = (): Promise<Announcements> => Announcements.open(store, nextDue)
      await workFor({
        ...args,
        tables,
        claimant: newClaimant(),
        orgs,
        stop,
        openAnnouncements,
        // It counts in the budget that the runs share.
        askCredentials: (org) => askCredentials({ ...org, budgetIn: tables }, stop),
        say,
      })
    } catch (error) {
      if (!(error instanceof RunStopped)) throw error
    }
    return stop.reason?.exitCode ?? exitCodes.done
  })
}
