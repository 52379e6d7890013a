import { mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { acquireHolds } from '../../src/files/hold/acquire.ts'
import { HoldLost } from '../../src/files/hold/hold.ts'
import { describeMyself } from '../../src/files/hold/holder.ts'
import { reportHold } from '../../src/files/hold/observe.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'
import { holdOf, subjectOf } from './hold-of.ts'

/** Whoever watches waits by this clock: a look a second, with no time in between. */
const clock = { now: 0, onLook: async (_seconds: number): Promise<void> => {} }

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  clock.now += milliseconds
  await clock.onLook(clock.now / 1000)
  signal?.throwIfAborted()
}

/** Puts a holder there that may differ from this process in anything, with its last sign of life. */
async function putHolder(
  directory: string,
  more: Readonly<Record<string, unknown>>,
  { number = 2, sign = '' }: { readonly number?: number; readonly sign?: string } = {},
): Promise<void> {
  const holds = join(directory, 'lock')
  await mkdir(holds, { recursive: true })
  await writeFile(join(holds, String(number)), JSON.stringify({ ...(await describeMyself(null)), ...more }))
  if (sign !== '') await writeFile(join(holds, `${number}.sign`), sign)
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(join(directory, 'lock'))).sort()
}

async function kindOf(directory: string): Promise<string> {
  return (await reportHold(directory)).kind
}

describe('a hold', () => {
  it('is got once, and is free again when it is released', async () => {
    await withDirectory(async (directory) => {
      expect(await kindOf(directory)).toBe('free')
      const hold = await holdOf(directory)
      // Nothing shows that nobody held it before.
      expect(hold.former).toBe('unknown')
      expect(await reportHold(directory)).toMatchObject({ kind: 'working', host: hostname() })
      const error = await knownErrorOf(() => holdOf(directory))
      expect(error.exitCode).toBe(exitCodes.heldElsewhere)
      expect(error.message).toContain(String(process.pid))
      expect(error.message).toContain(directory)
      expect(error.next).toContain('okta-lifecycle status r1')
      await hold.release()
      expect(await kindOf(directory)).toBe('free')
      const next = await holdOf(directory)
      expect(next.former).toBe('ended')
      await next.release()
    })
  })

  it('leaves no more behind than the number that was held last, also where it was refused', async () => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      for (let i = 0; i < 3; i++) await knownErrorOf(() => holdOf(directory))
      expect(await namesIn(directory)).toEqual(['1', '1.sign'])
      await hold.release()
      expect(await namesIn(directory)).toEqual(['1.released'])
    })
  })

  it('uses no number twice, and clears away what earlier holders left', async () => {
    await withDirectory(async (directory) => {
      for (let number = 1; number <= 12; number++) {
        const hold = await holdOf(directory)
        expect(await namesIn(directory)).toEqual([String(number), `${number}.sign`])
        await hold.release()
      }
    })
  })

  it('is got by exactly one of many in this process, time after time', async () => {
    await withDirectory(async (directory) => {
      for (let round = 0; round < 20; round++) {
        const results = await Promise.allSettled(Array.from({ length: 12 }, () => holdOf(directory)))
        const got = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
        expect(got).toHaveLength(1)
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(KnownError)
        await got[0]?.release()
      }
    })
  })

  it('of a process that this machine can prove dead is taken over at once', async () => {
    for (const dead of [{ process_started: '1' }, { pid: 2 ** 22 + 1 }]) {
      await withDirectory(async (directory) => {
        await putHolder(directory, dead, { number: 7, sign: '3 100' })
        expect(await kindOf(directory)).toBe('free')
        const hold = await holdOf(directory)
        expect(hold.former).toBe('ended')
        expect(await namesIn(directory)).toEqual(['8', '8.sign'])
        await hold.release()
      })
    }
  })

  it('is not barred by what is lower than the number that counts', async () => {
    await withDirectory(async (directory) => {
      await putHolder(directory, {}, { number: 3 })
      await writeFile(join(directory, 'lock', '10.released'), '')
      // As text 3 comes after 10.
      expect(await kindOf(directory)).toBe('free')
      const hold = await holdOf(directory)
      expect(await namesIn(directory)).toEqual(['11', '11.sign'])
      await hold.release()
    })
  })

  it.each(['', '{"host":"a', '\u0000\u0000\u0000\u0000', '[]', 'null', '7', '{"host":"a"}'])(
    'is not barred by a file that a power cut left as %j',
    async (text) => {
      await withDirectory(async (directory) => {
        await mkdir(join(directory, 'lock'))
        await writeFile(join(directory, 'lock', '1'), text)
        expect(await kindOf(directory)).toBe('free')
        const hold = await holdOf(directory)
        expect(await kindOf(directory)).toBe('working')
        await hold.release()
      })
    },
  )

  it.each(['', '{"host":"a'])(
    'watches whoever has given signs, though the file is left as %j',
    async (text) => {
      await withDirectory(async (directory) => {
        const hold = await holdOf(directory)
        await writeFile(join(directory, 'lock', '1'), text)
        expect(await kindOf(directory)).toBe('silent')
        const watching = new AbortController()
        const watched: string[] = []
        const acquired = acquireHolds([subjectOf(directory)], {
          signal: watching.signal,
          onWatch: (line) => {
            watched.push(line)
            watching.abort()
          },
        })
        await expect(acquired).rejects.toBeInstanceOf(RunStopped)
        expect(watched).toHaveLength(1)
        await hold.release()
      })
    },
  )

  it('is not barred by what else lies there', async () => {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, 'lock'))
      await writeFile(join(directory, 'lock', 'draft-left-behind'), '')
      await writeFile(join(directory, 'lock', '.DS_Store'), '')
      // A number behind which no number comes.
      await writeFile(join(directory, 'lock', '9007199254740992'), '')
      const hold = await holdOf(directory)
      expect(await kindOf(directory)).toBe('working')
      await hold.release()
    })
  })

  it('of two directories is got whole or not at all', async () => {
    await withDirectory(async (directory) => {
      const both = ['job', 'run'].map((name) => join(directory, name))
      const [job = '', run = ''] = both
      for (const each of both) await mkdir(each)
      const other = await holdOf(run)
      const subjects = both.map((each) => subjectOf(each))
      expect((await knownErrorOf(() => acquireHolds(subjects))).exitCode).toBe(exitCodes.heldElsewhere)
      expect(await kindOf(job)).toBe('free')
      await other.release()
      for (const hold of await acquireHolds(subjects)) await hold.release()
    })
  })
})

