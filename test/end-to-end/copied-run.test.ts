import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const ids = [1, 2, 3, 4].map(userIdOf)
const again = ['--yes', '--quiet'] as const

/** A run that a guard stopped after its first user, and what it then did in the original. */
async function stoppedRun(
  place: Workplace,
  asked: 'reset_factors' | 'suspend' = 'reset_factors',
): Promise<ForeignOrg> {
  let refusals = 1
  const org = await place.org({
    users: makeUsers({ count: 4, factors: 1 }),
    fault: ({ action, key }) =>
      action !== null && key === userIdOf(2) && refusals-- > 0 ? { name: 'forbidden' } : null,
  })
  await place.write('in.csv', usersCsv(ids))
  const args = ['run', 'in.csv', '--action', asked, '--concurrency', '1', '--max-failures', '0']
  const end = await place.runHere(org, [...args, ...unattended])
  expect(end.code, end.stderr).toBe(3)
  return org
}

it('a copy of a run beside the original is not acted on', async () => {
  await withWorkplace(async (place) => {
    const org = await stoppedRun(place)
    const runs = join(place.directory, 'runs')
    cpSync(join(runs, runId), join(runs, 'copy'), { recursive: true })
    symlinkSync(runId, join(runs, 'link'))
    // A symbolic link is the run itself.
    expect((await place.runHere(org, ['resume', 'link', ...again])).code).toBe(1)
    const applied = { ...org.applied }
    const before = await place.read('runs/copy/run.json')
    for (const command of ['resume', 'retry', 'undo']) {
      const end = await place.runHere(org, [command, 'copy', ...again])
      expect([end.code, org.applied], end.stderr).toEqual([2, applied])
      expect(end.stderr).toMatch(/copy is a copy of run run under another name/)
      expect(end.stderr).toMatch(new RegExp(`okta-lifecycle ${command} run, and remove the copy`))
    }
    expect(await place.read('runs/copy/run.json')).toBe(before)
    expectAppliedOnce(
      org.applied,
      [1, 3, 4].map((number) => `${userIdOf(number)} reset_factors`),
    )
    const status = await place.runHere(null, ['status', 'copy'])
    expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/is a copy of run run/)])
    expect(status.stdout).not.toMatch(/Next: /)
    const report = await place.runHere(null, ['report', 'copy'])
    expect([report.code, report.stderr]).toEqual([0, expect.stringMatching(/is a copy of run run/)])
    expect((await place.runHere(null, ['runs'])).stdout).toMatch(/^copy \(copy of run\)/m)
    const listed = JSON.parse((await place.runHere(null, ['runs', '--json'])).stdout) as object[]
    expect(listed).toContainEqual(expect.objectContaining({ run_id: 'copy', copy_of: 'run' }))
    expect(listed).toContainEqual(expect.objectContaining({ run_id: 'run', copy_of: null }))
  })
})

it('a run that was renamed is acted on once it has its name again', async () => {
  await withWorkplace(async (place) => {
    const org = await stoppedRun(place)
    const runs = join(place.directory, 'runs')
    renameSync(join(runs, runId), join(runs, 'moved'))
    const applied = { ...org.applied }
    const end = await place.runHere(org, ['resume', 'moved', ...again])
    expect([end.code, org.applied], end.stderr).toEqual([2, applied])
    expect(end.stderr).toMatch(/If run is gone .*mv runs\/moved runs\/run, then: okta-lifecycle resume run/)
    renameSync(join(runs, 'moved'), join(runs, runId))
    expect((await place.runHere(org, ['resume', runId, ...again])).code).toBe(1)
  })
})

