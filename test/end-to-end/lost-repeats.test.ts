import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runId, unattended, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const yes = ['--yes', '--quiet']

it('what may have been repeated in a lost part of a journal is repeated only by a retry that says so itself', async () => {
  await withWorkplace(async (place) => {
    const user = userIdOf(1)
    const users = makeUsers({ count: 2, status: ['PROVISIONED', 'ACTIVE'] })
    let hangs = true
    const org = await place.org({
      users,
      fault: ({ action }) =>
        action === 'reactivate'
          ? { name: 'serverErrorAfter' }
          : action === 'suspend' && hangs
            ? { name: 'hangBefore' }
            : null,
    })
    const options = 'options: { send_email: false, in_doubt: retry }\npace: { concurrency: 1 }\n'
    await place.write('job.yaml', `name: j\n${options}guards: { protect_admins: false, unusual: off }\n`)
    await place.write('in.csv', `user,action\n${user},reactivate\n${userIdOf(2)},suspend\n`)
    const cli = place.start(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended], impatient)
    const calls = (): number => org.applied[`${user} reactivate`] ?? 0
    await org.waitUntil(() => calls() === 3)
    cli.kill('SIGKILL')
    await cli.ended
    const path = join(place.directory, 'runs', runId, 'journal.ndjson')
    const lines = readFileSync(path, 'utf8').split('\n')
    const at = lines.findIndex((text) => text.includes('"intent"'))
    writeFileSync(path, lines.with(at, (lines[at] ?? '').replace('"event":', '"Event":')).join('\n'))
    hangs = false

    const ofNewest = async (): Promise<string> => {
      const retries = (await place.runs()).filter((run) => run !== runId).toSorted()
      const text = await place.read(`runs/${retries.at(-1) ?? runId}/results.jsonl`)
      const task = JSON.parse(text.split('\n')[0] ?? '')
      expect(task).toMatchObject({ action: 'reactivate', result: 'in_doubt' })
      return task.message
    }
    const retry = ['retry', '--latest', ...yes]
    for (const [args, sent] of [
      [['resume', runId, '--take-sound-part', ...yes], 3],
      [retry, 3],
      [[...retry, '--in-doubt', 'retry'], 5],
      // What the retry before it was allowed gives this one no leave.
      [retry, 5],
    ] as const) {
      const end = await place.runHere(org, [...args], impatient)
      expect([args[0], end.code, calls()]).toEqual([args[0], 1, sent])
      expect(await ofNewest()).not.toMatch(/\d calls/)
    }
  })
})
