import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PageFacts, PageRow } from '../../src/page/page-data.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runId, unattended, type Workplace, withWorkplace } from './workplace.ts'

/** The page's data blocks of a class, as a browser reads them. */
function blocksOf(html: string, name: string): readonly unknown[] {
  const blocks = html.matchAll(
    new RegExp(`<script type="application/json" class="${name}">([^<]*)</script>`, 'g'),
  )
  return [...blocks].map(([, json]) => JSON.parse(json ?? ''))
}

const html = (place: Workplace): Promise<string> => place.read(`runs/${runId}/report.html`)

async function factsOf(place: Workplace): Promise<PageFacts> {
  const [facts] = blocksOf(await html(place), 'facts')
  return facts as PageFacts
}

const input = `user,action,name
${loginOf(1)},suspend,Ada
${loginOf(2)},suspend,=cmd()
${loginOf(2)},suspend,again
gone@example.com,suspend,<script>alert(1)</script>
"bad,key@example.com",suspend,${'N'.repeat(300)}
${loginOf(3)},unsuspend,محمد </script><!--
`

async function runAll(place: Workplace): Promise<void> {
  const org = await place.org({ users: makeUsers({ count: 4 }) })
  await place.write('in.csv', input)
  const end = await place.runHere(org, ['run', 'in.csv', '--skip-invalid', ...unattended])
  expect(end.code).toBe(1)
}

describe('report.html', () => {
  it('holds the same as results.jsonl, and nothing that a browser would fetch or run', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const page = await html(place)
      const { columns } = await factsOf(place)
      const rows = (blocksOf(page, 'rows') as readonly PageRow[][]).flat()
      const records = rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])))
      const lines = (await place.read(`runs/${runId}/results.jsonl`)).trimEnd().split('\n')
      expect(records).toEqual(lines.map((line) => JSON.parse(line)))
      expect(records).toHaveLength(6)

      const scripts = [...page.matchAll(/<script(?! type="application\/json")[^>]*>/g)]
      expect(scripts).toHaveLength(1)
      expect(page).not.toMatch(/<(?:img|iframe|object|embed|base|form)\b|<link(?! rel="icon" href="data:,")/)
      expect(page).not.toMatch(/\s(?:src|href|action)\s*=\s*["']?(?:https?:)?\/\//)
      expect(page).not.toMatch(/url\(|@import/)
      expect(page).toContain("default-src 'none'")
    })
  })

  it('names who was late by their logins, also if the input has ids', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2 }) })
      const days = [1, 2].map((one) => `${userIdOf(one)},2026-01-0${one}T08:00:00Z`)
      await place.write('in.csv', `user,when\n${days.join('\n')}\n`)
      await place.write(
        'job.yaml',
        'name: due\naction: suspend\ninput: { due: { column: when, max_lag: 1d } }\n',
      )
      const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      const { lag } = await factsOf(place)
      expect(lag?.late.map(({ row, user }) => [row, user])).toEqual([
        [1, loginOf(1)],
        [2, loginOf(2)],
      ])
    })
  })

  it('says who is done, who needs someone and what to type, and its totals add up', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const facts = await factsOf(place)
      const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
      // The duplicate's user is one of the two; the third is ACTIVE, which is where unsuspend leads.
      expect(summary.people).toEqual({ total: 5, done: 3, need_you: 2, left_alone: 0 })
      expect(facts.headline).toBe('3 of 5 people are done. 2 need you.')
      expect(facts.people).toEqual(summary.people)
      // Each row says why it needs somebody, in its last cell.
      const rows = (blocksOf(await html(place), 'rows') as readonly PageRow[][]).flat()
      expect(rows.map((row) => row[facts.columns.length])).toEqual([
        null,
        null,
        null,
        'not found in Okta',
        'not understood: the row is bad',
        null,
      ])
      expect(facts.columns.slice(facts.firstOfInput)).toEqual(['input_user', 'input_action', 'name'])
      for (const { count, parts } of facts.totals) {
        expect(parts.reduce((sum, part) => sum + part.count, 0)).toBe(count)
      }
      expect(facts.totals.map(({ name, count }) => [name, count])).toEqual([
        ['rows', 6],
        ['tasks', 6],
      ])
      expect(facts.attention.map(({ title, tasks, command }) => [title, tasks, command])).toEqual([
        ['not found in Okta', 1, `okta-lifecycle run runs/${runId}/failed.csv`],
        ['not understood: the row is bad', 1, `okta-lifecycle run runs/${runId}/failed.csv`],
      ])
      expect(facts.facts.find(({ name }) => name === 'Started by')?.value).toMatch(/ on /)
      expect(facts.timeline?.counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
    })
  })
})

