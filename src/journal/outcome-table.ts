import { Column } from '../rules/column.ts'
import type { TaskPlace, TaskResult } from '../rules/result.ts'

/** The part of a result that decides what later rows of the same user may do. */
export type Outcome = Pick<
  TaskResult,
  'step' | 'action' | 'result' | 'reason' | 'okta_user_id' | 'okta_login'
>

/** What results have in common: few combinations occur in a run. */
type Kind = Omit<Outcome, 'okta_user_id' | 'okta_login'>

const blockBytes = 64 * 1024
/** Before the texts of an entry: the number of its kind, and the length of each text in bytes, plus 1; 0 for null. */
const headBytes = 12

/**
 * The outcome of each task that had a result when the journal was replayed, in some sixty bytes each. A resumed run
 * needs that of every row that is done, and reading so many results from the journal again would take seconds.
 */
export class OutcomeTable {
  readonly #stepsPerRow: number
  readonly #kinds: Kind[] = []
  readonly #numbers = new Map<string, number>()
  /** Entries stand one after another. One that is longer than a block has a block of its own length. */
  readonly #blocks: Buffer[] = []
  #used = blockBytes
  /** For each task, the place of its entry plus 1: the number of its block, times the length of blocks, and the offset. */
  readonly #places = new Column((length) => new Uint32Array(length))

  /** @param stepsPerRow tasks that a row can have, from 1 */
  constructor(stepsPerRow: number) {
    this.#stepsPerRow = stepsPerRow
  }

  /** Takes in a result of the journal. The first one of a task stands (J1). */
  add(outcome: Outcome & TaskPlace): void {
    const task = this.#index(outcome.row, outcome.step)
    if (this.#places.get(task) !== 0) return
    const { okta_user_id: id, okta_login: login } = outcome
    const bytes = headBytes + lengthOf(id) + lengthOf(login)
    if (this.#used + bytes > blockBytes) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(blockBytes, bytes)))
      this.#used = 0
    }
    const block = this.#blocks.at(-1) ?? Buffer.alloc(0)
    const start = this.#used
    block.writeUInt32LE(this.#numberOf(outcome), start)
    const idEnd = write(block, start + 4, start + headBytes, id)
    write(block, start + 8, idEnd, login)
    this.#places.set(task, (this.#blocks.length - 1) * blockBytes + start + 1)
    this.#used += bytes
  }

  /** Forgets all outcomes. */
  clear(): void {
    this.#blocks.length = 0
    this.#used = blockBytes
    this.#places.clear()
  }

  /** The outcomes of the tasks of a row, in the order of its steps. */
  of(row: number): readonly Outcome[] {
    const outcomes: Outcome[] = []
    for (let step = 1; step <= this.#stepsPerRow; step++) {
      const outcome = this.#get(this.#index(row, step))
      if (outcome !== null) outcomes.push(outcome)
    }
    return outcomes
  }

  #get(task: number): Outcome | null {
    const place = this.#places.get(task)
    if (place === 0) return null
    const block = this.#blocks[Math.floor((place - 1) / blockBytes)]
    const start = (place - 1) % blockBytes
    const kind = block === undefined ? undefined : this.#kinds[block.readUInt32LE(start)]
    if (block === undefined || kind === undefined) return null
    const idEnd = start + headBytes + Math.max(0, block.readUInt32LE(start + 4) - 1)
    return {
      step: kind.step,
      action: kind.action,
      result: kind.result,
      reason: kind.reason,
      okta_user_id: read(block, start + 4, start + headBytes),
      okta_login: read(block, start + 8, idEnd),
    }
  }

  #numberOf({ step, action, result, reason }: Kind): number {
    const name = `${step} ${result} ${reason ?? ''} ${action}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#kinds.push({ step, action, result, reason }) - 1
    this.#numbers.set(name, number)
    return number
  }

  #index(row: number, step: number): number {
    return (row - 1) * this.#stepsPerRow + (step - 1)
  }
}

function lengthOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text)
}

/** Writes a text and its length. Returns where the text ends. */
function write(block: Buffer, lengthAt: number, at: number, text: string | null): number {
  const length = text === null ? 0 : block.write(text, at, 'utf8')
  block.writeUInt32LE(text === null ? 0 : length + 1, lengthAt)
  return at + length
}

function read(block: Buffer, lengthAt: number, at: number): string | null {
  const length = block.readUInt32LE(lengthAt)
  return length === 0 ? null : block.toString('utf8', at, at + length - 1)
}
