import type { PlannedRow } from './plan-rows.ts'
import type { PlanEnd } from './plan-schema.ts'
import type { PlanForecast } from './plan-time.ts'
import { planWidths, renderPlanEnd, renderPlanHead, renderPlannedTask } from './render-plan.ts'

/** Writes a plan row by row and keeps no more than one row in memory. */
export interface PlanAnswer {
  /** Whether anything was written yet. If so, the rest must continue it. */
  readonly begun: boolean
  /** Resolves to false if nobody reads the answer any more. */
  row(planned: PlannedRow): Promise<boolean>
  end(end: PlanEnd, time: PlanForecast | null, org: string): Promise<void>
}

/**
 * An answer for people: a table with a line for each task.
 *
 * @param rows rows of the input
 */
export function textAnswer(out: NodeJS.WritableStream, rows: number): PlanAnswer {
  const widths = planWidths(rows)
  let begun = false
  return {
    get begun() {
      return begun
    },
    row({ tasks }) {
      const head = begun ? [] : [renderPlanHead(widths)]
      begun = true
      const lines = [...head, ...tasks.map((task) => renderPlannedTask(task, widths))]
      return write(out, lines.map((line) => `${line}\n`).join(''))
    },
    async end(end, time, org) {
      await write(out, renderPlanEnd(end, time, org))
    },
  }
}

/** An answer for programs: one JSON object, with each task on a line. */
export function jsonAnswer(out: NodeJS.WritableStream): PlanAnswer {
  let begun = false
  return {
    get begun() {
      return begun
    },
    row({ tasks }) {
      const lines = tasks.map((task) => JSON.stringify(task)).join(',\n')
      const opening = begun ? ',\n' : '{"rows":[\n'
      begun = true
      return write(out, `${opening}${lines}`)
    },
    async end(end) {
      const opening = begun ? '\n],' : '{"rows":[],'
      await write(out, `${opening}${JSON.stringify(end).slice(1)}\n`)
    },
  }
}

/**
 * Waits until the text is accepted, so that a slow reader slows the plan down and memory does not grow. Resolves to
 * false if it was not.
 */
function write(out: NodeJS.WritableStream, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    out.write(text, (error?: Error | null) => resolve(error === null || error === undefined))
  })
}
