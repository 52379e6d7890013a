import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const noTerminal = spawnSync('tmux', ['-V']).error?.message ?? null
if (noTerminal !== null) console.warn(`The test of the progress on a terminal is left out: ${noTerminal}`)

const count = 130

/** What a terminal shows at one moment. */
interface Frame {
  readonly at: number
  readonly lines: readonly string[]
}

function secondsOf(eta: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+) min )?([\d.]+) s$/.exec(eta) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

/** Lends a terminal of 80 columns in which a command of this program is at work in a place. */
async function withTerminal(
  place: Workplace,
  org: ForeignOrg,
  args: string,
  work: (tmux: (...args: readonly string[]) => string) => Promise<void>,
): Promise<void> {
  const command = `node ${process.cwd()}/dist/main.js ${args}; echo ENDED; sleep 60`
  // The server of the test before may not have ended yet.
  const name = `progress-${randomUUID()}`
  const tmux = (...given: readonly string[]): string =>
    execFileSync('tmux', ['-L', name, ...given], {
      cwd: place.directory,
      encoding: 'utf8',
      env: { ...process.env, OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_TOKEN: org.token, TERM: 'xterm' },
    })
  tmux('new-session', '-d', '-x', '80', '-y', '50', command)
  try {
    await work(tmux)
  } finally {
    tmux('kill-server')
  }
}

/** What the terminal shows until the command has ended. */
async function framesOf(
  tmux: (...args: readonly string[]) => string,
  between: (frames: number) => void = () => {},
): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for (let ended = false; !ended && frames.length < 400; ) {
    const lines = tmux('capture-pane', '-p').split('\n')
    frames.push({ at: performance.now(), lines })
    ended = lines.includes('ENDED')
    between(frames.length)
    // A terminal tells nobody when it is drawn.
    if (!ended) await after(250)
  }
  return frames
}

it.skipIf(noTerminal !== null)(
  'on a terminal of 80 columns the block never breaks, and its ETA is true',
  async () => {
    await withWorkplace(async (place) => {
      // The window of the sandbox is shorter than Okta's, so that the run waits for several.
      const rateLimit = { lifecycle: 60, read: 1_000, windowSeconds: 8 }
      const org = await place.org({ users: makeUsers({ count }), rateLimit, latencyMs: 40 })
      await place.write('in.csv', usersCsv(makeUsers({ count }).map(({ id }) => id)))
      await withTerminal(place, org, `run in.csv --action suspend --yes --run-id ${runId}`, async (tmux) => {
        const frames = await framesOf(tmux)
        const blocks = frames.filter(({ lines }) => lines.some((line) => /^[█░]{24} /.test(line)))
        expect(blocks.length).toBeGreaterThan(20)
        for (const { lines } of blocks) expect(lines.filter((line) => /[█░]/.test(line))).toHaveLength(1)
        expect(frames.some(({ lines }) => lines.some((line) => line.startsWith('Waiting until ')))).toBe(true)
        const end = frames.findLast(({ lines }) => !lines.some((line) => line.startsWith('Report ')))?.at ?? 0
        const begin = blocks[0]?.at ?? 0
        for (const { at, lines } of blocks.filter((frame) => frame.at >= begin + (end - begin) / 10)) {
          const bar = lines.find((line) => /^[█░]{24} /.test(line)) ?? ''
          const [, eta] = /ETA (.*\S)\s*$/.exec(bar) ?? []
          if (eta === undefined) continue
          const truth = (end - at) / 1000
          expect(
            Math.abs(secondsOf(eta) - truth),
            `${bar}, ${truth.toFixed(1)} s before the end`,
          ).toBeLessThanOrEqual(Math.max(3, truth * 0.15))
        }
      })
    })
  },
  120_000,
)

it.skipIf(noTerminal !== null)(
  'a terminal that is made narrower and wider leaves one block',
  async () => {
    await withWorkplace(async (place) => {
      const rateLimit = { lifecycle: 40, read: 1_000, windowSeconds: 8 }
      const users = makeUsers({ count: 60 })
      const org = await place.org({ users, rateLimit, latencyMs: 40 })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      await withTerminal(place, org, `run in.csv --action suspend --yes --run-id ${runId}`, async (tmux) => {
        // In quick steps: tmux wraps what it shows at once, and tells the program the width a quarter of a second later.
        const widths = [
          ['72', '66', '60'],
          ['55', '50'],
          ['64', '80'],
          ['74', '69', '61', '56', '48'],
          ['80', '120'],
          ['100', '90', '80', '70', '62', '55'],
        ]
        const frames = await framesOf(tmux, (seen) => {
          for (const width of (seen % 8 === 0 ? widths[seen / 8 - 1] : undefined) ?? [])
            tmux('resize-window', '-x', width)
        })
        // A frame that was taken right after the change, before the block was drawn again, still shows it wrapped.
        const settled = frames.filter((_, index) => index % 8 > 4)
        const bars = settled.map(({ lines }) => lines.filter((line) => /[█░]/.test(line)).length)
        expect(bars.filter((count) => count === 1).length).toBeGreaterThan(8)
        expect(bars.filter((count) => count > 1)).toEqual([])
        const marks = settled.map(({ lines }) => lines.filter((line) => line.startsWith('Limit of')).length)
        expect(marks.filter((count) => count > 1)).toEqual([])
      })
    })
  },
  120_000,
)
