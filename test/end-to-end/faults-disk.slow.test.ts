import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import type { CliEnd } from '../support/cli.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { noDiskMount, noMemoryMount, withDisk, withMemoryMount } from '../support/mount.ts'
import {
  countsOf,
  expectAppliedOnce,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const suspend = ['--action', 'suspend', ...unattended]

/** A person reads it: what is wrong and what to type, in few lines, and no stack. */
function expectTold(end: CliEnd, code: number, ...patterns: readonly RegExp[]): void {
  const said = end.stdout + end.stderr
  expect(end.code, said).toBe(code)
  for (const pattern of patterns) expect(said).toMatch(pattern)
  expect(said).not.toMatch(/\n\s+at |bug in okta-lifecycle|unexpected error/)
}

/** Until no thread of a process that was sent SIGSTOP is within a call of the system any more. */
async function untilStopped(pid: number): Promise<void> {
  const tasks = `/proc/${pid}/task`
  const isStopped = async (id: string): Promise<boolean> =>
    /^State:\tT/m.test(await readFile(`${tasks}/${id}/status`, 'utf8'))
  await vi.waitFor(
    async () => {
      const stopped = await Promise.all((await readdir(tasks)).map(isStopped))
      expect(stopped).not.toContain(false)
    },
    { timeout: 5_000, interval: 5 },
  )
}

async function expectAllSuspended(
  place: Workplace,
  applied: Readonly<Record<string, number>>,
  count: number,
): Promise<void> {
  expectAppliedOnce(
    applied,
    makeUsers({ count }).map(({ id }) => `${id} suspend`),
  )
  const lines = await place.results()
  expect(lines.map(({ row }) => row)).toEqual(lines.map((_, at) => String(at + 1)))
  expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: count })
  expect(countsOf(lines.map(({ status_after: status }) => status))).toEqual({ SUSPENDED: count })
}

function ids(count: number): readonly string[] {
  return makeUsers({ count }).map(({ id }) => id)
}

/** A CSV of users with a column that makes every row so many bytes long. */
function wideCsv(users: readonly string[], bytes: number): string {
  return ['user,note', ...users.map((user) => `${user},${'x'.repeat(bytes)}`), ''].join('\n')
}

