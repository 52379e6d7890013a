import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { exitCodes } from '../../src/messages/known-error.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const script = resolve('deploy/nightly.sh')
const program = resolve('dist/main.js')

/** A machine with the program in its path, a job that resets factors, and its input. */
async function machine(place: Workplace, count: number, latencyMs = 0): Promise<ForeignOrg> {
  const org = await place.org({ users: makeUsers({ count, factors: 1 }), latencyMs })
  const bin = join(place.directory, 'bin')
  await mkdir(bin)
  const shim = join(bin, 'okta-lifecycle')
  await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`)
  await chmod(shim, 0o755)
  await place.write('in.csv', usersCsv(Array.from({ length: count }, (_, index) => userIdOf(index + 1))))
  const guards = 'guards: { unusual: off }\npace: { concurrency: 2 }\n'
  await place.write('job.yaml', `name: nightly\naction: reset_factors\n${guards}input: { file: in.csv }\n`)
  return org
}

function startNight(place: Workplace, org: ForeignOrg) {
  const child = spawn(script, ['job.yaml', 'nights'], {
    cwd: place.directory,
    env: {
      ...process.env,
      PATH: `${join(place.directory, 'bin')}:${process.env.PATH}`,
      OKTA_CLIENT_ORGURL: org.url,
      OKTA_CLIENT_TOKEN: org.token,
      OKTA_CLIENT_REQUESTTIMEOUT: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said: said.join('') }))
  return { child, ended }
}

/** A first night that is killed after some calls. Returns the name of its run. */
async function killedNight(place: Workplace, org: ForeignOrg): Promise<string> {
  const { child, ended } = startNight(place, org)
  await org.waitUntil(() => Object.keys(org.applied).length >= 3)
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await ended
  const names = await readdir(join(place.directory, 'nights'))
  return names.find((name) => !name.startsWith('.')) ?? ''
}

it('the night after does nothing where nothing has changed', async () => {
  await withWorkplace(async (place) => {
    const org = await machine(place, 6)
    const first = await startNight(place, org).ended
    expect(first.code, first.said).toBe(0)
    const requests = org.requests.length
    const second = await startNight(place, org).ended
    expect(second.code, second.said).toBe(0)
    expect(second.said).toContain('Nothing has changed since run')
    expect(org.requests).toHaveLength(requests)
  })
})

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'a night that %s ends is finished by the next, and nobody is done twice',
  async (signal) => {
    await withWorkplace(async (place) => {
      const org = await machine(place, 30, 20)
      const { child, ended } = startNight(place, org)
      await org.waitUntil(() => Object.keys(org.applied).length >= 6)
      // To the shell alone, as a container's first process gets it; a machine that dies takes both.
      process.kill(signal === 'SIGKILL' ? -(child.pid ?? 0) : (child.pid ?? 0), signal)
      const end = await ended
      if (signal === 'SIGTERM') expect(end.code, end.said).toBe(143)
      expect(Object.keys(org.applied).length).toBeLessThan(30)
      const next = await startNight(place, org).ended
      expect(next.code, next.said).toBe(0)
      expect(next.said).toContain('Going on with run')
      expect(Object.values(org.applied)).toEqual(Array(30).fill(1))
      const after = await startNight(place, org).ended
      expect([after.code, after.said]).toEqual([0, expect.stringContaining('Nothing has changed since run')])
    })
  },
)

it('an unfinished run is found behind a newer one that nobody has agreed to, and beside what is no run', async () => {
  await withWorkplace(async (place) => {
    const org = await machine(place, 30, 20)
    const nights = join(place.directory, 'nights')
    const run = await killedNight(place, org)
    const { journal_begun: _, ...file } = JSON.parse(await readFile(join(nights, run, 'run.json'), 'utf8'))
    for (const name of ['newer', 'lost+found']) await mkdir(join(nights, name), { mode: 0o700 })
    const newer = { ...file, run_id: 'newer', state: 'new', created_at: new Date().toISOString() }
    await writeFile(join(nights, 'newer', 'run.json'), JSON.stringify(newer), { mode: 0o600 })
    const next = await startNight(place, org).ended
    expect([next.code, next.said]).toEqual([0, expect.stringContaining(`Going on with run ${run}`)])
    expect(Object.values(org.applied)).toEqual(Array(30).fill(1))
  })
})

it('neither a copy of an unfinished run nor an unanswered retry keeps a night from its work', async () => {
  await withWorkplace(async (place) => {
    const org = await machine(place, 30, 20)
    const nights = join(place.directory, 'nights')
    const run = await killedNight(place, org)
    await cp(join(nights, run), join(nights, `${run}.bak`), { recursive: true })
    // A retry writes what it takes over before its run.json, and may be killed at its question.
    const begun = join(nights, 'begun')
    await mkdir(begun, { mode: 0o700 })
    await cp(join(nights, run, 'journal.ndjson'), join(begun, 'journal.ndjson'))
    await writeFile(join(begun, '.started-by-okta-lifecycle'), 'begun\n', { mode: 0o600 })
    const next = await startNight(place, org).ended
    expect([next.code, next.said]).toEqual([0, expect.stringContaining(`Going on with run ${run}.\n`)])
    expect(Object.values(org.applied)).toEqual(Array(30).fill(1))
  })
})

it('a night without the program in its path says so', async () => {
  await withWorkplace(async (place) => {
    const org = await machine(place, 1)
    await rm(join(place.directory, 'bin', 'okta-lifecycle'))
    const { code, said } = await startNight(place, org).ended
    expect([code, said]).toEqual([127, expect.stringContaining('okta-lifecycle is not in the PATH')])
  })
})

it('a night after a run that has lost its journal does nothing and asks for a person', async () => {
  await withWorkplace(async (place) => {
    const org = await machine(place, 30, 20)
    const run = await killedNight(place, org)
    await rm(join(place.directory, 'nights', run, 'journal.ndjson'))
    const requests = org.requests.length
    const next = await startNight(place, org).ended
    expect([next.code, org.requests.length]).toEqual([3, requests])
    expect(next.said).toContain('is damaged')
  })
})

it('the CronJob gives up on the exit codes that would be the same again', () => {
  const { spec } = parse(readFileSync('deploy/kubernetes/cronjob.yaml', 'utf8'))
  const { podFailurePolicy, template } = spec.jobTemplate.spec
  const [, { onExitCodes }] = podFailurePolicy.rules
  expect(onExitCodes.values).toEqual([
    exitCodes.someoneMustLook,
    exitCodes.nothingSent,
    exitCodes.refusedByOkta,
    exitCodes.heldElsewhere,
  ])
  expect(onExitCodes.containerName).toBe(template.spec.containers[0].name)
  expect(spec.concurrencyPolicy).toBe('Forbid')
})

it('crontab, unit and CronJob call what is there', async () => {
  const texts = await Promise.all(
    ['crontab', 'systemd/okta-lifecycle.service', 'kubernetes/cronjob.yaml'].map((name) =>
      readFile(join('deploy', name), 'utf8'),
    ),
  )
  for (const text of texts)
    expect(text.replaceAll(/[",[\]]|args:|\s+/g, ' ')).toMatch(
      /\/opt\/okta-lifecycle\/deploy\/nightly\.sh +\/etc\/okta-lifecycle\/nightly\.yaml +\/var\/lib\/okta-lifecycle\/runs/,
    )
})
