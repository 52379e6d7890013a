import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

function jobWith(links: string): string {
  return `name: onboarding\naction: activate\noptions: { send_email: false }\nreport: { activation_links: ${links} }\n`
}

async function prepare(place: Workplace, links: string): Promise<void> {
  await place.write('in.csv', usersCsv([1, 2].map(userIdOf)))
  await place.write('job.yaml', jobWith(links))
}

const run = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]

it.each([
  ['a file of its own run', `runs/${runId}/journal.ndjson`],
  ['a new file in its own run', `runs/${runId}/links.csv`],
  ['a file of another run', 'runs/older/failed.csv'],
  ['a folder of another run', 'runs/older/more/links.csv'],
  ['a link to a run', 'shortcut/links.csv'],
  ['a link that leads nowhere yet', 'dangling.csv'],
  ['a way around', './runs/../runs/older/../older/links.csv'],
])('links can’t go to %s: %s', async (_, links) => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2, status: 'STAGED' }) })
    await place.write('other.csv', usersCsv([userIdOf(2)]))
    const older = ['run', 'other.csv', '--action', 'activate', '--yes', '--quiet', '--run-id', 'older']
    expect((await place.runHere(org, older)).code).toBe(0)
    mkdirSync(join(place.directory, 'runs/older/more'), { mode: 0o700 })
    symlinkSync('runs/older', join(place.directory, 'shortcut'))
    symlinkSync(`runs/${runId}/results.jsonl`, join(place.directory, 'dangling.csv'))
    await prepare(place, links)
    const applied = { ...org.applied }
    const end = await place.runHere(org, run)
    expect([end.code, org.applied], end.stderr).toEqual([2, applied])
    expect(end.stderr).toMatch(/report\.activation_links: a file outside of all run directories was expected/)
    expect(await place.runs()).toEqual(['older'])
  })
})

it.each(['resume', 'retry'])('%s refuses it too, and leaves the run as it is', async (command) => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2, status: 'STAGED' })
    const org = await place.org({
      users,
      fault: ({ action }) => (action === null ? null : { name: 'forbidden' }),
    })
    await prepare(place, 'links.csv')
    expect((await place.runHere(org, run)).code).toBe(1)
    const path = `runs/${runId}/run.json`
    const before = (await place.read(path)).replace(
      JSON.stringify(join(place.directory, 'links.csv')),
      JSON.stringify(join(place.directory, 'runs', runId, 'links.csv')),
    )
    const open = command === 'resume' ? before.replace('"state": "finished"', '"state": "stopped"') : before
    await place.write(path, open)
    const calls = org.requests.length
    const end = await place.runHere(org, [command, runId, '--yes', '--quiet'])
    expect([end.code, org.requests.length], end.stderr).toEqual([2, calls])
    expect(end.stderr).toMatch(/report\.activation_links/)
    expect([await place.read(path), await place.runs()]).toEqual([open, [runId]])
  })
})

it.each(['journal.ndjson', 'Results.csv', 'input.csv'])(
  'a simulated org’s links can’t take the name %s',
  async (name) => {
    await withWorkplace(async (place) => {
      await prepare(place, name)
      const end = await place.runHere(null, [
        'run',
        'in.csv',
        '--job',
        'job.yaml',
        '--sandbox',
        ...unattended,
      ])
      expect([end.code, await place.runs()], end.stderr).toEqual([2, []])
    })
  },
)
