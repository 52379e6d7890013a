import { expect, it } from 'vitest'
import { type ForeignUser, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, unattended, type Workplace, withWorkplace } from './workplace.ts'

/** A way to write whom one means. */
type Spelling = (user: ForeignUser) => string

const shortName: Spelling = ({ login }) => login.replace(/@.*/, '')
const upper =
  (of: Spelling): Spelling =>
  (user) =>
    of(user).toUpperCase()
/** With spaces of several kinds and characters that nobody sees. */
const padded =
  (of: Spelling): Spelling =>
  (user) =>
    ` \u200b\u00a0${of(user)}\u200d\u200e \ufeff`
/** As Okta takes it: accents don't matter in a login. */
const accented: Spelling = ({ login }) => login.replace('e', 'é')
const id: Spelling = (user) => user.id
const login: Spelling = (user) => user.login

const spellings: Readonly<Record<string, Spelling>> = {
  id,
  login,
  'short name': shortName,
  'id with invisible characters': padded(id),
  LOGIN: upper(login),
  'SHORT NAME': upper(shortName),
  'login with invisible characters': padded(login),
  'short name with invisible characters': padded(shortName),
  'accented login': accented,
}
const ways = Object.values(spellings)
const count = ways.length

/** What protects a user: an entry of the job's list or its file, or something that the org knows. */
interface Kind {
  readonly login: (number: number) => string
  readonly list?: {
    readonly in: 'job' | 'file'
    readonly entries: (users: readonly ForeignUser[]) => string[]
  }
  readonly by?: 'owner' | 'role' | 'group role' | 'group'
}

const plainLogin = (number: number): string => `user${number}@example.com`

/** Each user under an entry of its own, all written in different ways. */
function each(written: readonly Spelling[]): (users: readonly ForeignUser[]) => string[] {
  return (users) => users.map((user, index) => (written[index % written.length] ?? login)(user))
}

const asLogin = each([login, upper(login), padded(login), accented])
const asId = each([id, padded(id)])
const asShortName = each([shortName, upper(shortName), padded(shortName)])

const kinds: readonly Kind[] = [
  { login: plainLogin, by: 'owner' },
  { login: plainLogin, by: 'role' },
  { login: plainLogin, by: 'group role' },
  { login: plainLogin, by: 'group' },
  { login: plainLogin, list: { in: 'job', entries: asLogin } },
  { login: plainLogin, list: { in: 'job', entries: asId } },
  { login: plainLogin, list: { in: 'job', entries: asShortName } },
  {
    login: (number) => `user${number}@vip.example.com`,
    list: { in: 'job', entries: () => ['*@VIP.example.com'] },
  },
  { login: plainLogin, list: { in: 'file', entries: asLogin } },
  { login: plainLogin, list: { in: 'file', entries: asId } },
  { login: plainLogin, list: { in: 'file', entries: asShortName } },
  {
    login: (number) => `svc-${number}-te@example.com`,
    list: { in: 'file', entries: () => [' \u200bSVC-*-té@*.COM\u00a0'] },
  },
]
const protectedUsers = kinds.flatMap((kind, at) =>
  makeUsers({ count, first: at * count + 1 }).map((user, index) => ({
    ...user,
    login: kind.login(at * count + index + 1),
  })),
)
const rows = 200
const freeUsers = makeUsers({ count: rows - protectedUsers.length, first: protectedUsers.length + 1 })
const board = '00gBoard000000000001'
const crew = '00gCrew0000000000002'

function usersOf(by: Kind['by']): readonly ForeignUser[] {
  const at = kinds.findIndex((kind) => kind.by === by)
  return protectedUsers.slice(at * count, (at + 1) * count)
}

function entriesIn(place: 'job' | 'file'): readonly string[] {
  return kinds.flatMap(({ list }, at) =>
    list?.in === place ? list.entries(protectedUsers.slice(at * count, (at + 1) * count)) : [],
  )
}

async function prepare(place: Workplace): Promise<void> {
  const names = [
    ...protectedUsers.map((user, index) => (ways[index % count] ?? id)(user)),
    // Where most keys are addresses, a short name is a bad row.
    ...freeUsers.map((user, index) =>
      ([id, padded(shortName), id, upper(login), shortName][index % 5] ?? id)(user),
    ),
  ]
  await place.write('in.csv', `user\n${names.join('\n')}\n`)
  await place.write('list.txt', `# never\n\n${entriesIn('file').join('\n')}\n`)
  await place.write(
    'job.yaml',
    `name: j
input: { short_names: true }
action: deactivate
verify: false
guards:
  protect: ${JSON.stringify(entriesIn('job'))}
  protect_file: list.txt
  protect_groups: [${board}]
  protect_admins: true
`,
  )
}

it('nobody who is protected is touched in an input of 200, however the row and the list name the user', async () => {
  await withWorkplace(async (place) => {
    const [owner] = usersOf('owner')
    const roles = Object.fromEntries(usersOf('role').map((user) => [user.id, ['Help Desk Administrator']]))
    const org = await place.org({
      // The owner is one user, whose rows are written in every way; the others of that kind are nobody.
      users: [
        ...protectedUsers.filter((user) => user === owner || !usersOf('owner').includes(user)),
        ...freeUsers,
      ],
      ownerId: owner?.id ?? '',
      roles,
      groups: [
        { id: board, name: 'Board', members: usersOf('group').map((user) => user.id) },
        {
          id: crew,
          name: 'Crew',
          members: usersOf('group role').map((user) => user.id),
          roles: ['Read Only Administrator'],
        },
      ],
    })
    await prepare(place)
    if (owner !== undefined) {
      const lines = (await place.read('in.csv')).split('\n')
      for (const [index, way] of ways.entries()) lines[index + 1] = way(owner)
      await place.write('in.csv', lines.join('\n'))
    }
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    const wrong = lines.flatMap(({ row, result, message, user }, index) => {
      const expected = index < protectedUsers.length ? 'skipped' : 'succeeded'
      return result === expected ? [] : [`${row} ${user} ${result}: ${message}`]
    })
    expect(wrong).toEqual([])
    expect(countsOf(lines.map(({ result }) => result))).toEqual({
      skipped: protectedUsers.length,
      succeeded: freeUsers.length,
    })
    expectAppliedOnce(
      org.applied,
      freeUsers.map((user) => `${user.id} deactivate`),
    )
    const called = org.requests.flatMap(({ action, key }) => (action === null ? [] : [key ?? '']))
    expect(called.sort()).toEqual(freeUsers.map((user) => user.id).sort())
    expect(lines).toHaveLength(rows)
    expect(userIdOf(1)).toBe(owner?.id)
  })
})
