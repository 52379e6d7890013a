import { existsSync, lstatSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import {
  expectAppliedOnce,
  parseCsv,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const job = [
  'name: onboarding',
  'action: activate',
  'options: { send_email: false }',
  'report: { activation_links: links.csv }',
  'pace: { concurrency: 1 }',
  '',
].join('\n')

const ids = [1, 2, 3, 4, 5, 6].map(userIdOf)

/** An org that does something to the file just when the call for the fourth user arrives. */
async function orgWith(place: Workplace, meddle: (path: string) => void): Promise<ForeignOrg> {
  const path = join(place.directory, 'links.csv')
  const org = await place.org({
    users: makeUsers({ count: 6, status: 'STAGED' }),
    fault: ({ action, key, attempt }) => {
      if (action !== null && key === userIdOf(4) && attempt === 1) meddle(path)
      return null
    },
  })
  await place.write('in.csv', usersCsv(ids))
  await place.write('job.yaml', job)
  return org
}

/** The users whose links stand in a file, sorted: two links that are written at one time may change places. */
async function usersIn(path: string): Promise<readonly string[]> {
  return parseCsv(await readFile(path, 'utf8'))
    .map(({ okta_user_id }) => okta_user_id ?? '')
    .toSorted()
}

const run = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]

/**
 * The users whose calls came after the file was meddled with. A link is written while the next calls go out, so any of
 * the earlier ones may still be on its way then.
 */
function ofLaterCalls(users: readonly string[]): readonly string[] {
  return users.filter((id) => ids.indexOf(id) >= 3)
}

/** The users of whom the results say that nobody knows where their link is. */
async function unknownLinks(place: Workplace): Promise<readonly string[]> {
  const results = await place.results()
  for (const { message } of results) expect(message).not.toMatch(/link is lost/)
  const unknown = results.filter(({ message = '' }) =>
    /link is not in .*links\.csv: if that file was moved or replaced .*look for it there first/.test(message),
  )
  return unknown.map(({ okta_user_id: id }) => id ?? '').toSorted()
}

it.each<[string, (path: string) => void]>([
  ['moved', (path) => renameSync(path, `${path}.picked-up`)],
  ['deleted', (path) => rmSync(path)],
  ['shortened to nothing', (path) => truncateSync(path)],
])(
  'a file of links that is %s in mid-run is begun anew, and no row says what is not so',
  async (_, meddle) => {
    await withWorkplace(async (place) => {
      const org = await orgWith(place, meddle)
      const path = join(place.directory, 'links.csv')
      const end = await place.runHere(org, run)
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids.map((id) => `${id} activate`),
      )
      const later = await usersIn(path)
      expect(ofLaterCalls(later)).toEqual(ids.slice(3))
      expect(end.stderr).toMatch(/The file for activation links was moved or changed .*links\.csv/)
      for (const { okta_user_id: id, message } of await place.results()) {
        expect(message, id).toMatch(
          later.includes(id ?? '')
            ? /link is in .*links\.csv$/
            : /link was written to .*, which has been moved or changed since$/,
        )
        expect(message).not.toMatch(/lost|reactivate/)
      }
    })
  },
)

it('every link is in one of the files where a colleague picks them up', async () => {
  await withWorkplace(async (place) => {
    const org = await orgWith(place, (path) => renameSync(path, `${path}.picked-up`))
    expect((await place.runHere(org, run)).code).toBe(0)
    const path = join(place.directory, 'links.csv')
    const later = await usersIn(path)
    // One that was on its way into the first file stands in both.
    const kept = new Set([...(await usersIn(`${path}.picked-up`)), ...later])
    expect([...kept].toSorted()).toEqual(ids)
    expect(ofLaterCalls(later)).toEqual(ids.slice(3))
    // Picked up after the run as well: then the reports are right once they are written again.
    renameSync(path, `${path}.second`)
    expect((await place.runHere(org, ['report', runId])).code).toBe(0)
    for (const { message } of await place.results()) expect(message).toMatch(/moved or changed since$/)
    renameSync(`${path}.second`, path)
    expect((await place.runHere(org, ['report', runId])).code).toBe(0)
    expect((await place.results()).map(({ message }) => /link is in/.test(message ?? ''))).toEqual(
      ids.map((id) => later.includes(id)),
    )
  })
})

