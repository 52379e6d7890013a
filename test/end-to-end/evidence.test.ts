import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readZip, rezip } from '../support/evidence-zip.ts'
import { loginOf, makeUsers } from '../support/foreign-org/user.ts'
import { audit, makeEvidence } from './audit.ts'
import { inputForgeries } from './input-forgeries.ts'
import { rechain, resultOf, sha256, type Tampering, tampered } from './tamper-with.ts'
import { tamperings } from './tamperings.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const input = `user,action,when,name
${loginOf(1)},suspend,2026-01-05T08:00:00Z,Ada
${loginOf(2)},deactivate,2026-02-05T08:00:00Z,=cmd()
${loginOf(2)},deactivate,2026-02-05T08:00:00Z,"again, ""quoted"""
${loginOf(3)},unsuspend,2026-03-05T08:00:00Z,محمد </script>
gone@example.com,suspend,2026-03-05T08:00:00Z,Nemo
"bad,key@example.com",suspend,2026-03-05T08:00:00Z,Bad
${loginOf(4)},suspend,2999-01-01T08:00:00Z,Later
${loginOf(5)},suspend,2026-01-05T08:00:00Z,Protected
${loginOf(6)},reset_factors,2026-01-05T08:00:00Z,
`

const job = `name: leavers
description: those of ${loginOf(1)}
input:
  file: in.csv
  due: { column: when, max_lag: 1d }
