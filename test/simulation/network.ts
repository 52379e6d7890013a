import type { Dispatcher } from 'undici'
import { usedWithinMs } from '../../src/budget/ledger.ts'
import { leavesWithinMs } from '../../src/rules/doubt.ts'
import type { Draws } from './draws.ts'
import type { Caller, Org, OrgAnswer } from './org.ts'
import { errorBody } from './org.ts'
import { bucketOf, lifecycle } from './org-rules.ts'
import type { SimProcess } from './process.ts'
import type { Fault } from './scenario.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The longest that the program waits for a connection, if a request may take as long. */
const slowestConnectionMs = 30_000
/** Where nothing is known of a limit, requests are at least so far apart. A permit takes a moment to be used. */
const unknownPauseMs = 1_500
/** Each death needs a process more, and their number is bounded. */
const mostDeaths = 3

/** A request as it leaves a process. */
export interface Departure {
  readonly process: SimProcess
  readonly method: string
  readonly path: string
  readonly caller: Caller | null
  /** Whose share of the limit it uses; null for a request of a run that can't know the limit yet. */
  readonly group: string | null
}

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly draws: Draws
  readonly org: Org
  readonly faults: readonly Fault[]
  readonly requestTimeoutMs: number
  /** Whether some connections take nearly as long to open as they may. */
  readonly stalls: boolean
  /** Whether a question to the store, or its answer, may take many seconds. */
  readonly isStoreSlow: boolean
  readonly kill: (process: SimProcess) => void
  /** How many runs a worker carries out at once. */
  readonly runsAtOnce: number
  /** How long a change by `respond_async` takes; 0 where none is asked for. */
  readonly transitionMs: number
  readonly note: (line: string) => void
  readonly violate: (line: string) => void
  /** Whether a process may know the limit of a bucket: by an answer of its own, or by what its run has on disk. */
  readonly knowsLimit: (process: SimProcess, bucket: string) => boolean
  /** Whether any answer has shown it to a process of its run. */
  readonly hasSeenLimit: (process: SimProcess, bucket: string) => boolean
  /** A process has the answer that its call was refused because of the user. */
  readonly onRefused: (caller: Caller) => void
  /** A process has the answer to a read. */
  readonly onRead: (process: SimProcess, path: string, answer: OrgAnswer) => void
  /** A process has the answer that its call was refused because of the token or the user. */
  readonly onForbidden: (caller: Caller) => void
  /** Judges a call at the moment when it leaves, and tells whose it is. */
  readonly onDeparture: (process: SimProcess, method: string, path: string) => Caller | null
}

type Options = Pick<Dispatcher.DispatchOptions, 'method' | 'path'> & { readonly headers?: unknown }
type Handler = Dispatcher.DispatchHandler

/** The way between the processes and the org, with everything that can happen on it. */
export class Network {
  readonly #with: NetworkOptions
  readonly #counts = { POST: 0, GET: 0 }
  #deaths = 0
  /** When requests left a process in a bucket of which nothing was known, by both. */
  readonly #unknown = new Map<string, readonly number[]>()
  /** The buckets in which a process had an answer of Okta's without headers. */
  readonly #headerless = new Set<string>()
  /** Faults that have struck. */
  struck = 0

  constructor(options: NetworkOptions) {
    this.#with = options
  }

