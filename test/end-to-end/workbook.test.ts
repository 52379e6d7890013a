import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { textCell, textRows, writeWorkbook } from '../support/workbook.ts'
import { parseCsv, runId, unattended, type Workplace, withWorkplace } from './workplace.ts'

/** A row of somebody with a last day. */
function leaver(line: number, user: string): string {
  const day = `<c r="C${line}" s="1"><v>45413</v></c>`
  return `<row r="${line}">${textCell(`A${line}`, user)}${textCell(`B${line}`, 'suspend')}${day}</row>`
}

/** Six leavers, of whom a careful person would act on the first two. */
const rows = [
  textRows([['Work Email', 'Action', 'Last day']]),
  leaver(2, 'user1@example.com'),
  leaver(3, 'user2@example.com'),
  `<row r="4" hidden="1">${textCell('A4', 'user3@example.com')}${textCell('B4', 'suspend')}</row>`,
  `<row r="5">${textCell('A5', 'user4@example.com')}<c r="B5" t="e"><v>#N/A</v></c></row>`,
  '<row r="6"><c r="A6"><v>1042</v></c></row>',
  `<row r="7">${textCell('A7', 'user5@example.com')}<c r="B7"><f>A1</f></c></row>`,
].join('')
const workbook = writeWorkbook({
  sheets: [{ name: 'Old', state: 'hidden' }, { name: 'Leavers', rows }, { name: 'Joiners' }],
  formats: [14],
})
const file = `runs/${runId}`

async function withList(work: (place: Workplace) => Promise<void>): Promise<void> {
  await withWorkplace(async (place) => {
    await place.write('leavers.xlsx', workbook)
    await work(place)
  })
}

it('what nobody can read or see is refused by sheet and cell, before anything is sent', async () => {
  await withList(async (place) => {
    const end = await place.runHere(null, [
      'run',
      'leavers.xlsx',
      '--action',
      'unlock',
      '--sandbox',
      ...unattended,
    ])
    expect(end.code).toBe(2)
    expect(end.stderr).toContain('leavers.xlsx: 4 of 6 rows are bad:')
    expect(end.stderr).toContain('row 3 (line 4): the row Leavers!4:4 is hidden or filtered out')
    expect(end.stderr).toContain('row 4 (line 5): Action: Leavers!B5: the cell contains the error "#N/A"')
    expect(end.stderr).toContain('row 5 (line 6): Work Email: Leavers!A6: the user is the number 1042')
    expect(end.stderr).toContain(
      'row 6 (line 7): Action: Leavers!B7: the cell contains a formula without a stored value',
    )
    expect(await place.runs()).toEqual([])
  })
})

it('the rest is done, and what was not read is not taken for read when failed.csv is fed again', async () => {
  await withList(async (place) => {
    const args = [
      'run',
      'leavers.xlsx',
      '--action',
      'unlock',
      '--sandbox',
      '--skip-invalid',
      '--yes',
      '--run-id',
      runId,
    ]
    const end = await place.runHere(null, args)
    expect(end.code, end.stderr).toBe(1)
    expect(end.stderr).toContain('Sheet: "Leavers"; not read: "Joiners"; hidden and not read: "Old".')
    expect(await readFile(join(place.directory, file, 'input.xlsx'))).toEqual(workbook)
    expect(
      (await place.results()).map(({ result, input_Action, action, 'Last day': day }) => [
        result,
        input_Action ?? action,
        day,
      ]),
    ).toEqual([
      ['succeeded', 'suspend', '2024-05-01'],
      ['succeeded', 'suspend', '2024-05-01'],
      ['skipped', 'suspend', ''],
      ['skipped', '#N/A', ''],
      ['skipped', '', ''],
      ['skipped', '', ''],
    ])
    const failed = await place.read(`${file}/failed.csv`)
    expect(failed.split('\n')[0]).toBe('Work Email,Action,Last day,why')
    expect(parseCsv(failed).map(({ why = '' }) => why.slice(0, 9))).toEqual(Array(4).fill('not read:'))
    const again = await place.runHere(null, [
      'run',
      `${file}/failed.csv`,
      '--action',
      'unlock',
      '--sandbox',
      '--yes',
    ])
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('4 of 4 rows are bad')
  })
})

it('hidden rows are done where the job says so, from the sheet that it names', async () => {
  await withWorkplace(async (place) => {
    const hidden = textRows([['user'], ['user1@example.com']]).replace('<row r="2"', '<row r="2" hidden="1"')
    await place.write(
      'all.xlsx',
      writeWorkbook({ sheets: [{ name: 'First' }, { name: 'All of them', rows: hidden }] }),
    )
    await place.write(
      'job.yaml',
      'name: all\naction: suspend\ninput: { file: all.xlsx, sheet: All of them, hidden_rows: read }\n',
    )
    const end = await place.runHere(null, ['run', '--job', 'job.yaml', '--sandbox', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expect(await place.results()).toMatchObject([{ user: 'user1@example.com', result: 'succeeded' }])
    await place.write('again.csv', 'user\nuser2@example.com\n')
    const other = await place.runHere(null, ['validate', 'again.csv', '--job', 'job.yaml'])
    expect(other.code, other.stderr).toBe(0)
    const flag = await place.runHere(null, [
      'validate',
      'again.csv',
      '--action',
      'suspend',
      '--sheet',
      'All of them',
    ])
    expect(flag.code).toBe(2)
    expect(flag.stderr).toContain('--sheet: an Excel workbook (.xlsx) was expected, but the input is CSV.')
  })
})

it('resume reads the copy again, and retry writes what is left as CSV', async () => {
  await withList(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1, status: 'ACTIVE' }) })
    const args = [
      'run',
      'leavers.xlsx',
      '--action',
      'unlock',
      '--skip-invalid',
      '--max-users',
      '1',
      ...unattended,
    ]
    expect((await place.runHere(org, args)).code).toBe(3)
    const resumed = await place.runHere(org, ['resume', file, '--yes', '--quiet', '--max-users', '10'])
    expect(resumed.code, resumed.stderr).toBe(1)
    expect((await place.results()).map(({ result }) => result)).toEqual([
      'succeeded',
      'failed',
      ...Array(4).fill('skipped'),
    ])
    const retried = await place.runHere(org, ['retry', file, '--yes', '--quiet'])
    expect(retried.code, retried.stderr).toBe(1)
    const name = (await place.runs()).find((run) => run !== runId)
    expect(await place.read(`runs/${name}/input.csv`)).toBe(
      'Work Email,Action,Last day\nuser2@example.com,suspend,2024-05-01\n',
    )
    expect(JSON.parse(await place.read(`runs/${name}/run.json`))).toMatchObject({
      job: { input: { format: 'csv', sheet: null } },
    })
  })
})

it('plan and validate name the sheet', async () => {
  await withList(async (place) => {
    const plan = await place.runHere(null, ['plan', 'leavers.xlsx', '--sandbox', '--skip-invalid'])
    expect(plan.stderr).toContain('Sheet: "Leavers"; not read: "Joiners"')
    expect(plan.stdout).toContain('user1@example.com')
    const validate = await place.runHere(null, ['validate', 'leavers.xlsx', '--json'])
    expect(JSON.parse(validate.stdout)).toMatchObject({ sheet: 'Leavers', rows: 6, invalid_rows: 4 })
    const joiners = await place.runHere(null, ['validate', 'leavers.xlsx', '--sheet', 'joiners'])
    expect(joiners.code).toBe(2)
    expect(joiners.stderr).toContain('the sheet "Joiners" is empty')
  })
})