describe.skipIf(noMemoryMount !== null)('a full disk', () => {
  it.concurrent('in the middle of a run: stops, says why, and resume does the rest', async () => {
    await withWorkplace(async (place) => {
      const count = 1_500
      const org = await place.orgProcess({ users: makeUsers({ count }) })
      await place.write('in.csv', usersCsv(ids(count)))
      await withMemoryMount(`${place.directory}/runs`, 'size=800k', async (disk) => {
        const first = await place.run(org, ['run', 'in.csv', '--json', ...suspend], impatient)
        expectTold(first, 3, /journal.*the disk is full/, new RegExp(`okta-lifecycle resume ${runId}`))
        expect(JSON.parse(first.stdout)).toMatchObject({ error: { exit_code: 3 } })
        const sent = Object.keys(await org.applied()).length
        expect(sent).toBeGreaterThan(100)
        expect(sent).toBeLessThan(count)

        const still = await place.run(org, ['resume', '--latest', '--quiet'], impatient)
        expectTold(still, 3, /the disk is full/, /okta-lifecycle resume/)
        expectTold(await place.run(null, ['status']), 0, /okta-lifecycle resume/)

        await disk.remount('size=16m')
        const second = await place.run(org, ['resume', '--latest', '--quiet'], impatient)
        expectTold(second, 0)
        await expectAllSuspended(place, await org.applied(), count)
      })
    })
  })

  it.concurrent('at the start: nothing is sent and nothing stays behind', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 40 }) })
      await place.write('in.csv', wideCsv(ids(40), 4_000))
      // The first takes no copy of the input, the second no more than the copy.
      for (const size of ['size=64k', 'size=168k']) {
        await withMemoryMount(`${place.directory}/runs`, size, async (disk) => {
          const full = await place.run(org, ['run', 'in.csv', ...suspend])
          expectTold(full, 2, /can't be (written|used): the disk is full/, /\n→ Make room .*--runs-dir/)
          expect(org.applied).toEqual({})
          expect(await place.runs()).toEqual([])
          if (size === 'size=64k') return
          await disk.remount('size=4m')
          expectTold(await place.run(org, ['run', 'in.csv', ...suspend]), 0)
        })
      }
      expectAppliedOnce(
        org.applied,
        ids(40).map((id) => `${id} suspend`),
      )
    })
  })

  it.concurrent('that takes the journal but not the reports: told, and written by resume', async () => {
    await withWorkplace(async (place) => {
      const count = 40
      const org = await place.org({ users: makeUsers({ count }) })
      await place.write('in.csv', wideCsv(ids(count), 4_000))
      await withMemoryMount(`${place.directory}/runs`, 'size=320k', async (disk) => {
        const first = await place.run(org, ['run', 'in.csv', ...suspend])
        expectTold(first, 3, /results\.\w+ can't be written: the disk is full/, /okta-lifecycle resume run/)
        const calls = org.requests.filter(({ action }) => action !== null).length
        expect(calls).toBe(count)
        await disk.remount('size=4m')
        expectTold(await place.run(org, ['resume', '--latest', '--quiet']), 0)
        expect(org.requests.filter(({ action }) => action !== null)).toHaveLength(count)
        await expectAllSuspended(place, org.applied, count)
      })
    })
  })

  it.concurrent.each(['plan', 'validate'])('for the temporary files of %s: told', async (command) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 40 }) })
      await place.write('in.csv', wideCsv(ids(40), 4_000))
      const temporary = `${place.directory}/temporary`
      await withMemoryMount(temporary, 'size=64k', async (disk) => {
        const args = [command, 'in.csv', '--action', 'suspend']
        const env = { TMPDIR: temporary }
        expectTold(await place.run(org, args, { env }), 2, /the disk is full/, /\n→ .*TMPDIR/)
        await disk.remount('ro')
        expectTold(await place.run(org, args, { env }), 2, /read-only/, /\n→ .*TMPDIR/)
        await disk.remount('rw,size=4m')
        expectTold(await place.run(org, args, { env }), 0)
      })
    })
  })
})

it.concurrent('says that standard output can’t be written, and does not end with 0', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 3 }) })
    await place.write('in.csv', usersCsv(ids(3)))
    const args = ['run', 'in.csv', ...suspend]
    const end = await place.run(org, args, { shell: 'exec "$@" > /dev/full' })
    expectTold(end, 1, /Standard output can't be written: the disk is full/)
    expectTold(end, 1, /The run itself is done, and nothing failed: .* the exit code is 1 instead of 0/)
    expect(end.stderr).toMatch(/\n→ Read summary\.json .*okta-lifecycle status\n$/)
    expect(JSON.parse(await place.read(`runs/${runId}/summary.json`))).toMatchObject({ exit_code: 0 })
    await expectAllSuspended(place, org.applied, 3)
  })
})

describe.skipIf(noMemoryMount !== null)('a read-only disk', () => {
  it.concurrent('at the start: nothing is sent', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv(ids(1)))
      await withMemoryMount(`${place.directory}/runs`, 'size=1m,ro', async () => {
        const end = await place.run(org, ['run', 'in.csv', ...suspend])
        expectTold(end, 2, /runs\/run can't be written: the file system is read-only/, /\n→ .*--runs-dir/)
        expect(org.requests).toEqual([])
      })
    })
  })

  it.concurrent('for resume and retry: told, and done once it can be written again', async () => {
    await withWorkplace(async (place) => {
      const count = 30
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 40 })
      await place.write('in.csv', usersCsv(ids(count)))
      await withMemoryMount(`${place.directory}/runs`, 'size=4m', async (disk) => {
        const cli = place.start(org, ['run', 'in.csv', ...suspend], impatient)
        await org.waitUntil(() => Object.keys(org.applied).length >= 5)
        cli.kill('SIGKILL')
        await cli.ended
        await disk.remount('ro')
        const first = await place.run(org, ['resume', runId, '--quiet'], impatient)
        expectTold(
          first,
          3,
          /read-only/,
          /\n→ Make the file system writable, then: okta-lifecycle resume run/,
        )
        const retried = await place.run(org, ['retry', runId, '--yes', '--quiet'], impatient)
        expectTold(
          retried,
          3,
          /read-only/,
          /\n→ Make the file system writable, then: okta-lifecycle retry run/,
        )
        expectTold(await place.run(null, ['status', runId]), 0, /okta-lifecycle resume/)
        await disk.remount('rw')
        expectTold(await place.run(org, ['resume', runId, '--quiet'], impatient), 0)
        await expectAllSuspended(place, org.applied, count)
      })
    })
  })
})