  /** Sends a request of a process, in place of undici's own dispatch. */
  dispatch(process: SimProcess, options: Options, handler: Handler): void {
    const { faults, draws, note } = this.#with
    const { method, path } = options
    const kind = method === 'POST' ? 'POST' : 'GET'
    const number = ++this.#counts[kind]
    const fault = path.endsWith('/me')
      ? undefined
      : faults.find((other) => other.of === kind && other.number === number)
    if (fault?.kind === 'refused_connection') {
      note(`${process.pid} ${method} ${path}: the connection is refused`)
      this.#later(process, draws.between('connect', 1, 200), () => fail(handler, 'ECONNREFUSED'))
      return
    }
    if (this.#with.stalls && draws.chance('stalled connection', 0.1)) {
      const delay = draws.between(
        'connecting for',
        200,
        Math.min(slowestConnectionMs, this.#with.requestTimeoutMs) * 0.98,
      )
      this.#later(process, delay, () => this.#depart(process, options, handler, fault))
    } else this.#depart(process, options, handler, fault)
  }

  /** Kills some processes with a call under way, most of them where their machine has just slept. */
  #dies(process: SimProcess, caller: Caller | null): boolean {
    const { draws, stalls, time } = this.#with
    const hasWoken = process.wokeAt !== null && time.now - process.wokeAt < 1_000
    const often = hasWoken ? 0.7 : stalls ? 0.15 : 0
    if (caller === null || often === 0 || this.#deaths >= mostDeaths || !draws.chance('dies with it', often))
      return false
    this.#deaths++
    this.#with.time.plan(this.#with.draws.between('dies after', 0, 30), null, () => this.#with.kill(process))
    return true
  }

  /** Lets a request leave on its open connection. */
  #depart(process: SimProcess, options: Options, handler: Handler, fault: Fault | undefined): void {
    const { draws, note } = this.#with
    const { method, path } = options
    const start = new Controller()
    try {
      handler.onRequestStart?.(start, undefined)
    } catch (error) {
      // What a handler throws then calls the request off, and leaves the connection as it is.
      this.#later(process, 0, () => handler.onResponseError?.(start, error as Error))
      return
    }
    process.departed++
    this.#checkRemaining(process, bucketOf(method, path))
    const caller = this.#with.onDeparture(process, method, path)
    const async = JSON.stringify(options.headers ?? {}).includes('respond-async')
    const group = this.#with.knowsLimit(process, bucketOf(method, path)) ? process.group : null
    this.#checkUnknown(process, bucketOf(method, path))
    const departure = { process, method, path, caller, group }
    if (this.#dies(process, caller)) {
      const late = draws.between('outlives it for', 0, this.#with.requestTimeoutMs * 0.98)
      this.#reach(departure, late, async, (answer) => this.#deliver(departure, handler, answer))
      return
    }
    const there = draws.between('there', 1, draws.chance('slow', 0.05) ? 3_000 : 120)
    if (fault === undefined) {
      this.#reach(departure, there, async, (answer) => this.#deliver(departure, handler, answer))
      return
    }
    this.struck++
    note(`${process.pid} ${method} ${path}: ${fault.kind}`)
    this.#strike(fault, departure, handler, there, async)
  }

  #strike(fault: Fault, departure: Departure, handler: Handler, there: number, async: boolean): void {
    const { draws, requestTimeoutMs: limit } = this.#with
    const { process } = departure
    const reach = (delay: number, then: (answer: OrgAnswer) => void = () => {}): void =>
      this.#reach(departure, delay, async, then)
    const lose = (delay: number, code = 'UND_ERR_SOCKET'): void =>
      this.#later(process, delay, () => fail(handler, code))
    const say = (answer: OrgAnswer): void => this.#deliver(departure, handler, answer)
    switch (fault.kind) {
      case 'lost_request':
        lose(there)
        return
      case 'lost_answer':
        reach(there, () => lose(draws.between('lost', 0, 50)))
        return
      case 'late_answer':
        reach(there)
        lose(limit, 'UND_ERR_HEADERS_TIMEOUT')
        return
      case 'hung':
        lose(limit, 'UND_ERR_HEADERS_TIMEOUT')
        return
      case 'late_effect':
        lose(there)
        reach(draws.between('late', there, limit * 0.98))
        return
      case 'timeout_effect': {
        lose(limit, 'UND_ERR_HEADERS_TIMEOUT')
        const later = draws.between('later', limit, limit * 1.98)
        // What outlives its process does so for one time limit. Only after a time-out does Okta take longer.
        this.#with.time.plan(limit - 1, null, () => reach(process.ended ? 0 : later - limit))
        return
      }
      case 'proxy_before':
        this.#later(process, there, () => say(proxyPage(this.#with.org.time, fault.clockMs)))
        return
      case 'proxy_after':
        reach(there, () => say(proxyPage(this.#with.org.time, fault.clockMs)))
        return
      // What the proxy has given up may still be under way behind it.
      case 'proxy_late':
        this.#later(process, there, () => say(proxyPage(this.#with.org.time, fault.clockMs)))
        reach(draws.between('late behind a proxy', there, limit * 0.98))
        return
      case 'server_error':
        this.#later(process, there, () => say(this.#error(500, 'E0000009')))
        return
      case 'server_error_after':
        reach(there, () => say(this.#error(500, 'E0000009')))
        return
      case 'forbidden':
        if (/^\/api\/v1\/(groups|iam)\//.test(departure.path)) process.isGuardRefused = true
        this.#later(process, there, () => say(this.#error(403, 'E0000006')))
        return
      case 'read_only':
        this.#later(process, there, () => say(this.#error(503, 'E0000010')))
        return
      case 'org_429':
        this.#later(process, there, () => say(this.#with.org.refusal(bucketOf('POST', departure.path))))
        return
      case 'strange_429':
        this.#later(process, there, () =>
          say({ status: 429, headers: { 'retry-after': '2' }, body: 'slow down' }),
        )
        return
      case 'portal':
        this.#later(process, there, () =>
          say({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }),
        )
        return
      case 'bare_answer':
        reach(there, ({ status, body }) => say({ status, body, headers: {} }))
        return
      case 'slow_answer':
        reach(there, (answer) =>
          this.#later(process, draws.between('slow answer', 500, limit * 0.8), () => say(answer)),
        )
        return
      case 'refused_connection':
        return
    }
  }

  /** I7: while no answer has shown a limit, requests that were lost keep the next one waiting. */
  #checkUnknown(process: SimProcess, bucket: string): void {
    const { time, stalls, hasSeenLimit, violate } = this.#with
    const name = `${process.pid} ${bucket}`
    if (stalls || hasSeenLimit(process, bucket) || this.#headerless.has(name)) return
    const before = (this.#unknown.get(name) ?? []).filter((at) => time.now - at < 60_000)
    this.#unknown.set(name, [...before, time.now])
    const since = time.now - (before.at(-1) ?? 0)
    // One that is lost says little.
    if (before.length > 1 && since < unknownPauseMs)
      violate(
        `I7 ${process.pid} sends in ${bucket}, of which nothing is known, ${since.toFixed(0)} ms after the one before`,
      )
  }

  /** I7: no more is sent in a window than remained when the process last heard of it. */
  #checkRemaining(process: SimProcess, bucket: string): void {
    const { time, org, violate, stalls, isStoreSlow } = this.#with
    const known = process.lowest.get(bucket)
    if (known === undefined || Math.floor(org.time / 1000) > known.reset) return
    // What was let go before takes a moment to leave: its intent is put on disk, or into the store, first.
    const mayTake = isStoreSlow ? usedWithinMs : stalls ? leavesWithinMs : bucket === lifecycle ? 1_000 : 100
    if (time.now - known.since < mayTake) return
    if (++known.sentSince > known.remaining)
      violate(
        `I7 ${process.pid} sends in ${bucket} before ${known.reset}, though ${known.remaining} remained and as many were sent`,
      )
  }

  #error(status: number, code: string): OrgAnswer {
    const date = new Date(Math.floor(this.#with.org.time / 1000) * 1000).toUTCString()
    return { status, body: errorBody(code), headers: { date, 'x-okta-request-id': 'broken' } }
  }

  /** The org gets a request. That happens whatever becomes of the process. */
  #reach(departure: Departure, delay: number, async: boolean, then: (answer: OrgAnswer) => void): void {
    const { time, draws, org, transitionMs, note } = this.#with
    const { method, path, caller, process, group } = departure
    time.plan(delay, null, () => {
      org.busy++
      const { refused } = process
      const isRefused = refused !== null && time.now >= refused.fromMs && time.now < refused.toMs
      const answer = org.answer(method, path, async ? transitionMs : 0, caller, group, isRefused)
      note(`org: ${method} ${path} of ${process.pid} → ${answer.status}`)
      const back = draws.between('back', 1, draws.chance('slow back', 0.03) ? 2_000 : 80)
      time.plan(back, null, () => {
        org.busy--
        then(answer)
      })
    })
  }

  #deliver(
    { process, method, path, caller }: Departure,
    handler: Handler,
    { status, headers, body }: OrgAnswer,
  ): void {
    this.#later(process, 0, () => {
      const { now } = this.#with.time
      const bucket = bucketOf(method, path)
      if (Number(headers['x-rate-limit-limit'] ?? 0) > 0 && !process.limitsSeen.has(bucket))
        process.limitsSeen.set(bucket, now)
      if (headers['x-rate-limit-limit'] === undefined && status !== 502)
        this.#headerless.add(`${process.pid} ${bucket}`)
      const [remaining, reset] = ['remaining', 'reset'].map((name) => Number(headers[`x-rate-limit-${name}`]))
      if (remaining !== undefined && reset !== undefined && headers['x-rate-limit-limit'] !== '0')
        // Where the counter of the whole org refuses, whatever remains of the token's is of no use.
        process.showsRemaining(bucket, {
          remaining: status === 429 && reset > 0 ? 0 : remaining,
          reset,
          since: now,
        })
      const applied = this.#with.org.applied.find(({ by }) => by !== null && by === caller)
      if (status === 200 && applied !== undefined) applied.answeredAt = now
      if (caller !== null && (status === 400 || status === 404)) this.#with.onRefused(caller)
      if (caller !== null && status === 403) this.#with.onForbidden(caller)
      process.hears(status, this.#with.runsAtOnce)
      if (method === 'GET') this.#with.onRead(process, path, { status, headers, body })
      const controller = new Controller()
      handler.onResponseStart?.(controller, status, { ...headers }, '')
      handler.onResponseData?.(controller, Buffer.from(body))
      handler.onResponseEnd?.(controller, {})
    })
  }

  #later(process: SimProcess, delay: number, run: () => void): void {
    this.#with.time.plan(delay, process, run)
  }
}

class Controller implements Dispatcher.DispatchController {
  readonly aborted = false
  readonly reason = null
  readonly paused = false

  abort(): void {}
  pause(): void {}
  resume(): void {}
}

function fail(handler: Handler, code: string): void {
  handler.onResponseError?.(new Controller(), Object.assign(new Error(code), { code }))
}

/** A page of a load balancer, with a clock of its own. */
function proxyPage(orgTime: number, clockMs: number): OrgAnswer {
  return {
    status: 502,
    headers: { date: new Date(orgTime + clockMs).toUTCString(), 'content-type': 'text/html' },
    body: '<html>Bad Gateway</html>',
  }
}
