import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, usersCsv, withWorkplace } from './workplace.ts'

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

it.skipIf(noTerminal !== null)(
  'on a terminal of 80 columns the block never breaks, and its ETA is true',
  async () => {
    await withWorkplace(async (place) => {
      // The window of the sandbox is shorter than Okta's, so that the run waits for several.
      const rateLimit = { lifecycle: 60, read: 1_000, windowSeconds: 8 }
      const org = await place.org({ users: makeUsers({ count }), rateLimit, latencyMs: 40 })
      await place.write('in.csv', usersCsv(makeUsers({ count }).map(({ id }) => id)))
      const program = process.cwd()
      const command = `node ${program}/dist/main.js run in.csv --action suspend --yes --run-id ${runId}; echo ENDED; sleep 60`
      const name = `progress-${process.pid}`
      const tmux = (...args: readonly string[]): string =>
        execFileSync('tmux', ['-L', name, ...args], {
          cwd: place.directory,
          encoding: 'utf8',
          env: { ...process.env, OKTA_CLIENT_ORGURL: org.url, OKTA_CLIENT_TOKEN: org.token, TERM: 'xterm' },
        })
      tmux('new-session', '-d', '-x', '80', '-y', '50', command)
      const frames: Frame[] = []
      try {
        for (let ended = false; !ended && frames.length < 400; ) {
          const lines = tmux('capture-pane', '-p').split('\n')
          frames.push({ at: performance.now(), lines })
          ended = lines.includes('ENDED')
          // A terminal tells nobody when it is drawn.
          if (!ended) await after(250)
        }
      } finally {
        tmux('kill-server')
      }
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
  },
  120_000,
)
