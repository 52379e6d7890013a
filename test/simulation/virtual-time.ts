/** A process of the simulation: whatever runs in its name stops with it. */
export interface Owner {
  state: 'running' | 'paused' | 'gone'
  /** What fell due while it was paused, in order. */
  readonly held: Happening[]
}

/** Something that will happen at a time. */
export interface Happening {
  time: number
  readonly order: number
  /** In whose name it runs; null for the world outside the processes. */
  readonly owner: Owner | null
  run: (() => void) | null
}

// Taken before anything is replaced.
const realSetImmediate = setImmediate

/**
 * Settles every promise and tick that can be settled. It is what Node itself calls between two callbacks. A turn of the event
 * loop would do the same and cost as much as most of what happens in a history.
 */
const settleAll = Reflect.get(process, '_tickCallback') as () => void

/**
 * Time that passes only when nothing is left to do at the present moment. One happening runs at a time, together with
 * all promises that it settles. So everything in between belongs to the owner of that happening.
 */
export class VirtualTime {
  /** Milliseconds since the world began. */
  now = 0
  current: Owner | null = null
  /** Happenings so far. */
  steps = 0
  readonly #queue: Happening[] = []
  #orders = 0

  /** Plans something. Setting its `run` to null cancels it. */
  plan(delayMs: number, owner: Owner | null, run: () => void): Happening {
    const delay = Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0
    const happening: Happening = { time: this.now + delay, order: this.#orders++, owner, run }
    this.#push(happening)
    return happening
  }

  /** Runs what happens until a condition holds, or nothing more happens, or there were too many steps. */
  runUntil(done: () => boolean, mostSteps: number): Promise<'done' | 'idle' | 'endless'> {
    // A turn of the event loop of its own: promises settle only in a call that none of them has made.
    return new Promise((resolve, reject) => {
      realSetImmediate(() => {
        try {
          resolve(this.#runUntil(done, this.steps + mostSteps))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #runUntil(done: () => boolean, last: number): 'done' | 'idle' | 'endless' {
    while (this.steps < last) {
      settleAll()
      if (done()) return 'done'
      const next = this.#pop()
      if (next === undefined) return 'idle'
      const { owner } = next
      if (next.run === null || owner?.state === 'gone') continue
      this.now = Math.max(this.now, next.time)
      if (owner?.state === 'paused') {
        owner.held.push(next)
        continue
      }
      this.steps++
      this.current = owner
      const { run } = next
      next.run = null
      run()
    }
    return 'endless'
  }

  /** Goes on in a process's name: at once if it runs, later if it is paused. */
  handOver(owner: Owner | null, run: () => void): void {
    if (owner !== null && owner.state !== 'running') {
      this.plan(0, owner, run)
      return
    }
    this.current = owner
    run()
  }

  pause(owner: Owner): void {
    if (owner.state === 'running') owner.state = 'paused'
  }

  goOn(owner: Owner): void {
    if (owner.state !== 'paused') return
    owner.state = 'running'
    for (const happening of owner.held.splice(0)) {
      if (happening.run !== null) this.#push({ ...happening, time: this.now, order: this.#orders++ })
    }
  }

  #push(happening: Happening): void {
    const queue = this.#queue
    let at = queue.push(happening) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!before(queue, at, up)) break
      swap(queue, at, up)
      at = up
    }
  }

  #pop(): Happening | undefined {
    const queue = this.#queue
    const first = queue[0]
    const last = queue.pop()
    if (first === undefined || last === undefined || queue.length === 0) return first
    queue[0] = last
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < queue.length && before(queue, left, least)) least = left
      if (right < queue.length && before(queue, right, least)) least = right
      if (least === at) return first
      swap(queue, at, least)
      at = least
    }
  }
}

function before(queue: readonly Happening[], one: number, other: number): boolean {
  const [a, b] = [queue[one], queue[other]]
  if (a === undefined || b === undefined) return false
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}

function swap(queue: Happening[], one: number, other: number): void {
  const [a, b] = [queue[one], queue[other]]
  if (a === undefined || b === undefined) return
  queue[one] = b
  queue[other] = a
}