guards: { protect: ['${loginOf(5)}'] }
`

async function runAll(place: Workplace): Promise<void> {
  const org = await place.org({ users: makeUsers({ count: 6, factors: 1 }) })
  await place.write('in.csv', input)
  await place.write('job.yaml', job)
  const end = await place.runHere(org, ['run', '--job', 'job.yaml', '--skip-invalid', ...unattended])
  expect(end.code, end.stderr).toBe(1)
}

describe('evidence', () => {
  it('is the same bytes each time, has everything, and adds up for a script that shares no code', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const told = await makeEvidence(place)
      const path = join(place.directory, told.evidence)
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      const files = await readZip(path)
      expect([...files.keys()].sort()).toEqual([
        'failed.csv',
        'input.csv',
        'job.json',
        'journal.ndjson',
        'manifest.json',
        'report.html',
        'results.csv',
        'results.jsonl',
        'run.json',
        'summary.json',
      ])
      expect(sha256(files.get('manifest.json') ?? '')).toBe(told.manifest)
      const first = await readFile(path)
      await rm(path)
      await makeEvidence(place)
      expect((await readFile(path)).equals(first)).toBe(true)
      expect(await audit(path, '--link', told.journal.chain, '--manifest', told.manifest)).toMatchObject({
        code: 0,
        said: expect.stringContaining('All agrees: 9 tasks in 9 rows'),
      })
    })
  })

  it('shows what was tampered with', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const { evidence } = await makeEvidence(place)
      const path = join(place.directory, evidence)
      const files = await readZip(path)
      const changed = join(place.directory, 'changed.zip')
      // The manifest that is made to fit passes as long as nothing was changed.
      await rezip(
        changed,
        tampered(files, () => {}),
      )
      expect((await audit(changed)).said).toContain('All agrees')
      expect(tamperings.length).toBeGreaterThanOrEqual(100)
      const missed: string[] = []
      const check = async ([name, change]: Tampering, index: number): Promise<void> => {
        const path = join(place.directory, `changed-${index}.zip`)
        await rezip(path, tampered(files, change))
        const { code } = await audit(path)
        if (code !== 1) missed.push(`${name}: ${code}`)
      }
      for (let at = 0; at < tamperings.length; at += 4)
        await Promise.all(tamperings.slice(at, at + 4).map((one, index) => check(one, at + index)))
      expect(missed).toEqual([])
    })
  }, 120_000)

  it('shows what does not agree with the input, even if all else was made to fit', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const { evidence } = await makeEvidence(place)
      const files = await readZip(join(place.directory, evidence))
      const changed = join(place.directory, 'changed.zip')
      for (const [name, change] of inputForgeries) {
        await rezip(changed, tampered(files, change))
        const { code, said } = await audit(changed)
        expect([name, code]).toEqual([name, 1])
        const found = said
          .trim()
          .split('\n')
          .filter((line) => !/^Compared|^Not compared in run|^Things that do not agree/.test(line))
        expect(found.length, name).toBeGreaterThan(0)
        for (const line of found)
          expect(line, name).toMatch(/ in the input: |rows of the input: | of the input in run.json: /)
      }
    })
  }, 60_000)

  it('that can not be written is said once, with the path as it was given', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([loginOf(1)]))
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      for (const [path, why] of [
        ['runs/../nowhere/x.zip', 'there is no such file or directory (ENOENT)'],
        ['in.csv/x.zip', 'a part of the path is not a directory (ENOTDIR)'],
      ] as const) {
        const end = await place.runHere(null, ['evidence', runId, '--out', path])
        expect(end).toMatchObject({
          code: 2,
          stderr: `${path} can't be written: ${why}.\n→ Check the path, or name another file with --out, then try again.\n`,
        })
      }
    })
  })

  it('can be forged as a whole only for those who were not told the last link of the journal', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const told = await makeEvidence(place)
      const directory = join(place.directory, 'runs', runId)
      const journal = join(directory, 'journal.ndjson')
      const forged = rechain(await readFile(journal, 'utf8'), (events) => {
        Object.assign(resultOf(events, 5), { result: 'unchanged', status_after: 'SUSPENDED' })
      })
      await writeFile(journal, forged.text)
      for (const name of ['summary.json', 'journal.head']) await rm(join(directory, name))
      const run = JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')) as object
      await writeFile(join(directory, 'run.json'), JSON.stringify({ ...run, journal_head: undefined }))
      const again = await makeEvidence(place, runId, '--out', 'forged.zip')
      const path = join(place.directory, again.evidence)
      expect((await audit(path)).code).toBe(0)
      for (const flags of [
        ['--link', told.journal.chain],
        ['--manifest', told.manifest],
      ]) {
        expect((await audit(path, ...flags)).code).toBe(1)
      }
    })
  })

  it('names nobody when it is redacted, and still adds up', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const told = await makeEvidence(place, runId, '--redact')
      const path = join(place.directory, told.evidence)
      const files = await readZip(path)
      const all = [...files.values()].join('\n')
      const { owner } = JSON.parse(await place.read(`runs/${runId}/run.json`)) as {
        owner: { id: string; login: string }
      }
      const names = [
        ...makeUsers({ count: 6 }).flatMap(({ id, login }) => [id, login]),
        'gone@example.com',
        'bad,key',
        'Ada',
        'Nemo',
        'Protected',
        'محمد',
        'cmd()',
        owner.id,
        owner.login,
        'in.csv',
      ]
      for (const name of names) expect(all.includes(name), name).toBe(false)
      expect(await audit(path, '--link', told.journal.chain)).toMatchObject({
        code: 0,
        said: expect.stringContaining('All agrees: 9 tasks in 9 rows'),
      })
      const summary = JSON.parse(files.get('summary.json') ?? '')
      const original = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      for (const name of ['people', 'control_totals', 'results', 'skipped', 'actions', 'requests'])
        expect(summary[name]).toEqual(original[name])
      const first = await readFile(path)
      await rm(path)
      await makeEvidence(place, runId, '--redact')
      expect((await readFile(path)).equals(first)).toBe(true)
    })
  })

  it('leaves a file alone that is something else', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      await place.write('mine.zip', 'mine')
      const end = await place.runHere(null, ['evidence', runId, '--out', 'mine.zip'])
      expect([end.code, end.stderr]).toEqual([2, expect.stringMatching(/mine\.zip exists already.*--out/s)])
      expect(await place.read('mine.zip')).toBe('mine')
      expect(await place.runHere(null, ['evidence', 'none'])).toMatchObject({ code: 2 })
    })
  })

  it('replaces no link that leads nowhere and no directory, and needs a path', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      await symlink('nothing', join(place.directory, 'link.zip'))
      await mkdir(join(place.directory, 'folder.zip'))
      for (const [out, said] of [
        ['link.zip', /link\.zip exists already \(a link to nothing\).*--out new-link\.zip/s],
        ['folder.zip', /folder\.zip exists already \(a directory\).*--out new-folder\.zip/s],
        ['', /--out is empty; the path of the zip to write was expected.*--out evidence\.zip/s],
      ] as const) {
        const end = await place.runHere(null, ['evidence', runId, '--out', out])
        expect([end.code, end.stderr]).toEqual([2, expect.stringMatching(said)])
      }
      expect(await readlink(join(place.directory, 'link.zip'))).toBe('nothing')
      expect((await readdir(place.directory)).sort()).toEqual([
        'folder.zip',
        'in.csv',
        'job.yaml',
        'link.zip',
        'runs',
      ])
    })
  })
})
