/** Promises that settle when something comes true, so that no test has to sleep. */
export interface Waiting {
  /** Resolves once the check is true, at once if it already is. Rejects where the org closes first. */
  until(check: () => boolean): Promise<void>
  /** Checks all who wait; to be called after every change. */
  changed(): void
  /** Rejects all who still wait. */
  end(): void
}

interface Waiter {
  readonly check: () => boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Makes an empty list of who waits. */
export function createWaiting(): Waiting {
  const waiters = new Set<Waiter>()
  return {
    until(check) {
      if (check()) return Promise.resolve()
      return new Promise((resolve, reject) => waiters.add({ check, resolve, reject }))
    },
    changed() {
      for (const waiter of waiters) {
        if (!waiter.check()) continue
        waiters.delete(waiter)
        waiter.resolve()
      }
    },
    end() {
      for (const waiter of waiters)
        waiter.reject(new Error('The foreign org closed before what was waited for'))
      waiters.clear()
    },
  }
}
