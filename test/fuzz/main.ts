import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { feed } from './attempt.ts'
import { targets } from './targets.ts'

/**
 * `npm run fuzz -- [--minutes N] [--target NAME] [--seed FIRST]`: feeds each reader with spoilt bytes for some minutes,
 * all readers side by side. Prints how many each has read, and for a break its seed and the file that has the bytes. A
 * reader that needs more than half a minute for one input hangs.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    target: { type: 'string' },
    seed: { type: 'string', default: '1' },
    worker: { type: 'boolean', default: false },
  },
})
const longestMs = 30_000

/** What a worker sends: each seed that it begins, and how it ended. */
type Message =
  | { readonly seed: number }
  | {
      readonly fed: number
      readonly broken: { readonly seed: number; readonly why: string; readonly file: string } | null
    }

async function work(name: string): Promise<void> {
  const target = targets.find((known) => known.name === name)
  if (target === undefined)
    throw new Error(`No such reader; there are: ${targets.map((t) => t.name).join(', ')}`)
  const end = performance.now() + Number(values.minutes) * 60_000
  const send = (message: Message): void => void process.send?.(message)
  const { fed, broken } = await feed(
    target,
    Number(values.seed),
    () => performance.now() >= end,
    (seed) => send({ seed }),
  )
  const file = `fuzz-${name}-${broken?.seed}.bin`
  if (broken !== null) writeFileSync(file, broken.bytes)
  send({ fed, broken: broken === null ? null : { seed: broken.seed, why: broken.why, file } })
}

/** Runs one reader in a process of its own. Returns whether it kept its promises. */
function watch(name: string): Promise<boolean> {
  const args = ['--worker', '--target', name, '--minutes', values.minutes, '--seed', values.seed]
  const child = fork(fileURLToPath(import.meta.url), args)
  let seed = 0
  let sound = false
  const hangs = (): void => {
    console.log(`${name}: hangs at seed ${seed}`)
    child.kill('SIGKILL')
  }
  let timer = setTimeout(hangs, longestMs)
  child.on('message', (message: Message) => {
    clearTimeout(timer)
    if ('seed' in message) {
      seed = message.seed
      timer = setTimeout(hangs, longestMs)
      return
    }
    const { fed, broken } = message
    sound = broken === null
    console.log(
      `${name}: ${fed} inputs${broken === null ? '' : `, broken at seed ${broken.seed} (${broken.file}):\n${broken.why}`}`,
    )
    child.disconnect()
  })
  return new Promise((resolve) =>
    child.on('exit', () => {
      clearTimeout(timer)
      resolve(sound)
    }),
  )
}

if (values.worker) await work(values.target ?? '')
else {
  const names = values.target === undefined ? targets.map(({ name }) => name) : [values.target]
  const sound = await Promise.all(names.map(watch))
  process.exitCode = sound.every((kept) => kept) ? 0 : 1
}
