import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { z } from 'zod'
import { openRegular, regularChunks } from '../files/read-regular.ts'
import { parseSystemError } from '../files/system-error.ts'
import { Refusal } from '../messages/known-error.ts'
import type { PlanToFollow } from '../rules/planned.ts'
import type { PlanEnd } from './plan-schema.ts'
import {
  planText,
  type SavedPlanHead,
  type SavedTask,
  savedPlanEndSchema,
  savedPlanHeadSchema,
  savedTaskSchema,
} from './saved-plan-schema.ts'

/**
 * A saved plan on disk, checked from beginning to end. Its tasks stay on disk: those of a row are read when needed, so
 * that memory holds no more than a number for each row.
 *
 * The checksum guards against accidents and hand edits. It is not a signature: whoever may write the file can also
 * write a new checksum.
 */
export class SavedPlan implements PlanToFollow {
  readonly head: SavedPlanHead
  readonly end: PlanEnd
  /** The checksum of its content. */
  readonly sha256: string
  readonly #file: FileHandle
  /** Where each row's first line begins and, as the last entry, where the last row ends. */
  readonly #offsets: readonly number[]

  private constructor(file: FileHandle, parts: Parts) {
    this.head = parts.head
    this.end = parts.end
    this.sha256 = parts.sha256
    this.#file = file
    this.#offsets = parts.offsets
  }

  /**
   * Opens a plan.
   *
   * @throws Refusal when it can't be read, or is not as this program wrote it
   */
  static async open(path: string): Promise<SavedPlan> {
    try {
      const parts = await readParts(path)
      return new SavedPlan(await openRegular(path), parts)
    } catch (error) {
      if (error instanceof Refusal) throw error
      if (error instanceof NotAsWritten) throw notAsWritten(path, error.message)
      const why = parseSystemError(error)?.why ?? String(error)
      throw new Refusal(`The plan ${path} can't be read: ${why}.`, 'Check the path of the plan.', error)
    }
  }

  /** A row's planned tasks, by step. Empty for a row that the plan does not have. */
  async of(row: number): Promise<readonly SavedTask[]> {
    const start = this.#offsets[row - 1]
    const end = this.#offsets[row]
    if (start === undefined || end === undefined) return []
    const { buffer } = await this.#file.read(Buffer.alloc(end - start), 0, end - start, start)
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => savedTaskSchema.parse(JSON.parse(withoutComma(line))))
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

interface Parts {
  readonly head: SavedPlanHead
  readonly end: PlanEnd
  readonly sha256: string
  readonly offsets: readonly number[]
}

/** What is wrong with a file that should be a plan. */
class NotAsWritten extends Error {}

function notAsWritten(path: string, why: string): Refusal {
  return new Refusal(
    `${path} is not as okta-lifecycle wrote it: ${why}. Nothing was sent.`,
    'Plan again: okta-lifecycle plan … --out plan.json. A plan is never edited; change the input or the job instead.',
  )
}

const newline = 0x0a
/** This program writes no line longer than this. */
const longestLine = 16 * 1024 * 1024

/** Reads the file once: the checksum, the form of each line, and where the rows begin. */
async function readParts(path: string): Promise<Parts> {
  const hash = createHash('sha256')
  const offsets: number[] = []
  let head: SavedPlanHead | null = null
  let lastTask: SavedTask | null = null
  let ended: { readonly end: PlanEnd; readonly sha256: string } | null = null
  for await (const { text, start } of linesOf(path)) {
    if (ended !== null) throw new NotAsWritten('something follows its end')
    if (head === null) head = parseHead(text)
    else if (text.startsWith(planText.afterTasks.slice(1))) {
      ended = parseEnd(text, hash)
      offsets.push(start)
      continue
    } else if (text !== '') {
      const task = parsePart(savedTaskSchema, withoutComma(text), 'a task')
      if (!follows(lastTask, task))
        throw new NotAsWritten(`row ${task.row}, step ${task.step} is out of place`)
      if (task.row !== lastTask?.row) offsets.push(start)
      lastTask = task
    }
    hash.update(`${text}\n`)
  }
  if (head === null || ended === null) throw new NotAsWritten('its end is missing')
  if ((lastTask?.row ?? 0) !== head.input_rows) throw new NotAsWritten('rows are missing')
  return { head, ...ended, offsets }
}

/** Each line with the place of its first byte. The line feed is left out. */
async function* linesOf(path: string): AsyncGenerator<{ readonly text: string; readonly start: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let start = 0
  for await (const chunk of regularChunks(path)) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let from = 0
    for (let at = rest.indexOf(newline); at !== -1; at = rest.indexOf(newline, from)) {
      yield { text: rest.toString('utf8', from, at), start: start + from }
      from = at + 1
    }
    rest = rest.subarray(from)
    start += from
    if (rest.length > longestLine) throw new NotAsWritten('a line is too long')
  }
  if (rest.length > 0) throw new NotAsWritten('it does not end with a line feed')
}

function parseHead(line: string): SavedPlanHead {
  const opening = planText.beforeTasks.slice(0, -1)
  if (!line.endsWith(opening)) throw new NotAsWritten('it does not begin like a plan')
  return parsePart(savedPlanHeadSchema, `${line.slice(0, -opening.length)}}`, 'its beginning')
}

/** @param hash a hash over all lines before this one */
function parseEnd(line: string, hash: ReturnType<typeof createHash>): { end: PlanEnd; sha256: string } {
  const at = line.lastIndexOf(planText.beforeChecksum)
  const written = line.slice(at + planText.beforeChecksum.length, -(planText.afterChecksum.length - 1))
  if (at === -1 || line.slice(-2) !== '"}') throw new NotAsWritten('its checksum is missing')
  const sha256 = hash.update(line.slice(0, at)).digest('hex')
  if (sha256 !== written) throw new NotAsWritten('its checksum does not match its content')
  const afterTasks = planText.afterTasks.length - 1
  return { end: parsePart(savedPlanEndSchema, `{${line.slice(afterTasks, at)}}`, 'its end'), sha256 }
}

function parsePart<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new NotAsWritten(`${what} is not JSON`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new NotAsWritten(
    `${what} does not have the form of this version (${issue?.path.join('.')}: ${issue?.message})`,
  )
}

/** Whether a task is the next step of its row, or the first one of the next row. */
function follows(last: SavedTask | null, { row, step }: SavedTask): boolean {
  if (last !== null && row === last.row) return step === last.step + 1
  return row === (last?.row ?? 0) + 1 && step === 1
}

function withoutComma(line: string): string {
  return line.endsWith(',') ? line.slice(0, -1) : line
}
