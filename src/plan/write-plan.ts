import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { asCannotWrite } from '../files/cannot-write.ts'
import { openReplacingFile } from '../files/replacing-file.ts'
import { parseSystemError } from '../files/system-error.ts'
import { Refusal } from '../messages/known-error.ts'
import type { PlannedRow } from './plan-rows.ts'
import type { PlanEnd } from './plan-schema.ts'
import { planText, type SavedPlanHead, type SavedTask, savedPlanVersion } from './saved-plan-schema.ts'

/** A plan that is being saved. The file appears whole, with mode 0600, or not at all. */
export interface PlanWriter {
  begin(head: SavedPlanHead): Promise<void>
  row(planned: PlannedRow): Promise<void>
  /** Ends the plan with the SHA-256 of all that comes before it, and puts the file in its place. */
  commit(end: PlanEnd): Promise<void>
  /** Leaves no file behind. Does nothing after `commit`. */
  discard(): Promise<void>
}

/** Texts are gathered up to this length before they are written. */
const blockLength = 64 * 1024

/**
 * Starts to save a plan.
 *
 * @throws Refusal, here and later, when the system refuses the file
 */
export async function openPlanWriter(path: string): Promise<PlanWriter> {
  const file = await orCannotSave(() => openReplacingFile(path))
  const hash = createHash('sha256')
  let waiting = ''
  let tasks = 0
  async function flush(): Promise<void> {
    await orCannotSave(() => file.write(waiting))
    waiting = ''
  }
  async function add(text: string): Promise<void> {
    hash.update(text)
    waiting += text
    if (waiting.length >= blockLength) await flush()
  }
  return {
    begin: (head) => add(`${JSON.stringify(head).slice(0, -1)}${planText.beforeTasks}`),
    async row({ tasks: planned, user }) {
      const seen =
        user === null ? null : { id: user.id, status: user.status, status_changed: user.statusChanged }
      for (const task of planned) {
        const saved: SavedTask = { ...task, seen }
        await add(`${tasks++ === 0 ? '' : ',\n'}${JSON.stringify(saved)}`)
      }
    },
    async commit({ totals, requests, seconds }) {
      await add(`${planText.afterTasks}${JSON.stringify({ totals, requests, seconds }).slice(1, -1)}`)
      waiting += `${planText.beforeChecksum}${hash.digest('hex')}${planText.afterChecksum}`
      await flush()
      await orCannotSave(() => file.commit())
    },
    discard: () => file.discard(),
  }
}

async function orCannotSave<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const refused = asCannotWrite(error)
    if (refused === null) throw error
    throw new Refusal(refused.message, `${refused.fix}, or choose another --out FILE.`, error)
  }
}

/** How every saved plan begins. */
const planBeginning = `{"okta_lifecycle_plan":${savedPlanVersion},`

/**
 * Checks that a plan may be saved under a path: there is no file yet, or an earlier plan.
 *
 * @throws Refusal when something else is there, or when that can't be found out
 */
export async function checkPlanPath(path: string): Promise<void> {
  const next = 'Choose another --out FILE.'
  try {
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(planBeginning.length),
        0,
        planBeginning.length,
        0,
      )
      if (buffer.subarray(0, bytesRead).toString('latin1') === planBeginning) return
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    const why = parseSystemError(error)?.why ?? String(error)
    throw new Refusal(`The plan can't be saved as ${path}: ${why}.`, next, error)
  }
  throw new Refusal(`${path} exists and is not a saved plan. It was left as it is.`, next)
}
