import { checkUserKey, type KeyKind } from '../../src/input/key/user-key.ts'
import type { InputRow } from '../../src/input/row.ts'
import { type Action, actionNames } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'
import { type PlanRowsOptions, planRows } from '../../src/plan/plan-rows.ts'
import type { PlannedTask } from '../../src/plan/plan-schema.ts'
import type { PlannedRead } from '../../src/plan/user-reads.ts'
import { nobodyProtected } from '../../src/rules/guards.ts'
import { plainJob } from '../engine/plain-run.ts'

/** Rows of an input: each a user key and its actions, with `send_email` where a third part says so. */
export type RowSpec = readonly [user: string, actions: string, sendEmail?: boolean]

export const ada = { id: '00uAda00000000000001', login: 'ada@example.com' }
export const bob = { id: '00uBob00000000000002', login: 'bob@example.com' }

/** A row that can be acted on. The actions are parted by blanks. */
export function rowOf(row: number, [user, actions, sendEmail = undefined]: RowSpec): InputRow {
  const names: readonly Action[] = actions.split(' ').map((name) => {
    const action = actionNames.find((known) => known === name)
    if (action === undefined) throw new Error(`${name} is no action`)
    return action
  })
  const noMore = { line: null, keyKind: kindOf(user), due: null, checkLogin: null } as const
  return {
    kind: 'valid',
    row,
    user,
    actions: names,
    sendEmail: sendEmail ?? null,
    cells: new Map(),
    ...noMore,
  }
}

function kindOf(user: string): KeyKind {
  const check = checkUserKey(user)
  if ('problem' in check) throw new Error(check.problem)
  return check.kind
}

export function found(
  user: { readonly id: string; readonly login: string },
  status: UserStatus,
  transitioningToStatus: string | null = null,
): PlannedRead {
  return {
    kind: 'found',
    user: { ...user, status, statusChanged: null, transitioningToStatus, offered: [], directory: null },
  }
}

/** Plans rows whose users are given by the key of the row. */
export async function planOf(
  rows: readonly (RowSpec | InputRow)[],
  reads: Readonly<Record<string, PlannedRead>>,
  more: Partial<Omit<PlanRowsOptions, 'reads'>> = {},
): Promise<readonly PlannedTask[]> {
  async function* input(): AsyncGenerator<InputRow> {
    for (const [index, row] of rows.entries()) yield 'kind' in row ? row : rowOf(index + 1, row)
  }
  const planned = planRows(input(), {
    job: {
      guards: plainJob.guards,
      read_first: true,
      steps: null,
      order: 'user',
      input: { ...plainJob.input },
    },
    now: () => 0,
    owner: null,
    protect: nobodyProtected,
    ahead: 4,
    ...more,
    reads: {
      of: async ({ user }) => {
        const read = reads[user]
        if (read === undefined) throw new Error(`${user} was read`)
        return read
      },
    },
  })
  const tasks: PlannedTask[] = []
  for await (const row of planned) tasks.push(...row.tasks)
  return tasks
}

/** What is expected of each task, as texts: `expected (status)`. */
export function shortly(tasks: readonly PlannedTask[]): readonly string[] {
  return tasks.map(({ expected, status }) => `${expected} (${status ?? '?'})`)
}
