import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { catchAll } from './catch.ts'
import { drawScenario } from './draw-scenario.ts'
import { plantedBugs } from './planted-bugs.ts'
import { play } from './play.ts'
import { shrink } from './shrink.ts'

/**
 * `npm run simulate -- --seeds N [--seed FIRST] [--bug NAME] [--history] [--planted]`: plays histories on all processors. Prints each
 * seed that breaks an invariant, and the history of the first one after it was shrunk.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    bug: { type: 'string' },
    planted: { type: 'boolean', default: false },
    history: { type: 'boolean', default: false },
    worker: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
})

/** What a worker sends for each seed. */
interface Message {
  readonly seed: number
  readonly violations: readonly string[]
  readonly steps: number
}

const first = Number(values.seed)
const last = first + Number(values.seeds) - 1
const workers = Number(values.workers)
const bug = plantedBugs.find(({ name }) => name === values.bug)
if (values.bug !== undefined && bug === undefined)
  throw new Error(`No such bug; there are: ${plantedBugs.map(({ name }) => name).join(', ')}`)

/** Plays every n-th seed and tells the parent. */
async function work(worker: number): Promise<void> {
  for (let seed = first + worker; seed <= last; seed += workers) {
    const { violations, steps } = await play(drawScenario(seed), bug)
    const message: Message = { seed, violations, steps }
    process.send?.(message)
  }
  process.disconnect?.()
}

async function direct(): Promise<void> {
  const began = Date.now()
  let [played, steps] = [0, 0]
  const broken: Message[] = []
  const ends = Array.from({ length: workers }, (_, worker) => {
    const child = fork(process.argv[1] ?? '', [...process.argv.slice(2), '--worker', String(worker)])
    child.on('message', (message: Message) => {
      played++
      steps += message.steps
      if (message.violations.length === 0) return
      broken.push(message)
      console.log(`seed ${message.seed}: ${message.violations.slice(0, 3).join('\n    ')}`)
    })
    return new Promise<void>((resolve) => child.on('exit', () => resolve()))
  })
  await Promise.all(ends)
  const seconds = (Date.now() - began) / 1000
  console.log(
    `${played} histories, ${steps} happenings, ${broken.length} broken, ${seconds.toFixed(1)} s, ${((seconds * 1000 * workers) / Math.max(1, played)).toFixed(1)} ms of a processor each`,
  )
  if (played !== last - first + 1) process.exitCode = 1
  const [worst] = broken.sort((a, b) => a.seed - b.seed)
  if (worst === undefined) return
  process.exitCode = 1
  const { scenario, played: shortest } = await shrink(drawScenario(worst.seed), bug)
  console.log(`\nSeed ${worst.seed}, shrunk:\n${JSON.stringify(scenario)}\n${shortest.history.join('\n')}`)
}

if (values.worker !== undefined) await work(Number(values.worker))
else if (values.planted)
  process.exitCode = (await catchAll(
    bug === undefined ? plantedBugs : [bug],
    Number(values.seeds),
    console.log,
  ))
    ? 0
    : 1
else if (values.history) {
  const { history, violations } = await play(drawScenario(first), bug)
  console.log([...history, ...violations].join('\n'))
} else await direct()