describe.skipIf(noDiskMount !== null)('a disk that breaks', () => {
  it.concurrent('in the middle of a run: sending stops, and resume finishes on the fixed disk', async () => {
    await withWorkplace(async (place) => {
      const count = 120
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 60 })
      await place.write('in.csv', usersCsv(ids(count)))
      await withDisk(`${place.directory}/runs`, async (disk) => {
        const cli = place.start(org, ['run', 'in.csv', ...suspend], impatient)
        await org.waitUntil(() => Object.keys(org.applied).length >= 30)
        // ext4 may call a sync done that was under way when it was aborted (seen with Linux 6.18), and then it is lost.
        cli.kill('SIGSTOP')
        await untilStopped(cli.pid)
        await disk.breakDown()
        cli.kill('SIGCONT')
        const first = await cli.ended
        expectTold(first, 3, /read-only/, /okta-lifecycle resume run/)
        const calls = org.requests.filter(({ action }) => action !== null).length
        expect(calls).toBeLessThan(count)
        await disk.fix()
        expectTold(await place.run(org, ['resume', '--latest', '--quiet'], impatient), 0)
        await expectAllSuspended(place, org.applied, count)
      })
    })
  })
})

describe('a journal that may not grow', () => {
  it.concurrent('is reported by resume with the command that goes on, and resume finishes once it may', async () => {
    await withWorkplace(async (place) => {
      const count = 40
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 40 })
      await place.write('in.csv', usersCsv(ids(count)))
      const cli = place.start(org, ['run', 'in.csv', ...suspend], impatient)
      await org.waitUntil(() => Object.keys(org.applied).length >= 20)
      cli.kill('SIGKILL')
      await cli.ended
      const sent = org.requests.length
      // 4 KB a file: enough for the lock, and less than the journal has.
      const limited = { ...impatient, shell: 'ulimit -f 8; exec "$@"' }
      const first = await place.run(org, ['resume', runId, '--quiet'], limited)
      expectTold(
        first,
        3,
        /The journal can't be written: .*EFBIG/,
        /\n→ .*, then: okta-lifecycle resume run\n/,
      )
      expect(org.requests).toHaveLength(sent)
      expectTold(await place.run(org, ['resume', runId, '--quiet'], impatient), 0)
      await expectAllSuspended(place, org.applied, count)
    })
  })
})

describe('too few files that may be open', () => {
  it.concurrent('to begin with: told', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv(ids(1)))
      const end = await place.run(org, ['run', 'in.csv', ...suspend], { shell: 'ulimit -n 30; exec "$@"' })
      expectTold(end, 2, /can open no more files \(EMFILE\)/, /\n→ Raise the limit \(ulimit -n 1024\)/)
      expect(org.requests).toEqual([])
      expect(await place.runs()).toEqual([])
    })
  })

  it.concurrent('for as many connections as the run wants: it makes do, or resume finishes', async () => {
    await withWorkplace(async (place) => {
      const count = 300
      const org = await place.org({ users: makeUsers({ count }), latencyMs: 200 })
      await place.write('in.csv', usersCsv(ids(count)))
      const args = ['run', 'in.csv', '--concurrency', '300', ...suspend]
      const first = await place.run(org, args, { ...impatient, shell: 'ulimit -n 150; exec "$@"' })
      expectTold(first, first.code === 0 ? 0 : 3)
      if (first.code !== 0) expectTold(await place.run(org, ['resume', '--latest', '--quiet'], impatient), 0)
      await expectAllSuspended(place, org.applied, count)
    })
  })
})
