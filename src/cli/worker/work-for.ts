import { exitCodes } from '../../messages/known-error.ts'
import type { Announcements, Listener } from '../../store/announcements.ts'
import { untilAnswered } from '../../store/patience.ts'
import { describeRestored } from '../describe-restored.ts'
import { Worker, type WorkerOptions } from './worker.ts'

/** After a stop, the longest wait beyond the drain: the store may be away. */
const lastWaitMs = 10_000

/** What a worker is told by. */
type Announcer = Pick<Announcements, 'announce' | 'keepSchedule' | 'listen' | 'close'>

export interface WorkForOptions extends Omit<WorkerOptions, 'announcements'> {
  readonly openAnnouncements: () => Promise<Announcer>
}

/**
 * Works for a store until the switch is turned, and closes it.
 *
 * @throws RunStopped when that happens before anything is begun
 */
export async function workFor({ openAnnouncements, ...options }: WorkForOptions): Promise<void> {
  const { tables, claimant, orgs, runs, drain, stop, say } = options
  stop.signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(exitCodes.terminated), drain * 1000 + lastWaitMs).unref()
  })
  const restored = describeRestored(tables.restored)
  if (restored !== null) say(restored)
  say(`Working for ${tables.url.shown}, on up to ${runs} runs at once, in ${[...orgs.keys()].join(', ')}.`)
  const announcements = await untilAnswered(openAnnouncements, () => stop.check())
  const worker = new Worker({ ...options, announcements })
  const listener: Listener = {
    runs,
    onRun: (runId) => worker.carryOut(runId),
    onDue: async (schedule, at) => {
      const hasCome = await untilAnswered(
        () => tables.schedules.noteDue(schedule, new Date(at)),
        () => stop.check(),
      )
      // It is told again until then.
      if (!hasCome) throw new Error('The clock of this machine is ahead of the store’s.')
      worker.lookNow()
    },
  }
  await untilAnswered(
    () => announcements.listen(listener),
    () => stop.check(),
  )
  await worker.work()
  await announcements.close().catch(() => {})
  await tables.workers.forget(claimant).catch(() => {})
  await tables.close().catch(() => {})
}
