import { execFileSync } from 'node:child_process'
import { createWriteStream, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { ForeignOrg, ForeignOrgOptions } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { linksJob, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const run = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]

async function orgOf(place: Workplace, fault: ForeignOrgOptions['fault'] = () => null): Promise<ForeignOrg> {
  await place.write('in.csv', usersCsv([1, 2].map(userIdOf)))
  await place.write('job.yaml', linksJob)
  return await place.org({ users: makeUsers({ count: 2, status: 'STAGED' }), fault })
}

function makePipe(place: Workplace, name: string): string {
  const path = join(place.directory, name)
  execFileSync('mkfifo', [path])
  return path
}

describe('a pipe, to which nobody writes,', () => {
  it.each(['links.csv', `links.${runId}.csv`])(
    'in the place of %s is refused before anything is sent',
    async (name) => {
      await withWorkplace(async (place) => {
        const org = await orgOf(place)
        const path = makePipe(place, name)
        const end = await place.runHere(org, run)
        expect([end.code, org.requests.filter(({ method }) => method === 'POST')], end.stderr).toEqual([
          2,
          [],
        ])
        expect(end.stderr).toContain(`${path} exists and is not a file of activation links.`)
        expect(end.stderr).toContain('→ Move it away, or name another file')
        expect(await place.runs()).toEqual([])
      })
    },
  )

  it('beside the links of a run that has begun stops its resume with 3, and holds up no report', async () => {
    await withWorkplace(async (place) => {
      let fault: Fault | null = { name: 'invalidToken' }
      const org = await orgOf(place, ({ action }) => (action === null ? null : fault))
      expect(await place.runHere(org, run)).toMatchObject({ code: 4 })
      fault = null
      const path = makePipe(place, `links.${runId}.csv`)
      const resume = ['resume', runId, '--yes', '--quiet']
      const end = await place.runHere(org, resume)
      expect([end.code, org.applied], end.stderr).toEqual([3, {}])
      expect(end.stderr).toContain(
        `→ Move away what is at ${path}, or make it writable, then: okta-lifecycle resume`,
      )
      rmSync(path)
      expect(await place.runHere(org, resume)).toMatchObject({ code: 0 })
      makePipe(place, `links.${runId}.csv`)
      renameSync(join(place.directory, 'links.csv'), join(place.directory, 'picked-up.csv'))
      makePipe(place, 'links.csv')
      expect(await place.runHere(org, ['report', runId])).toMatchObject({ code: 0 })
      for (const { message } of await place.results()) expect(message).toMatch(/moved or changed since$/)
    })
  })

  it.each(['run.json', 'journal.ndjson', 'summary.json', 'input.csv', 'run.log'])(
    'in the place of %s in a run directory is waited for by no command',
    async (name) => {
      await withWorkplace(async (place) => {
        const org = await orgOf(place)
        expect(await place.runHere(org, run)).toMatchObject({ code: 0 })
        rmSync(join(place.directory, 'runs', runId, name))
        makePipe(place, `runs/${runId}/${name}`)
        const said = []
        for (const command of ['status', 'report', 'resume', 'retry', 'evidence', 'verify-journal']) {
          const end = await place.runHere(org, [command, runId])
          said.push(end.stderr)
        }
        said.push((await place.runHere(org, ['runs'])).stdout)
        const needed = ['run.json', 'journal.ndjson', 'input.csv'].includes(name)
        if (needed) expect(said.join('')).toMatch(new RegExp(`${name}.* can.?(no)?t be .*not a regular file`))
        rmSync(join(place.directory, 'runs', runId), { recursive: true })
      })
    },
  )

  it('is no saved plan, and a plan of what comes through one is not saved', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      const pipe = makePipe(place, 'pipe')
      const saved = await place.runHere(org, ['run', '--plan', 'pipe', '--yes'])
      expect([saved.code, saved.stderr]).toEqual([2, expect.stringContaining('not a regular file')])
      const plan = ['plan', 'pipe', '--format', 'csv', '--action', 'suspend', '--out', 'plan.json']
      const refused = await place.runHere(org, plan)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain(`run --plan reads ${'pipe'} again`)
      await place.write('piped.yaml', `${linksJob}input: { file: pipe }\n`)
      const doctor = await place.runHere(org, ['doctor', '--job', 'piped.yaml'])
      expect(doctor.stdout).toContain(`${pipe} is a pipe or a device, which only the run itself reads.`)
    })
  })

  it('is waited for as an input until a signal comes', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      const pipe = makePipe(place, 'pipe')
      const args = ['run', 'pipe', '--format', 'csv', '--action', 'activate', ...unattended]
      const begun = place.start(org, args)
      // Opening it to write succeeds once the command reads; a line without its end is no input yet.
      const writer = createWriteStream(pipe)
      await new Promise((resolve) => writer.write('user', resolve))
      begun.kill('SIGTERM')
      expect((await begun.ended).code).toBe(143)
      writer.destroy()
      const read = place.start(org, args)
      createWriteStream(pipe).end(usersCsv([1, 2].map(userIdOf)))
      expect(await read.ended).toMatchObject({ code: 0 })
    })
  })
})

it('a symbolic link to itself is named as one', async () => {
  await withWorkplace(async (place) => {
    const org = await orgOf(place)
    execFileSync('ln', ['-s', 'links.csv', join(place.directory, 'links.csv')])
    const end = await place.runHere(org, run)
    expect([end.code, org.requests.length], end.stderr).toEqual([2, 0])
    expect(end.stderr).toContain('links.csv is a symbolic link.')
    const doctor = await place.runHere(org, ['doctor', '--job', 'job.yaml'])
    expect(doctor.stdout).toContain('links.csv is a symbolic link.')
  })
})