describe('a holder of which this machine can prove nothing', () => {
  const elsewhere = [
    ['another host', { host: 'another', boot_id: 'another', pid: 1 }],
    ['a container of this host', { pid_namespace: 'pid:[1]', pid: 2 ** 22 + 1 }],
    ['another start of a machine of this name', { boot_id: 'another' }],
    ['a system that names no start', { boot_id: null, pid_namespace: null, process_started: null }],
  ] as const

  beforeEach(() => {
    clock.now = 0
    clock.onLook = async () => {}
    vi.spyOn(performance, 'now').mockImplementation(() => clock.now)
  })

  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each(elsewhere)('on %s is held, and nobody has seen it alive', async (_, holder) => {
    await withDirectory(async (directory) => {
      await putHolder(directory, holder, { sign: '5 100' })
      expect(await reportHold(directory)).toMatchObject({
        kind: 'silent',
        lastSignSeconds: expect.any(Number),
      })
    })
  })

  it.each(elsewhere)('on %s is taken over after 60 s of silence, and not before', async (_, holder) => {
    await withDirectory(async (directory) => {
      await putHolder(directory, holder, { sign: '5 100' })
      const watched: string[] = []
      clock.onLook = async () => {
        if (clock.now < 60_000) expect(await namesIn(directory)).toEqual(['2', '2.sign'])
      }
      const hold = await holdOf(directory, { sleep, onWatch: (message) => watched.push(message) })
      expect(clock.now).toBeGreaterThanOrEqual(60_000)
      expect(clock.now).toBeLessThan(63_000)
      expect(watched).toEqual([expect.stringMatching(/^This run may be held by process \d+.*up to 60 s/)])
      // It may wake again: what it has open must not be written on.
      expect(hold.former).toBe('silent')
      expect(await namesIn(directory)).toEqual(['3', '3.sign'])
      await hold.release()
    })
  })

  it('is left alone once it gives a sign while it is watched', async () => {
    await withDirectory(async (directory) => {
      await putHolder(directory, { host: 'another', boot_id: 'another' }, { sign: '5 100' })
      clock.onLook = async (seconds) => {
        if (seconds === 50) await writeFile(join(directory, 'lock', '2.sign'), '6 104')
      }
      const error = await knownErrorOf(() => holdOf(directory, { sleep }))
      expect(error.exitCode).toBe(exitCodes.heldElsewhere)
      expect(error.message).toContain('on another')
      expect(await namesIn(directory)).toEqual(['2', '2.sign'])
    })
  })

  it('is left alone where another took its place meanwhile', async () => {
    await withDirectory(async (directory) => {
      const holder = { host: 'another', boot_id: 'another' }
      await putHolder(directory, holder, { sign: '5 100' })
      clock.onLook = async (seconds) => {
        if (seconds === 50) await putHolder(directory, holder, { number: 3, sign: '1 9' })
      }
      expect((await knownErrorOf(() => holdOf(directory, { sleep }))).exitCode).toBe(exitCodes.heldElsewhere)
      expect(await namesIn(directory)).toContain('3')
    })
  })

  it('goes to at most one of several that watch it, and stays with nobody in vain', async () => {
    await withDirectory(async (directory) => {
      await putHolder(directory, { boot_id: 'another' }, { sign: '5 100' })
      const results = await Promise.allSettled(Array.from({ length: 4 }, () => holdOf(directory, { sleep })))
      const got = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      expect(got.filter((hold) => hold.valid).length).toBeLessThanOrEqual(1)
      for (const result of results)
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ exitCode: exitCodes.heldElsewhere })
      for (const hold of got) await hold.release()
      // Where all gave way to each other, it is free for the next.
      await (await holdOf(directory, { sleep })).release()
    })
  })

  it('is not waited for any more where the user stops that', async () => {
    await withDirectory(async (directory) => {
      await putHolder(directory, { boot_id: 'another' }, { sign: '5 100' })
      const abort = new AbortController()
      clock.onLook = async (seconds) => {
        if (seconds === 5) abort.abort()
      }
      await expect(holdOf(directory, { sleep, signal: abort.signal })).rejects.toThrow(/is stopping/)
      expect(clock.now).toBe(5_000)
      expect(await namesIn(directory)).toEqual(['2', '2.sign'])
    })
  })

  it('of two things is watched for both at the same time', async () => {
    await withDirectory(async (directory) => {
      const both = ['job', 'run'].map((name) => join(directory, name))
      for (const each of both) await putHolder(each, { boot_id: 'another' }, { sign: '5 100' })
      const holds = await acquireHolds(
        both.map((each) => subjectOf(each)),
        { sleep },
      )
      expect(clock.now).toBeLessThan(63_000)
      expect(holds.map(({ former }) => former)).toEqual(['silent', 'silent'])
      for (const hold of holds) await hold.release()
    })
  })
})

