import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { textRows, writeWorkbook } from '../support/workbook.ts'
import { audit, auditRun, makeEvidence } from './audit.ts'
import { oddInputs } from './odd-inputs.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

async function expectAgreement(
  place: Workplace,
  run: string,
  says = /Compared with the input: (\d+) of \1 rows\./,
): Promise<void> {
  const whole = await auditRun(place, run)
  expect(whole, whole.said).toMatchObject({ code: 0, said: expect.stringMatching(says) })
  const redacted = await auditRun(place, run, '--redact')
  expect(redacted, redacted.said).toMatchObject({
    code: 0,
    said: expect.stringContaining('Not compared with the input, which this edition does not have'),
  })
}

describe('honest evidence agrees, and the script compares it with its input', () => {
  it.each(Object.entries(oddInputs))(
    '%s',
    async (_, { file, content, job = 'action: suspend\n', flags = [], says }) => {
      await withWorkplace(async (place) => {
        const org = await place.org({ users: makeUsers({ count: 40 }) })
        await place.write(file, content)
        await place.write('job.yaml', `name: odd\n${job}`)
        const end = await place.runHere(org, [
          'run',
          file,
          '--job',
          'job.yaml',
          '--skip-invalid',
          ...flags,
          ...unattended,
        ])
        expect([0, 1], end.stderr).toContain(end.code)
        await expectAgreement(place, runId, says)
      })
    },
  )
})

/** The id of the run that is not among the known ones. */
async function newRun(place: Workplace, ...known: readonly string[]): Promise<string> {
  return (await place.runs()).find((run) => !known.includes(run)) ?? ''
}