describe('report', () => {
  const names = ['report.html', 'results.csv', 'failed.csv', 'results.jsonl', 'summary.json']
  const contents = (place: Workplace): Promise<string[]> =>
    Promise.all(names.map((name) => place.read(`runs/${runId}/${name}`)))

  it('writes the same bytes from the journal alone, each time', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const before = await contents(place)
      for (const name of names) await rm(join(place.directory, 'runs', runId, name))
      const end = await place.runHere(null, ['report', runId])
      expect(end).toMatchObject({ code: 0, stderr: '' })
      expect(end.stdout.trim().split('\n')).toEqual(names.map((name) => `runs/${runId}/${name}`))
      expect(await contents(place)).toEqual(before)
      await place.runHere(null, ['report', runId])
      expect(await contents(place)).toEqual(before)
    })
  })

  it('writes the same of a run that a guard has stopped, with its exit code and next step', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 6 }) })
      await place.write('in.csv', `user\n${[1, 2, 3, 4, 5, 6].map(loginOf).join('\n')}\n`)
      const run = ['run', 'in.csv', '--action', 'suspend', '--max-users', '2', ...unattended]
      expect((await place.runHere(org, run)).code).toBe(3)
      const before = await contents(place)
      const summary = JSON.parse(before[4] ?? '')
      expect(summary).toMatchObject({ exit_code: 3, state: 'stopped', people: { total: 6, need_you: 6 } })
      for (const name of names) await rm(join(place.directory, 'runs', runId, name))
      expect((await place.runHere(null, ['report', runId])).code).toBe(0)
      expect(await contents(place)).toEqual(before)
      const facts = await factsOf(place)
      expect(facts.stopped).toBe(summary.reason)
      // Without the flag, the same guard would stop it again.
      expect(facts.next).toContain('resume run --max-users 6')
      expect(facts.attention.map(({ command }) => command)).toEqual([facts.next])
    })
  })

  it('writes only the formats that were asked for, and refuses others', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      for (const name of names) await rm(join(place.directory, 'runs', runId, name))
      const end = await place.runHere(null, ['report', runId, '--format', 'csv, json', '--json'])
      expect(JSON.parse(end.stdout)).toEqual({
        run_id: runId,
        files: ['results.csv', 'failed.csv', 'summary.json'].map((name) => `runs/${runId}/${name}`),
      })
      await expect(html(place)).rejects.toThrow('ENOENT')
      await expect(place.read(`runs/${runId}/results.jsonl`)).rejects.toThrow('ENOENT')
      expect(await place.runHere(null, ['report', runId, '--format', 'pdf'])).toMatchObject({
        code: 2,
        stdout: '',
      })
    })
  })

  it('refuses a journal that is not as it was written', async () => {
    await withWorkplace(async (place) => {
      await runAll(place)
      const path = join(place.directory, 'runs', runId, 'journal.ndjson')
      const before = await contents(place)
      const journal = await readFile(path, 'utf8')
      await writeFile(path, journal.replace('"failed"', '"succeeded"'))
      expect((await place.runHere(null, ['report', runId])).code).not.toBe(0)
      expect(await contents(place)).toEqual(before)
      await rm(path)
      expect(await place.runHere(null, ['report', runId])).toMatchObject({ code: 2 })
    })
  })
})