describe('the hold of a process', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  async function signOf(directory: string): Promise<string> {
    return await readFile(join(directory, 'lock', '1.sign'), 'utf8')
  }

  it('gives a sign of life every few seconds, and stays valid by it (H1)', async () => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      for (let times = 0; times < 20; times++) {
        const before = await signOf(directory)
        await vi.advanceTimersByTimeAsync(4_000)
        await vi.waitUntil(async () => (await signOf(directory)) !== before, { interval: 1, timeout: 30_000 })
        expect(hold.valid).toBe(true)
      }
      await hold.release()
      expect(hold.valid).toBe(false)
    })
  })

  it('expires where its process was paused, and comes back by a new sign where nobody took over', async () => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      const before = await signOf(directory)
      // A process that is paused gives no sign, and its clock goes on.
      const now = performance.now()
      vi.spyOn(performance, 'now').mockReturnValue(now + 44_000)
      expect(hold.valid).toBe(true)
      vi.spyOn(performance, 'now').mockReturnValue(now + 46_000)
      expect(hold.valid).toBe(false)
      await hold.ensure()
      expect(hold.valid).toBe(true)
      expect(await signOf(directory)).not.toBe(before)
      vi.restoreAllMocks()
      await hold.release()
    })
  })

  it('is not lost where the clock leaps while it gives a sign', async () => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      const wall = Date.now()
      vi.spyOn(Date, 'now').mockReturnValue(wall + 46_000)
      expect(hold.valid).toBe(false)
      const ensured = hold.ensure()
      // The sign is under way.
      vi.spyOn(Date, 'now').mockReturnValue(wall + 2_000_000)
      await ensured
      expect(hold.valid).toBe(true)
      vi.restoreAllMocks()
      await hold.release()
    })
  })

  it('is lost once a higher number is there, and never comes back (H2, H3)', async () => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      const now = performance.now()
      vi.spyOn(performance, 'now').mockReturnValue(now + 61_000)
      await putHolder(directory, { boot_id: 'another' }, { number: 2 })
      const error = await knownErrorOf(() => hold.ensure())
      expect(error).toBeInstanceOf(HoldLost)
      expect(error.exitCode).toBe(exitCodes.heldElsewhere)
      expect(hold.valid).toBe(false)
      // Not even once the other one has gone.
      await unlink(join(directory, 'lock', '2'))
      await expect(hold.ensure()).rejects.toBeInstanceOf(HoldLost)
      vi.restoreAllMocks()
      // What is not held any more is not released either.
      await hold.release()
      expect(await namesIn(directory)).toContain('1')
    })
  })

  it('is lost where its own file is gone', async () => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      await rename(join(directory, 'lock', '1'), join(directory, 'lock', '1.released'))
      const now = performance.now()
      vi.spyOn(performance, 'now').mockReturnValue(now + 46_000)
      await expect(hold.ensure()).rejects.toThrow(
        /another process has taken over, or files .* were removed or changed/,
      )
      vi.restoreAllMocks()
      await hold.release()
    })
  })

  it.each<[string, (lock: string) => Promise<void>]>([
    ['its own file', (lock) => unlink(join(lock, '1'))],
    ['all that tells of it', (lock) => rm(lock, { recursive: true })],
  ])('is valid for a while where %s is gone, unless that is looked for', async (_, remove) => {
    await withDirectory(async (directory) => {
      const hold = await holdOf(directory)
      await hold.confirm()
      await remove(join(directory, 'lock'))
      await hold.ensure()
      await expect(hold.confirm()).rejects.toBeInstanceOf(HoldLost)
      expect(hold.valid).toBe(false)
      await hold.release()
    })
  })
})
