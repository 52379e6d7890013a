import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { RunStopped, StopSwitch } from '../../messages/stop.ts'
import { Announcements } from '../../store/announcements.ts'
import { openDatabase } from '../../store/database.ts'
import { untilAnswered } from '../../store/patience.ts'
import { noteDue } from '../../store/schedules.ts'
import { parseStoreUrl, type StoreUrl } from '../../store/store-url.ts'
import { forgetWorker } from '../../store/workers.ts'
import { describeRestored } from '../describe-restored.ts'
import { claimant } from '../in-store.ts'
import { storeVariable } from '../store-variable.ts'
import { say, withStopHooks } from '../terminal/stop-hooks.ts'
import { type Orgs, readOrgs } from '../worker/orgs.ts'
import { Worker } from '../worker/worker.ts'

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
/** After a stop, the longest wait beyond the drain: the store may be away. */
const lastWaitMs = 10_000

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
      await workFor(parseStoreUrl(url.trim()), args, orgs, stop)
    } catch (error) {
      if (!(error instanceof RunStopped)) throw error
    }
    return stop.reason?.exitCode ?? exitCodes.done
  })
}

async function workFor(store: StoreUrl, args: Arguments, orgs: Orgs, stop: StopSwitch): Promise<void> {
  const { runs } = args
  const connections = runs * connectionsOfRun + connectionsBesides
  const database = await untilAnswered(
    () => openDatabase(store, connections),
    () => stop.check(),
    () => say(`The store ${store.shown} does not answer. Work begins when it does.`),
  )
  stop.signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(exitCodes.terminated), args.drain * 1000 + lastWaitMs).unref()
  })
  const restored = describeRestored(database)
  if (restored !== null) say(restored)
  say(`Working for ${database.url.shown}, on up to ${runs} runs at once, in ${[...orgs.keys()].join(', ')}.`)
  const announcements = await untilAnswered(
    () => Announcements.open(database.url),
    () => stop.check(),
  )
  const options = { ...args, database, claimant: claimant(), orgs, stop, announcements, say }
  const worker = new Worker(options)
  announcements.listen({
    runs,
    onRun: (runId) => worker.carryOut(runId),
    onDue: async (schedule, at) => {
      await noteDue(database, schedule, new Date(at))
      worker.lookNow()
    },
  })
  await worker.work()
  await announcements.close().catch(() => {})
  await forgetWorker(database, options.claimant).catch(() => {})
  await database.close().catch(() => {})
}
