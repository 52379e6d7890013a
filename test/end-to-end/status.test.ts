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
