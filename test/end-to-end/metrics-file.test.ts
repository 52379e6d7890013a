import { lstat, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 3 })

async function orgOf(place: Workplace) {
  const org = await place.org({ users })
  await place.write('in.csv', usersCsv([...users.map(({ id }) => id), 'nobody@example.com']))
  await place.write('job.yaml', 'name: nightly\naction: suspend\nguards: { unusual: off }\n')
  return org
}

const run = ['run', 'in.csv', '--job', 'job.yaml', ...unattended, '--metrics-file', 'job.prom']

it('writes counts and times of the run, for another user to read, and of its retry', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    expect((await place.runHere(org, run)).code).toBe(1)
    const text = await place.read('job.prom')
    expect(text).toContain('okta_lifecycle_exit_code{job="nightly"} 1\n')
    expect(text).toContain('okta_lifecycle_tasks{job="nightly",result="succeeded"} 3\n')
    expect(text).toContain('okta_lifecycle_tasks{job="nightly",result="failed"} 1\n')
    expect(text).toContain('okta_lifecycle_people{job="nightly",state="need_you"} 1\n')
    for (const { id, login } of users) expect(text).not.toMatch(new RegExp(`${id}|${login}`))
    expect((await stat(join(place.directory, 'job.prom'))).mode & 0o777).toBe(0o644)
    const retry = ['retry', '--latest', '--yes', '--quiet', '--metrics-file', 'job.prom']
    expect((await place.runHere(org, retry)).code).toBe(1)
    expect(await place.read('job.prom')).not.toBe(text)
  })
})

it('a night on which nothing has changed tells that it was looked', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    expect((await place.runHere(org, run)).code).toBe(0)
    const checkedAt = async (): Promise<number> =>
      Number(/last_check_timestamp_seconds\{.*\} (.*)/.exec(await place.read('job.prom'))?.[1])
    const before = await checkedAt()
    const more = ['run', 'in.csv', '--job', 'job.yaml', '--yes', '--quiet', '--if-changed', '--metrics-file']
    const end = await place.runHere(org, [...more, 'job.prom'])
    expect(end.code, end.stderr).toBe(0)
    expect(await checkedAt()).toBeGreaterThan(before)
  })
})

it.each<[string, string, RegExp]>([
  ['a file that holds something else', 'in.csv', /contains something else/],
  ['a directory that is not there', 'nowhere/job.prom', /nowhere is not a directory/],
  ['a directory', '.', /not a regular file/],
])('is refused before anything is sent where it would be %s', async (_, path, said) => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    const end = await place.runHere(org, [...run.slice(0, -1), path])
    expect([end.code, org.requests.length]).toEqual([2, 0])
    expect(end.stderr).toMatch(said)
    expect(await place.read('in.csv')).toContain('nobody@example.com')
  })
})
it('a command that ends without a summary leaves no success behind', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    expect((await place.runHere(org, run)).code).toBe(0)
    const before = await place.read('job.prom')
    expect(before).toContain('okta_lifecycle_exit_code{job="nightly"} 0\n')
    await place.write('in.csv', 'user\n')
    expect((await place.runHere(org, run)).code).toBe(2)
    expect(await place.read('job.prom')).toBe(
      before.replace('exit_code{job="nightly"} 0', 'exit_code{job="nightly"} 2'),
    )
  })
})

it.each(['retry', 'undo'])(
  '%s is refused before it sends anything where it would replace a file',
  async (command) => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      expect((await place.runHere(org, run)).code).toBe(1)
      const before = org.requests.length
      const end = await place.runHere(org, [command, '--latest', '--yes', '--metrics-file', 'in.csv'])
      expect([end.code, org.requests.length]).toEqual([2, before])
      expect(end.stderr).toMatch(/contains something else/)
    })
  },
)

it('what is no regular file is left as it is', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    await symlink('/dev/null', join(place.directory, 'link.prom'))
    const end = await place.runHere(org, [...run.slice(0, -1), 'link.prom'])
    expect([end.code, org.requests.length]).toEqual([2, 0])
    expect(end.stderr).toMatch(/not a regular file/)
    expect((await lstat(join(place.directory, 'link.prom'))).isSymbolicLink()).toBe(true)
  })
})

it('an undo that has nothing to take back, and still needs somebody, is told', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.write('job.yaml', 'name: nightly\naction: reset_factors\nguards: { unusual: off }\n')
    expect((await place.runHere(org, run)).code).toBe(0)
    const undo = await place.runHere(org, [
      'undo',
      '--latest',
      '--yes',
      '--quiet',
      '--metrics-file',
      'job.prom',
    ])
    expect(undo.code).toBe(1)
    expect(await place.read('job.prom')).toContain('okta_lifecycle_exit_code{job="nightly"} 1\n')
  })
})