it.each(['retry', 'undo'])('an older copy of a run is not acted on beside its %s', async (command) => {
  await withWorkplace(async (place) => {
    const org = await stoppedRun(place, 'suspend')
    const runs = join(place.directory, 'runs')
    cpSync(join(runs, runId), join(place.directory, 'backup'), { recursive: true })
    await place.runHere(org, [command, runId, ...again])
    const [name] = (await place.runs()).filter((other) => other !== runId && !other.startsWith('.'))
    rmSync(join(runs, runId), { recursive: true })
    renameSync(join(place.directory, 'backup'), join(runs, runId))
    const applied = { ...org.applied }
    const expectRefused = async (why: string, advice: string, what = ''): Promise<void> => {
      for (const other of ['resume', 'retry', 'undo']) {
        const end = await place.runHere(org, [other, runId, ...again])
        expect([end.code, org.applied], what + end.stderr).toEqual([2, applied])
        expect(end.stderr, what).toMatch(new RegExp(`${why}[^]*${advice.replace('COMMAND', other)}`))
      }
    }
    const isOlder = `older copy of run run, from before run ${name} went on from it`
    // The other run has finished, so what was to be done with this one is done with that one, but an undo is not undone.
    await expectRefused(
      isOlder,
      `okta-lifecycle ${command === 'retry' ? 'COMMAND' : '(resume|retry|status)'} ${name}\n`,
    )
    // However the run is named, the others are looked for beside it.
    symlinkSync(join(runs, runId), join(place.directory, 'linked'))
    for (const named of [
      `runs/${runId}/.`,
      `runs/${runId}/`,
      `runs/../runs/${runId}/../${runId}`,
      './linked',
    ]) {
      const end = await place.runHere(org, ['retry', named, ...again])
      expect([named, end.code, org.applied], end.stderr).toEqual([named, 2, applied])
      expect(end.stderr, named).toMatch(/older copy of run run/)
    }
    rmSync(join(place.directory, 'linked'))
    // What its run.json does not say any more, its journal does.
    const runFile = join(runs, name ?? '', 'run.json')
    const whole = readFileSync(runFile, 'utf8')
    const newer = whole.replace('"format": 1', '"format": 99')
    const toRestore = `Restore run.json in runs/${name} from a backup, then: okta-lifecycle COMMAND run\n`
    for (const damaged of [whole.slice(0, -20), '{}', newer]) {
      writeFileSync(runFile, damaged)
      await expectRefused(isOlder, toRestore, damaged.slice(0, 20))
    }
    rmSync(runFile)
    await expectRefused(isOlder, toRestore, 'removed')
    // What its journal does not say any more, its summary does.
    writeFileSync(join(runs, name ?? '', 'journal.ndjson'), 'hello\n')
    await expectRefused(isOlder, toRestore, 'no journal')
    rmSync(join(runs, name ?? '', 'journal.ndjson'))
    rmSync(join(runs, name ?? '', 'journal.head'))
    await expectRefused(isOlder, toRestore, 'only reports')
    rmSync(join(runs, name ?? '', 'summary.json'))
    const isUnknown = `Run ${name} may have gone on from run run, and that can't be found out`
    await expectRefused(isUnknown, `Restore run.json in runs/${name}`, 'no summary')
    for (const left of ['results.csv', 'results.jsonl', 'failed.csv', 'report.html'])
      rmSync(join(runs, name ?? '', left), { force: true })
    writeFileSync(runFile, '{', { mode: 0o600 })
    await expectRefused(isUnknown, `Restore run.json in runs/${name}`, 'a part of run.json alone')
  })
})

it.each(['retry', 'undo'])(
  '%s sends nothing, and says so, when a file leads in a circle',
  async (command) => {
    await withWorkplace(async (place) => {
      const org = await stoppedRun(place, 'suspend')
      const run = join(place.directory, 'runs', runId)
      const applied = { ...org.applied }
      const kept = join(place.directory, 'kept')
      for (const name of ['journal.ndjson', 'journal.head', 'run.json', 'input.csv']) {
        for (const spoil of [
          () => symlinkSync(name, join(run, name)),
          () => mkdirSync(join(run, name), { mode: 0o700 }),
        ]) {
          renameSync(join(run, name), kept)
          spoil()
          const end = await place.runHere(org, [command, runId, ...again])
          expect([name, end.code, org.applied], end.stderr).toEqual([name, 2, applied])
          expect(end.stderr, name).toMatch(/\n→ /)
          rmSync(join(run, name), { recursive: true })
          renameSync(kept, join(run, name))
        }
      }
    })
  },
)

it.each(['retry', 'undo'])(
  '%s that has begun to settle calls does not say that it sent nothing',
  async (command) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 20 })
      let killed = false
      const results = join(place.directory, 'runs', runId, 'results.csv')
      const org = await place.org({
        users,
        latencyMs: 20,
        fault: ({ action }) => {
          // While the calls are settled, something gets in the way.
          if (killed && action === null) mkdirSync(results, { recursive: true, mode: 0o700 })
          return null
        },
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 5)
      cli.kill('SIGKILL')
      await cli.ended
      killed = true
      const end = await place.run(org, [command, runId, ...again], impatient)
      expect([end.code, existsSync(results)], end.stderr).toEqual([3, true])
      expect(end.stderr).toMatch(new RegExp(`then: okta-lifecycle ${command} ${runId}\n`))
    })
  },
)
