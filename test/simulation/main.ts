import { fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { catchBug } from './catch.ts'
import { drawScenario } from './draw-scenario.ts'
import { type EditedBug, editedBugs } from './edited-bugs.ts'
import { plantEdit } from './plant-edit.ts'
import { plantedBugs } from './planted-bugs.ts'
import { play } from './play.ts'
import { shrink } from './shrink.ts'
import { storeBugs, storeEdits } from './store-bugs.ts'

/**
 * `npm run simulate -- --seeds N [--seed FIRST] [--bug NAME] [--history] [--planted]`: plays histories on all processors.
 * Prints each seed that breaks an invariant, and the history of the first one after it was shrunk. `--planted` prints for
 * each planted bug how many seeds it took.
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

const plants = [...plantedBugs, ...storeBugs]
const edits = [...editedBugs, ...storeEdits]
const allBugs = [...plants, ...edits]
const program = fileURLToPath(import.meta.url)
const home = fileURLToPath(new URL('../..', import.meta.url))
/** Whether a bug was written into this copy of the program. */
const isCopy = basename(dirname(home)) === 'planted'
const first = Number(values.seed)
const most = Number(values.seeds)
const last = first + most - 1
const workers = Number(values.workers)
const named = allBugs.find(({ name }) => name === values.bug)
if (values.bug !== undefined && named === undefined)
  throw new Error(`No such bug; there are: ${allBugs.map(({ name }) => name).join(', ')}`)
const bug = plants.find(({ name }) => name === values.bug)
const edit = edits.find(({ name }) => name === values.bug)

/** Runs this program again in a process of its own. Returns its exit code. */
function runAgain(
  args: readonly string[],
  onMessage: (message: Message) => void = () => {},
  from: string = program,
): Promise<number> {
  const child = fork(from, args)
  child.on('message', onMessage)
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
}

/** Runs it with a bug in the text of the program, which must be there before the program is loaded. */
async function runEdited(edit: EditedBug, args: readonly string[]): Promise<number> {
  const copy = plantEdit(home, edit)
  const code = await runAgain(args, () => {}, join(copy, 'test', 'simulation', 'main.js'))
  rmSync(copy, { recursive: true, force: true })
  return code
}

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
  const take = (message: Message): void => {
    played++
    steps += message.steps
    if (message.violations.length === 0) return
    broken.push(message)
    console.log(`seed ${message.seed}: ${message.violations.slice(0, 3).join('\n    ')}`)
  }
  await Promise.all(
    Array.from({ length: workers }, (_, worker) =>
      runAgain([...process.argv.slice(2), '--worker', String(worker)], take),
    ),
  )
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

/** Looks for a planted bug in this process, which has it. */
async function look({ name, breaks }: { readonly name: string; readonly breaks: string }): Promise<void> {
  const { seeds, violation } = await catchBug(breaks, bug, { first, most })
  console.log(`${seeds === null ? `NOT within ${most}` : `after ${seeds}`} seeds: ${name} (${violation})`)
  if (seeds === null) process.exitCode = 1
}

/** Looks for all planted bugs, some at a time. */
async function lookForAll(): Promise<void> {
  const left = [...allBugs]
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const args = [...process.argv.slice(2), '--bug', one.name]
      const code = await ('file' in one ? runEdited(one, args) : runAgain(args))
      if (code !== 0) process.exitCode = 1
    }
  }
  await Promise.all(Array.from({ length: workers }, next))
}

async function showHistory(): Promise<void> {
  const { history, violations } = await play(drawScenario(first), bug)
  console.log([...history, ...violations].join('\n'))
}

// Without the process that started this one, nobody is left to hear of it.
process.on('disconnect', () => process.exit())
process.channel?.unref()

if (values.worker !== undefined) await work(Number(values.worker))
else if (values.planted && named === undefined) await lookForAll()
else if (edit !== undefined && !isCopy) process.exitCode = await runEdited(edit, process.argv.slice(2))
else if (values.planted && named !== undefined) await look(named)
else if (values.history) await showHistory()
else await direct()
