import { setTimeout as sleep } from 'node:timers/promises'
import { Queue, runMigrations, WaitingError, Worker } from 'bullmq'
import { createQuietBackend } from './quiet-backend.ts'
import { QuietClient } from './quiet-client.ts'
import type { StoreUrl } from './store-url.ts'
import type { ClaimMark } from './tables.ts'

/** The schema of PostgreSQL that BullMQ keeps its tables in, apart from ours. */
const queueSchema = 'okta_lifecycle_queue'
const queueName = 'runs'
/** PostgreSQL's code for what a user may not do. */
const noPrivilege = '42501'

/**
 * BullMQ gives a run to another worker once its worker has been silent for this long, looked for at this interval. A run
 * may lose any number of workers.
 */
const patience = { lockDuration: 15_000, stalledInterval: 8_000, maxStalledCount: 1_000_000 } as const

/**
 * What a due schedule may need until it is noted. BullMQ forgets a job that has failed, and nothing else knows of a time
 * that was due: it is told again, however often it fails.
 */
const toldAgain = { attempts: 1_000_000, backoff: { type: 'fixed', delay: 2_000 } } as const

/** What a worker does when it is told of something. `onRun` must not throw. */
export interface Listener {
  /** How many runs may be at work at once. */
  readonly runs: number
  /** Carries a run out, if it is open, and says whether it must be handed back because this worker ends. */
  readonly onRun: (runId: string) => Promise<'done' | 'handed_back'>
  /**
   * A schedule is due. `at`: the time that it names, in epoch ms. May be said more than once, and too early by a machine
   * whose clock is ahead. If it throws, it, or another worker, is told again.
   */
  readonly onDue: (schedule: string, at: number) => Promise<void>
}

/**
 * Tells workers that runs wait, and that schedules are due, by BullMQ on the store's own database. It may lose, repeat
 * or delay what it tells: what is true stands in our own tables, and each worker looks there by itself as well.
 */
export class Announcements {
  readonly #connection: QueueConnection
  readonly #settings: Settings
  readonly #queue: ReturnType<typeof queueOf>
  #worker: ReturnType<typeof workerOf> | null = null

  private constructor(url: StoreUrl, nextDue: NextDue) {
    // BullMQ's own reckoning leaves out times that a clock change skips.
    this.#settings = {
      repeatStrategy: (after, { pattern = '', tz = 'UTC' }) => nextDue(pattern, tz, after),
    }
    this.#connection = { connectionString: url.url, schema: queueSchema, max: 2, Client: QuietClient }
    this.#queue = queueOf(this.#connection, this.#settings)
    // It connects again by itself.
    this.#queue.on('error', () => {})
  }

  /**
   * Brings BullMQ's tables up to date. Throws the driver's error.
   *
   * @param nextDue throws Error for a pattern that is not one of cron
   */
  static async open(url: StoreUrl, nextDue: NextDue): Promise<Announcements> {
    const client = new QuietClient({ connectionString: url.url, connectionTimeoutMillis: 5_000 })
    try {
      await client.connect()
      await runMigrations(client, queueSchema).catch((error: unknown) => {
        // A user that may create nothing is enough where the tables are there.
        if (Reflect.get(Object(error), 'code') !== noPrivilege) throw error
      })
    } finally {
      await client.end().catch(() => {})
    }
    const announcements = new Announcements(url, nextDue)
    await announcements.#ready()
    return announcements
  }

  /** BullMQ never tries again once its first connection has broken, so whoever opens it does that. */
  async #ready(): Promise<void> {
    try {
      await this.#queue.waitUntilReady()
    } catch (error) {
      await this.#queue.close().catch(() => {})
      throw error
    }
  }

  /** Tells the workers that a run waits. To tell it twice does no harm. */
  async announce({ runId, epoch }: Omit<ClaimMark, 'holder'>): Promise<void> {
    await this.#queue.add('run', { runId }, { jobId: `${runId}-${epoch}` })
  }

  /** Begins or changes a schedule. Throws Error for a pattern that is not one of cron, and the driver's error. */
  async schedule(name: string, pattern: string, timeZone: string): Promise<void> {
    const first: unknown = await this.#queue.upsertJobScheduler(
      name,
      { pattern, tz: timeZone },
      { name: 'due', data: { schedule: name }, opts: toldAgain },
    )
    if (first === undefined) throw new Error('Nothing is due at this pattern.')
  }

  /**
   * Begins or changes a schedule unless it is there as it should be. Throws like {@link schedule}.
   *
   * @param due when it is due next, in epoch ms. A worker whose clock was wrong may have left it to tell later
   */
  async keepSchedule(name: string, pattern: string, timeZone: string, due: number): Promise<void> {
    const known = await this.#queue.getJobScheduler(name)
    const isKept = known?.pattern === pattern && known.tz === timeZone
    if (isKept && known.next !== undefined && known.next <= due) return
    await this.schedule(name, pattern, timeZone)
  }

  async unschedule(name: string): Promise<void> {
    await this.#queue.removeJobScheduler(name)
  }

  /** Listens from now on. Throws the driver's error, and may be called again then. */
  async listen({ runs, onRun, onDue }: Listener): Promise<void> {
    const hear = async (job: Told, token?: string): Promise<void> => {
      if (job.name === 'due') {
        try {
          await onDue(field(job.data, 'schedule'), job.opts.prevMillis ?? job.timestamp)
          return
        } catch {
          await sleep(toldAgain.backoff.delay)
        }
        // Schedules of earlier versions have one attempt, so it does not come to a failure.
        await job.moveToWait(token)
        throw new WaitingError()
      }
      if ((await onRun(field(job.data, 'runId'))) === 'done') return
      await job.moveToWait(token)
      throw new WaitingError()
    }
    // One more than the runs at once, so that a schedule is heard while all of them are at work.
    const worker = workerOf(this.#connection, this.#settings, runs + 1, hear)
    worker.on('error', () => {})
    try {
      await worker.waitUntilReady()
    } catch (error) {
      await worker.close(true).catch(() => {})
      throw error
    }
    this.#worker = worker
  }

  /** Ends what listens, once the runs that it was told of have ended. */
  async close(): Promise<void> {
    await this.#worker?.close()
    await this.#queue.close()
  }
}

/** A type and not an interface, because BullMQ takes only objects whose further keys are known to be none. */
type QueueConnection = {
  readonly connectionString: string
  readonly schema: string
  readonly max: number
  readonly Client: typeof QuietClient
}

/** When a schedule is due next, in epoch ms: its pattern, its time zone, and the moment that it comes after. */
type NextDue = (pattern: string, timeZone: string, after: number) => number

type Settings = {
  readonly repeatStrategy: (after: number, repeat: { pattern?: string; tz?: string }) => number
}

/** What is used of one of BullMQ's jobs. */
interface Told {
  readonly name: string
  readonly data: unknown
  readonly timestamp: number
  readonly opts: { readonly prevMillis?: number | undefined }
  moveToWait(token?: string): Promise<unknown>
}

function queueOf(connection: QueueConnection, settings: Settings) {
  return new Queue(
    queueName,
    { connection, settings, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } },
    createQuietBackend,
  )
}

function workerOf(
  connection: QueueConnection,
  settings: Settings,
  concurrency: number,
  hear: (job: Told, token?: string) => Promise<void>,
) {
  return new Worker(queueName, hear, { ...patience, settings, connection, concurrency }, createQuietBackend)
}

function field(data: unknown, name: string): string {
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined
  return typeof value === 'string' ? value : ''
}
