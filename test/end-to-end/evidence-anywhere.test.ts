import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readZip } from '../support/evidence-zip.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runInProcess } from '../support/in-process.ts'
import { audit } from './audit.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** A run in which two users are activated and a third one fails, so that reports name files and commands. */
async function activate(place: Workplace): Promise<void> {
  const org = await place.org({ users: makeUsers({ count: 2, status: 'STAGED' }) })
  await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2), 'gone@example.com']))
  await place.write(
    'job.yaml',
    'name: joiners\naction: activate\noptions: { send_email: false }\nreport: { activation_links: links.csv }\n',
  )
  const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
  expect(end.code, end.stderr).toBe(1)
  expect(await place.read(`runs/${runId}/results.csv`)).toContain('its activation link is in ')
}

it.each([
  ['whole', []],
  ['redacted', ['--redact']],
])('the %s evidence of a run is the same bytes wherever it is made', async (_, flags) => {
  await withWorkplace(async (place) => {
    await activate(place)
    const { directory } = place
    const elsewhere = join(directory, 'elsewhere')
    await mkdir(elsewhere)
    await symlink('runs', join(directory, 'linked'))
    const out = join(directory, 'made.zip')
    async function made(cwd: string, ...how: readonly string[]): Promise<Buffer> {
      await rm(out, { force: true })
      const end = await runInProcess(['evidence', ...how, '--out', out, ...flags], { cwd })
      expect(end.code, end.stderr).toBe(0)
      return await readFile(out)
    }
    const first = await made(directory, runId)
    const others = {
      absolute: await made(directory, runId, '--runs-dir', join(directory, 'runs')),
      'from elsewhere': await made(elsewhere, runId, '--runs-dir', '../runs'),
      'through a link': await made(directory, runId, '--runs-dir', 'linked'),
      'by its directory': await made(elsewhere, join('..', 'runs', runId)),
      'after another report': await reported(),
      'after the links were picked up': await pickedUp(),
      'without the links': await removed(),
    }
    async function reported(): Promise<Buffer> {
      const end = await runInProcess(['report', runId, '--runs-dir', '../runs'], { cwd: elsewhere })
      expect(end.code, end.stderr).toBe(0)
      return await made(directory, runId)
    }
    async function pickedUp(): Promise<Buffer> {
      await rename(join(directory, 'links.csv'), join(directory, 'links.csv.picked-up'))
      return await made(directory, runId)
    }
    async function removed(): Promise<Buffer> {
      await rm(join(directory, 'links.csv.picked-up'))
      return await made(directory, runId)
    }
    for (const [how, bytes] of Object.entries(others)) expect(bytes.equals(first), how).toBe(true)
    expect((await audit(out)).said).toContain('All agrees: 3 tasks in 3 rows')
    const { files } = JSON.parse((await readZip(out)).get('summary.json') ?? '')
    expect(files.directory).toBe(`runs/${runId}`)
  })
})

it('leaves the reports in the run directory as they are', async () => {
  await withWorkplace(async (place) => {
    await activate(place)
    await place.write(`runs/${runId}/results.csv`, 'mine')
    const end = await place.runHere(null, ['evidence', runId])
    expect(end.code, end.stderr).toBe(0)
    expect(await place.read(`runs/${runId}/results.csv`)).toBe('mine')
    expect((await audit(join(place.directory, `${runId}-evidence.zip`))).code).toBe(0)
  })
})