it('a file of something else in its place stops the run, stays as it is, and later links go beside it', async () => {
  await withWorkplace(async (place) => {
    const notes = 'notes of somebody else\nmore of them\n'
    const org = await orgWith(place, (path) => {
      rmSync(path)
      writeFileSync(path, notes)
    })
    const path = join(place.directory, 'links.csv')
    const end = await place.runHere(org, run)
    expect(end.code, end.stderr).toBe(3)
    expect(await readFile(path, 'utf8')).toBe(notes)
    const beside = join(place.directory, `links.${runId}.csv`)
    // Those whose calls were under way by then.
    const rescued = await usersIn(beside)
    const others = ofLaterCalls(rescued)
    expect(others.length).toBeLessThan(3)
    expect(others).toEqual(ids.slice(3, 3 + others.length))
    expect(Object.keys(org.applied)).toHaveLength(3 + others.length)
    const printed = end.stdout + end.stderr
    expect(printed).toContain(path)
    expect(printed).toMatch(/Move away .*then: okta-lifecycle resume run/)
    expect(printed).toContain(`under way go to ${beside}`)
    rmSync(path)
    const resumed = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    const unknown = await unknownLinks(place)
    expect(ofLaterCalls(unknown)).toEqual([])
    expect(resumed.code, resumed.stderr).toBe(unknown.length > 0 ? 1 : 0)
    expect(await usersIn(path)).toEqual(ids.slice(3 + others.length))
    expectAppliedOnce(
      org.applied,
      ids.map((id) => `${id} activate`),
    )
    expect((await place.results())[3]?.message).toContain(`link is in ${beside}`)
  })
})

it.each<[string, (path: string) => void]>([
  ['leads nowhere yet', (path) => symlinkSync('stolen.csv', path)],
  ['leads to a file of links', (path) => symlinkSync('links.csv.moved', path)],
])('a symbolic link that %s is never written through, in mid-run or between executions', async (_, plant) => {
  await withWorkplace(async (place) => {
    const path = join(place.directory, 'links.csv')
    const org = await orgWith(place, () => {
      renameSync(path, `${path}.moved`)
      plant(path)
    })
    const end = await place.runHere(org, run)
    expect(end.code, end.stderr).toBe(3)
    const before = await readFile(`${path}.moved`, 'utf8')
    const printed = end.stdout + end.stderr
    expect(printed).toContain(`${path} is a symbolic link.`)
    expect(printed).toContain("This run's own file, or no file, was expected there.")
    expect(printed).toMatch(/Move away what is at .*links\.csv.*, then: okta-lifecycle resume run/)
    const applied = { ...org.applied }

    const again = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    expect([again.code, org.applied], again.stderr).toEqual([3, applied])
    expect(again.stderr).toContain(`replaced since the run began: ${path}. ${path} is a symbolic link.`)
    expect(again.stderr).toContain(`Move away what is at ${path}`)
    expect(again.stderr).toContain(`then: okta-lifecycle resume ${runId}`)

    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(existsSync(join(place.directory, 'stolen.csv'))).toBe(false)
    expect(await readFile(`${path}.moved`, 'utf8')).toBe(before)
    rmSync(path)
    const last = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    // A task that the stop left without a result has its link in the file that was moved.
    const unknown = await unknownLinks(place)
    expect(await usersIn(`${path}.moved`)).toEqual(expect.arrayContaining([...unknown]))
    expect(last.code, last.stderr).toBe(unknown.length > 0 ? 1 : 0)
    const beside = join(place.directory, `links.${runId}.csv`)
    const holders = [`${path}.moved`, path, ...(existsSync(beside) ? [beside] : [])]
    const held = new Set((await Promise.all(holders.map(usersIn))).flat())
    expect([...held].toSorted()).toEqual(ids)
    expectAppliedOnce(
      org.applied,
      ids.map((id) => `${id} activate`),
    )
  })
})

it('another file in its place between executions stops the run with 3, and stays as it is', async () => {
  await withWorkplace(async (place) => {
    const path = join(place.directory, 'links.csv')
    const org = await orgWith(place, () => {
      rmSync(path)
      writeFileSync(path, 'notes\n')
    })
    expect((await place.runHere(org, run)).code).toBe(3)
    const again = await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    expect(again.code, again.stderr).toBe(3)
    expect(again.stderr).toContain(`${path} exists and is not a file of activation links.`)
    expect(again.stderr).toContain(`then: okta-lifecycle resume ${runId}`)
    expect(await readFile(path, 'utf8')).toBe('notes\n')
  })
})

it('a symbolic link that is there when the run begins is refused before anything is sent', async () => {
  await withWorkplace(async (place) => {
    const org = await orgWith(place, () => {})
    symlinkSync('elsewhere.csv', join(place.directory, 'links.csv'))
    const end = await place.runHere(org, run)
    expect([end.code, org.requests.length], end.stderr).toEqual([2, 0])
    expect(end.stderr).toMatch(/links\.csv is a symbolic link\. .*\n?.*name the file itself under report/)
    const doctor = await place.runHere(org, ['doctor', '--job', 'job.yaml', '--json'])
    expect(doctor.stdout).toContain('links.csv is a symbolic link.')
    expect(await place.runs()).toEqual([])
  })
})
