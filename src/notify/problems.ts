import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { standingOf } from '../report/people.ts'
import type { ReportedTask } from '../report/report-row.ts'
import { mostNamed, type Problem } from './notification.ts'

/**
 * The first tasks of a run that somebody must look at, from its `results.jsonl`. They include failures after which the
 * row goes on (`go_on`).
 *
 * @param most how many at most
 */
export async function readProblems(path: string, most = mostNamed): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const stream = createReadStream(path)
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const task = JSON.parse(line) as ReportedTask
      if (standingOf(task, []) !== 'needs_you') continue
      const { row, step, user, action, result, message } = task
      problems.push({ row, step, user, action, result, message })
      if (problems.length === most) break
    }
  } finally {
    stream.destroy()
  }
  return problems
}
