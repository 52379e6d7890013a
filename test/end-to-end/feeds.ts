import { type ForeignUser, loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'

/** People by number: the staff, who left on each of ten nights, who leaves tonight, and who leaves only later. */
export const staff = numbers(1, 300)
const nights = 10
const perNight = [11, 7, 12, 6, 9, 12, 10, 8, 12, 11] as const
export const tonight = numbers(601, 8)
const later = numbers(701, 15)
/** Who left on the first night and works for the company again. */
export const rehired = [401, 402, 403]
/** Nobody of this org. */
const strangers = numbers(900, 40)

function numbers(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

/** Who left on a night, from 0. */
function leaversOf(night: number): readonly number[] {
  return numbers(401 + night * 15, perNight[night] ?? 0)
}

export function everybody(): ForeignUser[] {
  const all = [
    ...staff,
    ...tonight,
    ...later,
    ...Array.from({ length: nights }, (_, at) => leaversOf(at)).flat(),
  ]
  return all.flatMap((number) => makeUsers({ count: 1, first: number }))
}

/** A list of leavers alone, as the HR system sends it to the job `leavers`. */
const leaversHeader = 'employee_number,name,work_email,department,manager,last_day'
const departments = ['Facilities', 'Finance', 'Research', 'Customer Care']

function leaverCells(number: number, day = '2026-11-20'): string[] {
  return [
    `E${10_000 + number}`,
    `Person ${letters(number)}`,
    loginOf(number),
    departments[number % 4] ?? '',
    loginOf(1 + (number % 20)),
    day,
  ]
}

function letters(number: number): string {
  return [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
}

function csv(header: string, rows: readonly (readonly string[])[]): string {
  return `${[header, ...rows.map((cells) => cells.join(','))].join('\n')}\n`
}

export function leaversList(people: readonly number[], day?: string): string {
  return csv(
    leaversHeader,
    people.map((number) => leaverCells(number, day)),
  )
}

/** The file of everybody, as the HR system sends it to the job `movements`. */
const everybodyHeader = 'okta_id,employee_number,work_email,Status,last_day,department'

interface Person {
  readonly id: string
  readonly login: string
  readonly status: string
  readonly lastDay: string
  readonly number: number
}

export function person(number: number, status = 'Active', lastDay = ''): Person {
  return { id: userIdOf(number), login: loginOf(number), status, lastDay, number }
}

function ordinary(): readonly Person[] {
  return [
    ...staff.map((number) => person(number)),
    ...tonight.map((number) => person(number, 'Terminated', '2026-11-20')),
    ...later.map((number) => person(number, 'Terminated', '2099-01-31')),
  ]
}

export function everybodyFile(people: readonly Person[]): string {
  return csv(
    everybodyHeader,
    people.map(({ id, login, status, lastDay, number }) => [
      id,
      `E${10_000 + number}`,
      login,
      status,
      lastDay,
      departments[number % 4] ?? '',
    ]),
  )
}

export const leaversJob = `name: leavers
input: { file: in.csv, user_column: work_email }
steps: [{ action: suspend, if_failed: go_on }, deactivate]
`
export const movementsJob = `name: movements
input:
  file: in.csv
  user_column: okta_id
  check: { login: work_email }
  where: { Status: [Terminated] }
  due: { column: last_day, time_zone: Europe/Berlin }
action: deactivate
`

/** What becomes of a feed: tonight's leavers are done (as for all that is only untidy), or nothing is sent. */
type Expected = 'done' | 'nothing' | 'either'

export interface Feed {
  readonly name: string
  readonly text: string | Buffer
  readonly expected: Expected
}

const good = leaversList(tonight)
const goodRows = good.trimEnd().split('\n').slice(1)

function feed(name: string, expected: Expected, text: string | Buffer): Feed {
  return { name, text, expected }
}

/** Every row with its cells moved. */
function moved(rows: readonly string[], move: (cells: readonly string[]) => readonly string[]): string[] {
  return rows.map((row) => move(row.split(',')).join(','))
}

function withHeader(rows: readonly string[], header = leaversHeader): string {
  return `${[header, ...rows].join('\n')}\n`
}

export const allNights = Array.from({ length: nights }, (_, night) => leaversOf(night))

export const leaversFeeds: readonly Feed[] = [
  feed('the whole company', 'nothing', leaversList([...staff, ...tonight])),
  feed('the whole company without last days', 'nothing', leaversList(staff, '')),
  feed(
    'the list of active staff, with a status',
    'nothing',
    csv(
      `${leaversHeader},Status`,
      staff.map((number) => [...leaverCells(number, ''), 'Active']),
    ),
  ),
  feed(
    'the list of one department’s active staff, with a status',
    'nothing',
    csv(
      `${leaversHeader},Status`,
      staff.slice(0, 40).map((number) => [...leaverCells(number, ''), 'Active']),
    ),
  ),
  feed(
    'a few of the active staff, with a status',
    'nothing',
    csv(
      `${leaversHeader},Status`,
      staff.slice(0, 9).map((number) => [...leaverCells(number, ''), 'Active']),
    ),
  ),
  feed(
    'cells shifted to the right',
    'nothing',
    withHeader(moved(goodRows, (cells) => ['', ...cells.slice(0, -1)])),
  ),
  feed(
    'cells shifted to the left',
    'nothing',
    withHeader(moved(goodRows, (cells) => [...cells.slice(1), ''])),
  ),
  feed(
    'a column added in front of the rows and not of the header',
    'nothing',
    withHeader(goodRows.map((row, index) => `${index + 1},${row}`)),
  ),
  feed('last month’s file', 'nothing', leaversList(leaversOf(0))),
  feed('the file of some nights ago', 'nothing', leaversList(leaversOf(3))),
  feed('a part of last month’s file', 'nothing', leaversList(leaversOf(0).slice(0, 5))),
  feed('last month’s file and tonight’s in one', 'nothing', leaversList([...leaversOf(0), ...tonight])),
  feed('all nights in one', 'nothing', leaversList([...allNights.flat(), ...tonight])),
  feed('tonight’s file twice, one after the other', 'either', `${good}${good}`),
  feed('every row twice', 'done', withHeader(goodRows.flatMap((row) => [row, row]))),
  feed('sorted otherwise', 'done', withHeader([...goodRows].reverse())),
  feed(
    'columns in another order',
    'nothing',
    withHeader(
      moved(goodRows, (cells) => [...cells].reverse()),
      leaversHeader.split(',').reverse().join(','),
    ),
  ),
  feed('without its header', 'nothing', withHeader(goodRows.slice(1), goodRows[0])),
  feed('with the header of another table', 'nothing', withHeader(goodRows, 'a,b,c,d,e,f')),
  feed(
    'the columns of the leaver and the manager swapped',
    'nothing',
    withHeader(goodRows, 'employee_number,name,manager,department,work_email,last_day'),
  ),
  feed(
    'the columns of the name and the address swapped',
    'nothing',
    withHeader(goodRows, 'employee_number,work_email,name,department,manager,last_day'),
  ),
  feed(
    'two tables one under the other',
    'either',
    `${good}\n${csv(
      'employee_number,name,manager,department,work_email,last_day',
      staff.slice(0, 5).map((number) => leaverCells(number)),
    )}`,
  ),
  feed('nothing at all', 'nothing', ''),
  feed('a header alone', 'nothing', `${leaversHeader}\n`),
  feed('one leaver 40 times', 'either', leaversList(Array.from({ length: 40 }, () => 601))),
  feed('one of the staff 40 times', 'nothing', leaversList(Array.from({ length: 40 }, () => 7))),
  feed(
    'one of the staff in place of all leavers, in 40 rows',
    'nothing',
    withHeader(numbers(601, 40).map((number) => leaverCells(number).with(2, loginOf(7)).join(','))),
  ),
  feed('logins of another org', 'nothing', leaversList(strangers.slice(0, 12))),
  feed(
    'ids of another org',
    'nothing',
    withHeader(moved(goodRows, (cells) => cells.with(2, `00uOther${'0'.repeat(9)}${cells[2]?.slice(4, 7)}`))),
  ),
  feed(
    'employee numbers in place of addresses',
    'nothing',
    withHeader(moved(goodRows, (cells) => cells.with(2, cells[0] ?? ''))),
  ),
  feed(
    'a page that asks to sign in',
    'nothing',
    '<!doctype html><html><body>Please sign in: user7@example.com</body></html>',
  ),
  feed('an error of the HR system as JSON', 'nothing', '{"error":"timeout","user":"user7@example.com"}'),
  feed('cut off in the middle of an address', 'either', good.slice(0, good.lastIndexOf('user608') + 5)),
  feed('a quote that never ends', 'nothing', good.replace('Person gab', '"Person gab')),
  feed('with a total below', 'nothing', `${good},,Total: 8,,,\n`),
  feed('separated by semicolons, with a BOM', 'done', `\ufeff${good.replaceAll(',', ';')}`),
  feed('in UTF-16', 'done', Buffer.from(`\ufeff${good}`, 'utf16le')),
  feed(
    'several addresses in a cell',
    'nothing',
    withHeader(moved(goodRows, (cells) => cells.with(2, `${cells[2]}; ${loginOf(9)}`))),
  ),
]

const inverted = ordinary().map((one) => ({
  ...one,
  status: one.status === 'Active' ? 'Terminated' : 'Active',
}))

export const movementsFeeds: readonly Feed[] = [
  feed('an ordinary night', 'done', everybodyFile(ordinary())),
  feed('the status column inverted', 'nothing', everybodyFile(inverted)),
  feed(
    'everybody terminated today',
    'nothing',
    everybodyFile(
      ordinary().map(({ id, login, number }) => ({
        id,
        login,
        number,
        status: 'Terminated',
        lastDay: '2026-11-20',
      })),
    ),
  ),
  feed('the status column gone', 'nothing', everybodyFile(ordinary()).replace('Status', 'State')),
  feed('the column of last days gone', 'nothing', everybodyFile(ordinary()).replace('last_day', 'day')),
  feed(
    'last days as a table of another country has them',
    'nothing',
    everybodyFile(ordinary()).replaceAll('2026-11-20', '11/12/2026').replaceAll('2099-01-31', '01/02/2099'),
  ),
  feed(
    'all last days of 1970',
    'nothing',
    everybodyFile(ordinary()).replaceAll(/2099-01-31|2026-11-20/g, '1970-01-01'),
  ),
  feed(
    'all last days of 1900',
    'nothing',
    everybodyFile(ordinary()).replaceAll(/2099-01-31|2026-11-20/g, '1900-01-01'),
  ),
  feed(
    'the column of ids sorted by itself',
    'nothing',
    everybodyFile(
      ordinary().map((one, index, all) => ({ ...one, id: all[all.length - 1 - index]?.id ?? '' })),
    ),
  ),
  feed(
    'ids moved by one row',
    'nothing',
    everybodyFile(
      ordinary().map((one, index, all) => ({ ...one, id: all[(index + 1) % all.length]?.id ?? '' })),
    ),
  ),
  feed(
    'ids in capitals',
    'nothing',
    everybodyFile(ordinary().map((one) => ({ ...one, id: one.id.toUpperCase() }))),
  ),
  feed(
    'ids and addresses of the test org',
    'nothing',
    everybodyFile(strangers.map((number) => person(number, 'Terminated', '2026-11-20'))),
  ),
  feed(
    'the leavers’ ids with the staff’s addresses',
    'nothing',
    everybodyFile(
      tonight.map((number, index) => ({
        ...person(number, 'Terminated', '2026-11-20'),
        login: loginOf(index + 1),
      })),
    ),
  ),
  feed('the file twice', 'either', everybodyFile(ordinary()).repeat(2)),
  feed(
    'tonight’s file and that of another company',
    'either',
    everybodyFile([...ordinary(), ...strangers.map((number) => person(number, 'Terminated', '2026-11-20'))]),
  ),
]
