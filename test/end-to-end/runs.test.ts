import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { usersCsv, withWorkplace } from './workplace.ts'

it('lists every run, the latest first, and damaged ones among them', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }) })
    await place.write('in.csv', usersCsv([loginOf(1), 'gone@example.com']))
    const start = (id: string, ...flags: string[]) =>
      place.runHere(org, [
        'run',
        'in.csv',
        '--action',
        'suspend',
        '--yes',
        '--quiet',
        '--run-id',
        id,
        ...flags,
      ])
    await start('first')
    await start('second', '--max-users', '1')
    await start('third')
    const directory = join(place.directory, 'runs')
    await rm(join(directory, 'third', 'journal.ndjson'))
    await mkdir(join(directory, 'cut'), { mode: 0o700 })
    await writeFile(join(directory, 'cut', 'run.json'), '{"run_id": "cu', { mode: 0o600 })
    await mkdir(join(directory, 'notes'), { mode: 0o700 })
    await symlink('/nowhere/away', join(directory, 'away'))
    await mkdir(join(directory, 'bare'), { mode: 0o700 })
    for (const name of ['lock', 'results.csv'])
      await writeFile(join(directory, 'bare', name), '', { mode: 0o600 })

    const list = await place.runHere(null, ['runs', '--json'])
    expect(list).toMatchObject({ code: 0, stderr: '' })
    const runs = JSON.parse(list.stdout)
    expect(runs.map(({ run_id, state }: Record<string, unknown>) => [run_id, state])).toEqual([
      ['away', 'damaged'],
      ['bare', 'damaged'],
      ['cut', 'damaged'],
      ['third', 'damaged'],
      ['second', 'stopped'],
      ['first', 'finished'],
    ])
    expect(runs[5]).toMatchObject({
      people: { total: 2, done: 1, need_you: 1, left_alone: 0 },
      results: { succeeded: 1, failed: 1 },
      tasks: 2,
      directory: 'runs/first',
    })
    expect(runs[0].reason).toBe('runs/away is a link to /nowhere/away, which is not there.')
    expect(runs[1].reason).toBe('runs/bare has results.csv but no run.json.')
    expect(runs[5].age_seconds).toBeGreaterThanOrEqual(runs[4].age_seconds)

    const text = (await place.runHere(null, ['runs'])).stdout.trimEnd().split('\n')
    expect(text).toHaveLength(7)
    expect(text[6]).toMatch(/^first +finished +\d+ s ago +1 of 2 people done, 1 need you$/)

    await rm(join(directory, 'away'))
    for (const id of ['cut', 'third']) {
      const status = await place.runHere(null, ['status', id, '--json'])
      expect([status.code, JSON.parse(status.stdout).state]).toEqual([1, 'damaged'])
    }
  })
})

it('has nothing to list where there are no runs', async () => {
  await withWorkplace(async (place) => {
    expect(await place.runHere(null, ['runs'])).toMatchObject({
      code: 0,
      stdout: 'There are no runs in runs.\n',
    })
    expect(await place.runHere(null, ['runs', '--json'])).toMatchObject({ code: 0, stdout: '[]\n' })
  })
})
