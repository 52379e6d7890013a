import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BucketReport } from '../budget/lane.ts'
import { createLocalLedger } from '../budget/ledger.ts'
import { Pacer } from '../budget/pacer.ts'
import { Tally } from '../budget/tally.ts'
import type { Services } from '../engine/services.ts'
import type { ValidRow } from '../input/row.ts'
import type { Job } from '../job/job.ts'
import { Journal } from '../journal/journal.ts'
import { emptyJournal } from '../journal/journal-check.ts'
import { RunState } from '../journal/journal-state.ts'
import { Recorder } from '../journal/recorder.ts'
import { type FailedRead, type FoundUser, readUser } from '../lookup/read-user.ts'
import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import type { OktaClock } from '../okta/clock.ts'
import type { OktaRequest } from '../okta/request.ts'
import type { TokenOwner } from '../rules/guards.ts'
import { RefusalStreak } from '../rules/refusal-streak.ts'
import { stopForCredentials } from '../rules/stop-reasons.ts'
import { journalFileName } from '../run/run-directory.ts'

export interface ReadingOptions {
  /** Where what is needed meanwhile may be kept. */
  readonly directory: string
  readonly job: Job
  readonly owner: TokenOwner
  readonly send: (request: OktaRequest) => Promise<Answer>
  readonly clock: OktaClock
  readonly stop: StopSwitch
  readonly requestTimeoutMs: number
  /** Reads still to come, at most. */
  readonly readsLeft: () => number
}

/** Reads users as a run does: within the share of the limit, with the same retries and the same reasons to stop. */
export interface Reading {
  /** Throws RunStopped or PacerStopped once the switch is turned. */
  readonly read: (row: ValidRow) => Promise<FoundUser | FailedRead>
  readonly buckets: () => readonly BucketReport[]
  close(): Promise<void>
}

/** Opens what reading needs. A run's services want a journal; that of a plan stays empty, for nothing has a result. */
export async function openReading(options: ReadingOptions): Promise<Reading> {
  const { directory, job, owner, clock, stop, requestTimeoutMs } = options
  const path = join(directory, journalFileName)
  await writeFile(path, '', { mode: 0o600 })
  const journal = await Journal.open(path, emptyJournal)
  const pacer = new Pacer({
    concurrency: job.pace.concurrency,
    share: job.pace.share,
    clock,
    ledger: createLocalLedger(),
    earlierSends: () => [],
    workLeft: options.readsLeft,
  })
  stop.signal.addEventListener('abort', () => pacer.stop(), { once: true })
  const services: Services = {
    job,
    owner,
    send: async (request) => {
      const answer = await options.send(request)
      if (answer.kind === 'answered' && answer.httpStatus === 401) stopForCredentials(stop, answer)
      return answer
    },
    pacer,
    clock,
    recorder: new Recorder(journal, new RunState(1), () => {}),
    stop,
    tally: new Tally(),
    links: null,
    sendPermission: new RefusalStreak(),
    readPermission: new RefusalStreak(),
    unreadable: new RefusalStreak(),
    requestTimeoutMs,
    begunAt: clock.nowAtMost(),
    parked: (wait) => wait(),
    random: Math.random,
  }
  return {
    read: (row) => readUser(services, { row: row.row, step: 1 }, row.user),
    buckets: () => pacer.report(),
    async close() {
      pacer.stop()
      await journal.close()
    },
  }
}