describe('honest evidence agrees, however the run came about', () => {
  it('a run that stopped, its resume, a retry and an undo', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 12 }) })
      const third = org.org.users.get(userIdOf(3))
      Object.assign(third ?? {}, { status: 'DEPROVISIONED' })
      const users = Array.from({ length: 12 }, (_, index) => loginOf(index + 1))
      const lines = [
        'user,day,result',
        ...users.map((user, index) => `${user},05.01.2026,own ${index}`),
        ',05.01.2026,nobody',
      ]
      await place.write('in.csv', `${lines.join('\n')}\n`)
      await place.write(
        'job.yaml',
        `name: all\naction: suspend\ninput: { due: { column: day, time_zone: UTC, format: dd.MM.yyyy } }\n`,
      )
      const first = await place.runHere(org, [
        'run',
        'in.csv',
        '--job',
        'job.yaml',
        '--skip-invalid',
        '--max-failures',
        '0',
        '--concurrency',
        '1',
        ...unattended,
      ])
      expect(first.code, first.stderr).toBe(3)
      await expectAgreement(place, runId)
      const resumed = await place.runHere(org, ['resume', runId, '--max-failures', '5', '--yes', '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(1)
      await expectAgreement(place, runId)
      Object.assign(third ?? {}, { status: 'ACTIVE' })
      const retried = await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
      expect(retried.code, retried.stderr).toBe(0)
      const retry = await newRun(place, runId)
      await expectAgreement(place, retry)
      // Nothing but run.json says that another run has taken up what failed.
      const closed = await auditRun(place, runId)
      expect(closed.code, closed.said).toBe(0)
      expect(closed.said).toContain(
        `run.json says that run ${retry} goes on from this one, which keeps its rows out of failed.csv (1 of them, row 3).`,
      )
      const told = await makeEvidence(place, runId, '--out', 'closed.zip')
      const vouched = await audit(join(place.directory, told.evidence), '--manifest', told.manifest)
      expect(vouched, vouched.said).toMatchObject({ code: 0, said: expect.not.stringContaining('goes on') })
      const undone = await place.runHere(org, ['undo', retry, '--yes', '--quiet'])
      expect(undone.code, undone.stderr).toBe(0)
      const undo = await newRun(place, runId, retry)
      await expectAgreement(place, undo)
    })
  })

  it('an undo that could not take back all', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 4 }) })
      const rows = [
        [loginOf(1), 'suspend'],
        [loginOf(2), 'suspend'],
        [loginOf(3), 'deactivate'],
      ] as const
      await place.write('in.csv', usersCsv(rows))
      expect((await place.runHere(org, ['run', 'in.csv', ...unattended])).code).toBe(0)
      const undone = await place.runHere(org, ['undo', runId, '--yes', '--quiet'])
      expect([undone.code, undone.stdout]).toEqual([1, expect.stringContaining('Not everything was undone.')])
      await expectAgreement(place, await newRun(place, runId))
    })
  })

  it('a saved plan that is carried out, with steps', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 5, status: ['ACTIVE', 'SUSPENDED', 'DEPROVISIONED'] }),
      })
      await place.write('in.csv', usersCsv([1, 2, 3, 4, 5].map(loginOf)))
      await place.write(
        'job.yaml',
        'name: j\nsteps: [{ action: suspend, if_failed: go_on }, deactivate]\norder: step\n',
      )
      const plan = await place.runHere(org, [
        'plan',
        'in.csv',
        '--job',
        'job.yaml',
        '--out',
        'plan.json',
        '--quiet',
      ])
      expect(plan.code, plan.stderr).toBe(0)
      const end = await place.runHere(org, ['run', '--plan', 'plan.json', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      await expectAgreement(place, runId)
    })
  })

  it('a failed.csv that is fed again', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 5 }) })
      await place.write(
        'in.csv',
        `user,name\n${loginOf(1)},=Ada\ngone@example.com,'-x\n${loginOf(2)}\n${loginOf(3)},a,b,c\n`,
      )
      const first = await place.runHere(org, [
        'run',
        'in.csv',
        '--action',
        'suspend',
        '--skip-invalid',
        ...unattended,
      ])
      expect(first.code, first.stderr).toBe(1)
      await expectAgreement(place, runId)
      const failed = join('runs', runId, 'failed.csv')
      const again = await place.runHere(org, [
        'run',
        failed,
        '--action',
        'suspend',
        '--skip-invalid',
        '--yes',
        '--quiet',
        '--run-id',
        'again',
      ])
      expect(again.code, again.stderr).toBe(1)
      await expectAgreement(place, 'again')
    })
  })

  it('a run that was killed before a call that was due and accepted was verified', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3 }), deactivationMilliseconds: 60_000 })
      await place.write('in.csv', `user,day\n${[1, 2, 3].map((n) => `${loginOf(n)},2026-01-05\n`).join('')}`)
      await place.write(
        'job.yaml',
        'name: killed\naction: deactivate\noptions: { respond_async: true }\ninput: { due: { column: day, time_zone: UTC } }\n',
      )
      const cli = place.start(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      // Each was looked at after its call, by id. That comes after Okta's answer is on disk.
      const isSeen = (n: number): boolean =>
        org.requests.some(({ method, key }) => method === 'GET' && key === userIdOf(n))
      await org.waitUntil(() => [1, 2, 3].every(isSeen))
      cli.kill('SIGKILL')
      await cli.ended
      const told = await place.runHere(org, ['report', runId])
      expect(told.code, told.stderr).toBe(0)
      for (const line of await place.results())
        expect(line).toMatchObject({ result: 'succeeded', finished_at: '', lag_seconds: '' })
      await expectAgreement(place, runId)
    })
  })

  it.each(['suspend', 'reset_factors'])(
    'a run of %s that went on after a loss of its journal, and its retry',
    async (action) => {
      await withWorkplace(async (place) => {
        const org = await place.org({ users: makeUsers({ count: 4, factors: 1 }), latencyMs: 20 })
        await place.write('in.csv', usersCsv([1, 2, 3, 4].map(userIdOf)))
        const cli = place.start(org, [
          'run',
          'in.csv',
          '--action',
          action,
          '--concurrency',
          '1',
          ...unattended,
        ])
        await org.waitUntil(() => Object.keys(org.applied).length >= 2)
        cli.kill('SIGKILL')
        await cli.ended
        const journal = (await place.read(`runs/${runId}/journal.ndjson`)).split('\n')
        const intent = journal.findIndex((line) => line.includes('"event":"intent"'))
        await place.write(`runs/${runId}/journal.ndjson`, `${journal.slice(0, intent).join('\n')}\n`)
        const end = await place.runHere(org, ['resume', runId, '--take-sound-part', '--yes', '--quiet'])
        expect([0, 1], end.stderr).toContain(end.code)
        expect(await place.read(`runs/${runId}/journal.ndjson`)).toContain('"look":')
        await expectAgreement(place, runId)
        await place.runHere(org, ['retry', runId, '--yes', '--quiet'])
        const retry = await newRun(place, runId)
        if (retry !== '') await expectAgreement(place, retry)
      })
    },
  )

  it('a lost activation link among more failures', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 4, status: 'STAGED' }),
        fault: ({ action, key }) =>
          action === 'activate' && key === userIdOf(2)
            ? { name: 'answer', when: 'after', answer: { status: 200, headers: {}, body: '{}' } }
            : null,
      })
      await place.write('in.csv', usersCsv([1, 2, 3, 8, 9].map(userIdOf)))
      await place.write(
        'job.yaml',
        'name: onboarding\naction: activate\noptions: { send_email: false }\nreport: { activation_links: links.csv }\n',
      )
      const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      expect(end.stdout).toContain('1 activation link is lost.')
      await expectAgreement(place, runId)
    })
  })

  it('a workbook, of which the script says that it does not read it', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2 }) })
      await place.write(
        'in.xlsx',
        writeWorkbook({ sheets: [{ rows: textRows([['user'], [loginOf(1)], [loginOf(2)]]) }] }),
      )
      const end = await place.runHere(org, ['run', 'in.xlsx', '--action', 'suspend', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      await expectAgreement(place, runId, /Not compared with the input.*an Excel workbook/)
    })
  })
})
