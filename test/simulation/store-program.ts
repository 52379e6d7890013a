import { newClaimant } from '../../src/cli/claimant.ts'
import { writeReportsAgain } from '../../src/cli/handlers/report.ts'
import { resumeRun } from '../../src/cli/handlers/resume.ts'
import { retryRun } from '../../src/cli/handlers/retry.ts'
import { submitInput } from '../../src/cli/handlers/submit.ts'
import { undoRun } from '../../src/cli/handlers/undo.ts'
import { onWorkingCopy } from '../../src/cli/on-working-copy.ts'
import { configuredOrg } from '../../src/cli/org.ts'
import { say, withStopHooks } from '../../src/cli/terminal/stop-hooks.ts'
import { askCredentials } from '../../src/cli/worker/ask-credentials.ts'
import { workFor } from '../../src/cli/worker/work-for.ts'
import { RunStopped, StopSwitch } from '../../src/messages/stop.ts'
// Loaded here, since the program loads it in mid-run, which takes real time.
import '../../src/store/shared-ledger.ts'
import type { SimAnnouncer } from './announcer.ts'
import type { SimProcess } from './process.ts'
import { reportsErrors, sending } from './program.ts'
import type { SimStore } from './sim-store.ts'
import { runsDirectory, type World } from './world.ts'

/** A store, and who tells of what waits there. */
export interface StorePlace {
  readonly store: SimStore
  readonly announcer: SimAnnouncer
}

/** `okta-lifecycle worker --runs N` on a host of its own. */
export function startWorker(
  world: World,
  { store, announcer }: StorePlace,
  index: number,
  runs: number,
): SimProcess {
  const { refused = null } = world.scenario.store ?? {}
  const work = async (): Promise<number> => {
    const stop = new StopSwitch()
    const org = await configuredOrg()
    return await withStopHooks(stop, async () => {
      try {
        await workFor({
          tables: store.tables,
          claimant: newClaimant(),
          orgs: new Map([[org.orgUrl, org]]),
          runs,
          drain: sending.drain,
          stop,
          openAnnouncements: async () => announcer,
          askCredentials: (asked) =>
            refused === null
              ? Promise.resolve({ kind: 'accepted' })
              : askCredentials({ ...asked, budgetIn: store.tables }, stop),
          say,
        })
      } catch (error) {
        if (!(error instanceof RunStopped)) throw error
      }
      return stop.reason?.exitCode ?? 0
    })
  }
  return start(world, `worker ${index}`, `host-w${index}`, work)
}

/** `okta-lifecycle submit INPUT --job JOB --run-id RUN --yes`. */
export function startSubmit(
  world: World,
  place: StorePlace,
  { runId, job, input }: { readonly runId: string; readonly job: string; readonly input: string },
): SimProcess {
  const args = {
    ...sending,
    // Another part of an input looks like another input.
    'accept-unusual': true,
    'if-changed': false,
    job,
    'run-id': runId,
    read: world.scenario.readFirst,
    skipInvalid: true,
  }
  const command = {
    ofStore: 'history',
    run: (given: object) => submitInput({ ...args, ...given }, input),
  } as const
  return start(world, `submit ${runId}`, 'host-a', () => onStore(place, command, args))
}

/** `okta-lifecycle resume RUN --yes`, `retry`, or `undo`, from any host. */
export function startOnRun(
  world: World,
  place: StorePlace,
  what: 'resume' | 'retry' | 'undo',
  runId: string,
  machine = 'host-a',
): SimProcess {
  const args = { ...sending, latest: false, 'take-sound-part': false, 'take-copy': false, run: runId }
  const run = (given: object): Promise<number> => {
    const all = { ...args, ...given }
    if (what === 'resume') return resumeRun(all, runId)
    return what === 'retry' ? retryRun(all, runId) : undoRun(all, runId)
  }
  return start(world, `${what} ${runId}`, machine, () => onStore(place, { ofStore: 'named', run }, args))
}

/** `okta-lifecycle report RUN`, on a copy of the run that the world has taken out of the store. */
export function startReport(world: World, runId: string): SimProcess {
  const args = { latest: false, format: 'csv,jsonl,json', open: false, 'runs-dir': runsDirectory, json: true }
  return start(world, `report ${runId}`, 'host-r', () => writeReportsAgain(args, runId))
}

async function onStore(
  { store, announcer }: StorePlace,
  command: Parameters<typeof onWorkingCopy<number>>[1],
  args: Readonly<Record<string, unknown>>,
): Promise<number> {
  const announce: SimAnnouncer['announce'] = (run) => announcer.announce(run)
  return await onWorkingCopy({ tables: store.tables, claimant: newClaimant(), announce }, command, args)
}

function start(world: World, command: string, machine: string, run: () => Promise<number>): SimProcess {
  const process = world.start(command, () => reportsErrors(run), machine)
  process.shares = 'the store'
  return process
}
