import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

it('answers for a finished run from its summary, and says the same as its journal', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }) })
    await place.write('in.csv', usersCsv([loginOf(1), 'gone@example.com', loginOf(2), loginOf(2)]))
    await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    const directory = join(place.directory, 'runs', runId)
    const status = async (): Promise<unknown> =>
      JSON.parse((await place.runHere(org, ['status', runId, '--json'])).stdout)

    await rename(join(directory, 'journal.ndjson'), join(directory, 'aside'))
    await writeFile(join(directory, 'journal.ndjson'), 'not read\n', { mode: 0o600 })
    const fromSummary = await status()
    await rename(join(directory, 'aside'), join(directory, 'journal.ndjson'))
    await rm(join(directory, 'summary.json'))
    const fromJournal = await status()

    expect(fromSummary).toMatchObject({
      state: 'finished',
      done: 4,
      results: { succeeded: 2, unchanged: 0, failed: 1, skipped: 1, in_doubt: 0, not_run: 0, unsettled: 0 },
    })
    expect(fromJournal).toEqual(fromSummary)
  })
})

it('says what to type next about a finished run', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }) })
    const statusOf = async (run: string, runs: string): Promise<string> =>
      (await place.runHere(org, ['status', run, '--runs-dir', runs])).stdout
    const runOf = async (run: string, keys: readonly string[], runs: string): Promise<void> => {
      await place.write('in.csv', usersCsv(keys))
      const flags = ['--yes', '--quiet', '--skip-invalid', '--run-id', run, '--runs-dir', runs]
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...flags])
    }

    await runOf('clean', [loginOf(1)], 'runs')
    const clean = await statusOf('clean', 'runs')
    expect(clean).toMatch(/\nReport: \S*runs\/clean\/report\.html\n$/)
    expect(clean).not.toMatch(/Next|okta-lifecycle /)

    await runOf('failed', [loginOf(2), 'gone@example.com'], 'elsewhere')
    const failed = await statusOf('failed', 'elsewhere')
    expect(failed).toContain('then: okta-lifecycle retry failed --runs-dir elsewhere\n')
    expect(failed).toContain('Report: elsewhere/failed/report.html\n')
    expect(failed).toContain('For an auditor: okta-lifecycle evidence failed --runs-dir elsewhere\n')

    await runOf('bad', [loginOf(3), 'bad,key@example.com'], 'runs')
    expect(await statusOf('bad', 'runs')).toMatch(
      /\nNext: correct the rows in \S*runs\/bad\/failed\.csv, then run/,
    )

    await rm(join(place.directory, 'runs', 'bad', 'report.html'))
    expect(await statusOf('bad', 'runs')).toContain(
      'Next: to write its reports again: okta-lifecycle report bad\n',
    )

    await place.runHere(org, ['retry', 'failed', '--runs-dir', 'elsewhere', '--yes', '--quiet'])
    expect(await statusOf('failed', 'elsewhere')).toMatch(
      /\nNext: another run goes on from this one: okta-lifecycle status \S+ --runs-dir elsewhere\n$/,
    )
  })
})
