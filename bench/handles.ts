import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into each execution of the soak before anything else. Writes every few seconds what keeps its event loop alive
 * and how much of its heap is used, which cannot be seen from outside.
 */
const file = process.env.BENCH_HANDLES_FILE
const milliseconds = Number(process.env.BENCH_HANDLES_EVERY)
if (file !== undefined && isMainThread) {
  setInterval(() => {
    const active = process.getActiveResourcesInfo()
    const timers = active.filter((type) => type === 'Timeout').length
    const { heapUsed } = process.memoryUsage()
    const sample = {
      pid: process.pid,
      timers,
      handles: active.length - timers,
      heapMegabytes: heapUsed / 2 ** 20,
    }
    appendFileSync(file, `${JSON.stringify(sample)}\n`)
  }, milliseconds).unref()
}
