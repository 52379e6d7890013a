import { needsColumn } from '../page/columns.ts'
import type { Attention } from '../page/page-data.ts'
import {
  type AttentionKind,
  attentionKindOf,
  kindNameOf,
  type Troubled,
  urgencyOf,
  type WayOn,
} from './attention-kinds.ts'
import { standingOf } from './people.ts'
import type { ReportRow } from './report-row.ts'

/** The most tasks of a kind that are named. */
const mostExamples = 10

interface Counted {
  readonly kind: AttentionKind
  readonly first: Troubled
  tasks: number
  readonly examples: Attention['examples'][number][]
}

/** Collects what needs a person, by kind. Keeps no more than a few tasks of each. */
export class AttentionCounter {
  readonly #kinds = new Map<string, Counted>()

  add({ tasks, excused }: Pick<ReportRow, 'tasks' | 'excused'>): void {
    for (const task of tasks) {
      if (standingOf(task, excused) !== 'needs_you') continue
      const name = kindNameOf(task)
      const counted = this.#kinds.get(name) ?? newKind(task)
      this.#kinds.set(name, counted)
      counted.tasks++
      if (counted.examples.length < mostExamples) {
        counted.examples.push({ row: task.row, user: task.okta_login ?? task.user, message: task.message })
      }
    }
  }

  /**
   * The kinds, the most urgent first.
   *
   * @param command the command for a way to go on; null if there is nothing to type
   */
  attention(command: (way: WayOn) => string | null): readonly Attention[] {
    return [...this.#kinds.values()]
      .sort((some, other) => urgencyOf(some.first) - urgencyOf(other.first) || other.tasks - some.tasks)
      .map(({ kind, first, tasks, examples }) => ({
        title: kind.title,
        tasks,
        advice: kind.advice,
        command: command(kind.wayOn),
        result: first.result,
        filters: { [needsColumn]: kind.title },
        examples,
      }))
  }
}

function newKind(task: Troubled): Counted {
  const { result, reason, error_code, attempts, verified, activation_link: link } = task
  const first = {
    result,
    reason,
    error_code,
    attempts,
    verified,
    ...(link === undefined ? {} : { activation_link: link }),
  }
  return { kind: attentionKindOf(first), first, tasks: 0, examples: [] }
}
