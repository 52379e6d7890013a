import { errorAnswer } from '../support/foreign-org/answer.ts'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import { type ForeignStatus, type ForeignUser, makeUsers } from '../support/foreign-org/user.ts'
import { hostile } from './hostile.ts'

/** A row of the input, and what the org is like for it. */
interface Given {
  readonly login: string
  readonly action: string
  readonly name: string
  /** The user's status in the org; null for nobody. */
  readonly status?: ForeignStatus | null
  /** The key in the row; left out: the id, which may stand for any login. */
  readonly key?: string
  readonly state?: string
  readonly due?: string
  /** What happens to the call. */
  readonly fault?: Fault
}

const tokenOwner = 'operator@example.com'

const before = (status: number, code: string, words: string): Fault => ({
  name: 'answer',
  when: 'before',
  answer: errorAnswer(status, code, words),
})

const ordinary = Array.from(
  { length: 30 },
  (_, index): Given => ({
    login: `leaver${index + 1}@example.com`,
    action: 'suspend',
    name: `Leaver ${index + 1}`,
  }),
)

const strange = Object.entries(hostile).map(
  ([kind, name]): Given => ({
    login: `${kind === 'lines' ? kind : name}@example.com`,
    action: 'suspend',
    name,
  }),
)

/** Together they end in every way in which a task can end, and are refused with several codes. */
const given: readonly Given[] = [
  ...ordinary,
  ...strange,
  { login: 'ada@example.com', action: 'suspend', name: 'Ada, suspended before', status: 'SUSPENDED' },
  {
    login: 'gone@example.com',
    action: 'suspend',
    name: hostile.script,
    status: null,
    key: 'gone@example.com',
  },
  { login: '', action: 'suspend', name: 'Bad key', status: null, key: hostile.script },
  { login: '', action: 'suspend', name: 'Another', status: null, key: `${hostile.formula}@example.com` },
  { login: '', action: 'dismiss', name: hostile.arabic, status: null, key: 'who@example.com' },
  { login: '', action: 'suspend', name: 'No key', status: null, key: '' },
  {
    login: 'mastered1@example.com',
    action: 'suspend',
    name: 'Mia',
    fault: before(
      403,
      'E0000023',
      `Operation failed because ${hostile.script} is mastered under another system`,
    ),
  },
  {
    login: 'mastered2@example.com',
    action: 'suspend',
    name: 'Max',
    fault: before(403, 'E0000023', 'Operation failed because user profile is mastered under another system'),
  },
  { login: 'outside@example.com', action: 'suspend', name: 'Out of the role', fault: { name: 'forbidden' } },
  { login: 'odd@example.com', action: 'suspend', name: 'Odd', fault: before(400, 'E0000999', hostile.long) },
  { login: 'staged@example.com', action: 'suspend', name: 'Status does not allow it', status: 'STAGED' },
  {
    login: 'expired@example.com',
    action: 'suspend',
    name: 'Not one of the statuses',
    status: 'PASSWORD_EXPIRED',
  },
  { login: tokenOwner, action: 'suspend', name: 'The owner of the token' },
  { login: 'ceo@example.com', action: 'deactivate', name: 'Protected' },
  { login: 'later@example.com', action: 'deactivate', name: 'Not due', due: '2099-01-31' },
  { login: 'staying@example.com', action: 'deactivate', name: 'Not selected', state: 'staying' },
  {
    login: 'doubt@example.com',
    action: 'reactivate',
    name: hostile.hebrew,
    status: 'PROVISIONED',
    fault: { name: 'serverErrorAfter' },
  },
  { login: 'doubt@example.com', action: 'deactivate', name: 'After a doubt', status: 'PROVISIONED' },
  // A call that sends a mail is not repeated for five minutes: the run ends before that.
  {
    login: 'mail@example.com',
    action: 'activate',
    name: hostile.long,
    status: 'STAGED',
    fault: { name: 'serverErrorBefore' },
  },
  { login: 'mail@example.com', action: 'suspend', name: 'Behind an open call', status: 'STAGED' },
  { login: 'leaver1@example.com', action: 'suspend', name: 'Twice in the input' },
]

const people = [...new Set(given.filter(({ status }) => status !== null).map(({ login }) => login))]

const users = makeUsers({ count: people.length }).map((user, index): ForeignUser => {
  const login = people[index] ?? ''
  return { ...user, login, status: given.find((one) => one.login === login)?.status ?? 'ACTIVE' }
})

const idOf = (login: string): string => users.find((user) => user.login === login)?.id ?? ''

const faults = new Map(
  given.flatMap(({ login, action, fault }) => (fault ? [[`${idOf(login)} ${action}`, fault]] : [])),
)

function cell(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function lineOf({
  login,
  action,
  name,
  key = idOf(login),
  state = 'leaving',
  due = '2026-01-15',
}: Given): string {
  return [key, action, name, state, due, 'Research & "Development"'].map(cell).join(',')
}

const job = `name: every-kind
description: Everything that can happen to a row
input:
  file: in.csv
  user_column: id
  action_column: action
  where: { state: [leaving] }
  due: { column: leaves_on, time_zone: UTC, max_lag: 36h }
pace: { concurrency: 4 }
guards:
  protect: [ceo@example.com]
  only_status: [STAGED, PROVISIONED, ACTIVE, RECOVERY, LOCKED_OUT, SUSPENDED, DEPROVISIONED]
  max_duration: 6s
`

/** A run with every kind of result: what `run` needs, and the org. */
export const everyKind = {
  org: {
    users,
    ownerId: idOf(tokenOwner),
    fault: ({ action, key }: LoggedRequest): Fault | null => faults.get(`${key} ${action}`) ?? null,
  },
  input: `id,action,name,state,leaves_on,<b>department</b>\n${given.map(lineOf).join('\n')}\n`,
  job,
}
