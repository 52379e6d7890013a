import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const users = makeUsers({ count: 2 })

async function orgOf(place: Workplace): Promise<ForeignOrg> {
  await place.write('in.csv', usersCsv([...users.map(({ id }) => id), 'nobody@example.com']))
  return await place.org({ users })
}

/** A run whose last execution ended some days ago. */
async function runOf(place: Workplace, org: ForeignOrg, runId: string, days: number): Promise<void> {
  await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', '--yes', '--quiet', '--run-id', runId])
  await aged(place, runId, days)
}

async function aged(place: Workplace, runId: string, days: number): Promise<void> {
  const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
  const finished_at = new Date(Date.now() - days * 86_400_000).toISOString()
  await place.write(`runs/${runId}/summary.json`, JSON.stringify({ ...summary, finished_at }))
}

async function prune(place: Workplace, ...args: readonly string[]) {
  const { code, stdout, stderr } = await place.runHere(null, ['runs', '--prune', '--json', ...args])
  return { code, stderr, ...(stdout.startsWith('{') ? JSON.parse(stdout) : {}) }
}

async function names(place: Workplace): Promise<readonly string[]> {
  return (await readdir(join(place.directory, 'runs'))).filter((name) => name !== '.jobs').sort()
}

describe('runs --prune', () => {
  it('shows what it would remove, and removes it with --yes', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      await runOf(place, org, 'old', 91)
      await runOf(place, org, 'young', 89)
      const shown = await prune(place, '--keep', '90d')
      expect(shown).toMatchObject({ code: 0, removed: false, runs: ['old'] })
      expect(shown.kept).toEqual([{ run_id: 'young', why: 'it is not old enough', failed: false }])
      expect(await names(place)).toEqual(['old', 'young'])
      expect(await prune(place, '--keep', '90d', '--yes')).toMatchObject({ code: 0, runs: ['old'] })
      expect(await names(place)).toEqual(['young'])
    })
  })

  it('removes runs that go on from each other all together or not at all', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      await runOf(place, org, 'first', 100)
      expect(await place.runHere(org, ['retry', 'first', '--yes', '--quiet'])).toMatchObject({ code: 1 })
      const [retry = ''] = (await names(place)).filter((name) => name !== 'first')
      await aged(place, retry, 100)
      const journal = `runs/${retry}/journal.ndjson`
      const sound = await place.read(journal)
      await place.write(journal, sound.replace('"execution"', '"exekution"'))
      expect(await prune(place, '--keep', '90d')).toMatchObject({ runs: ['first', retry].sort() })
      const refused = await prune(place, '--keep', '90d', '--yes')
      expect([refused.code, refused.runs, refused.kept]).toEqual([
        1,
        [],
        expect.arrayContaining([
          expect.objectContaining({ run_id: 'first', why: expect.stringContaining(`journal of ${retry}`) }),
        ]),
      ])
      await place.write(journal, sound)
      expect(await prune(place, '--keep', '90d', '--yes')).toMatchObject({ code: 0, kept: [] })
      expect(await names(place)).toEqual([])
    })
  })

  it('names a runs directory that is not there', async () => {
    await withWorkplace(async (place) => {
      const end = await prune(place, '--keep', '90d', '--yes', '--runs-dir', 'typo')
      expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('no directory typo')])
    })
  })

  it('keeps what is not finished, copied, damaged, linked, or holds files of others', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      for (const runId of ['noted', 'damaged', 'unknown']) await runOf(place, org, runId, 100)
      await place.write('runs/noted/remarks.txt', 'mine')
      await place.write('runs/damaged/journal.ndjson', '')
      await place.write('runs/unknown/summary.json', '{}')
      await place.runHere(org, [
        ...['run', 'in.csv', '--action', 'deactivate', '--yes', '--quiet', '--run-id', 'stopped'],
        ...['--max-failures', '0', '--max-duration', '1s', '--max-users', '1'],
      ])
      await symlink(join(place.directory, 'runs', 'unknown'), join(place.directory, 'runs', 'link'))
      await mkdir(join(place.directory, 'runs', 'foreign'), { mode: 0o700 })
      const before = await names(place)
      const { code, runs, kept } = await prune(place, '--keep', '1d', '--yes')
      expect([code, runs]).toEqual([0, []])
      expect(kept.map(({ run_id, why }: { run_id: string; why: string }) => `${run_id}: ${why}`)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^damaged: it is damaged/),
          expect.stringMatching(
            /^noted: it contains a file that okta-lifecycle did not write \(remarks\.txt\)/,
          ),
          expect.stringMatching(/^unknown: when it ended is not known/),
          expect.stringMatching(/^stopped: it is not finished \(stopped\)/),
        ]),
      )
      expect(await names(place)).toEqual(before)
      // The workplace looks whether everything in there is private.
      await rm(join(place.directory, 'runs', 'noted', 'remarks.txt'))
    })
  })

  it('keeps a run as long as the retry that goes on from it, then removes both', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      await runOf(place, org, 'first', 100)
      await place.runHere(org, ['retry', 'first', '--yes', '--quiet'])
      const retry = (await names(place)).find((name) => name !== 'first') ?? ''
      expect(await prune(place, '--keep', '90d', '--yes')).toMatchObject({ runs: [] })
      await aged(place, retry, 95)
      const { runs } = await prune(place, '--keep', '90d', '--yes')
      expect([...runs].sort()).toEqual(['first', retry].sort())
      expect(await names(place)).toEqual([])
    })
  })

  it('keeps the latest runs of a job, and a run of a saved plan', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOf(place)
      await place.write('job.yaml', 'name: nightly\naction: suspend\nguards: { unusual: off }\n')
      for (let night = 1; night <= 11; night++) {
        const runId = `night-${String(night).padStart(2, '0')}`
        await place.runHere(org, [
          'run',
          'in.csv',
          '--job',
          'job.yaml',
          '--yes',
          '--quiet',
          '--run-id',
          runId,
        ])
        await aged(place, runId, 100)
      }
      await place.runHere(org, ['plan', 'in.csv', '--action', 'unsuspend', '--out', 'plan.json', '--quiet'])
      await place.runHere(org, ['run', '--plan', 'plan.json', '--yes', '--quiet', '--run-id', 'planned'])
      await aged(place, 'planned', 100)
      const { runs, kept } = await prune(place, '--keep', '90d', '--yes')
      expect(runs).toEqual(['night-01'])
      expect(JSON.stringify(kept)).toContain('it carried out a saved plan')
    })
  })

  it.each([
    [['runs', '--keep', '90d'], /can be used only with --prune/],
    [['runs', '--yes'], /can be used only with --prune/],
    [['runs', '--prune'], /needs --keep/],
    [['runs', '--prune', '--keep', 'long'], /a duration such as 12h or 90d was expected/],
    [['runs', '--prune', '--keep', '0d'], /a duration such as 12h or 90d was expected/],
  ])('%j is refused', async (args, said) => {
    await withWorkplace(async (place) => {
      const end = await place.runHere(null, args)
      expect(end.code).toBe(2)
      expect(end.stderr).toMatch(said)
    })
  })
})
