import type { PlannedRow } from './plan-rows.ts'
import type { PlanEnd } from './plan-schema.ts'
import { type PlanForecast, renderPlanEnd, renderPlannedTask } from './render-plan.ts'

/** Writes a plan as it comes: no more of it than one row is kept. */
export interface PlanAnswer {
  /** Whether anything was written yet: what follows must then fit to it. */
  readonly begun: boolean
  /** Resolves to false where nobody reads any more. */
  row(planned: PlannedRow): Promise<boolean>
  end(end: PlanEnd, time: PlanForecast | null, org: string): Promise<void>
}

/** An answer for people, a line for each task. */
export function textAnswer(out: NodeJS.WritableStream): PlanAnswer {
  let begun = false
  return {
    get begun() {
      return begun
    },
    row({ tasks }) {
      begun = true
      return write(out, tasks.map((task) => `${renderPlannedTask(task, tasks.length)}\n`).join(''))
    },
    async end(end, time, org) {
      await write(out, renderPlanEnd(end, time, org))
    },
  }
}

/** An answer for programs: one JSON object, its rows one a line. */
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

/** Waits until the text is taken, so that a slow reader slows the plan and not the memory. False where it was not taken. */
function write(out: NodeJS.WritableStream, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    out.write(text, (error?: Error | null) => resolve(error === null || error === undefined))
  })
}
