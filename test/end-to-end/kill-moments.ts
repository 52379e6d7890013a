import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cli } from '../support/cli.ts'
import type { ForeignOrgProcess } from '../support/foreign-org/process.ts'

/**
 * When an execution is killed.
 * - `started`: so many milliseconds after its process was started: modules are loading, or the lock is taken, or the
 *   journal is replayed.
 * - `file`: as soon as the run directory holds a file of this name.
 * - `journal`: once the journal has grown by so many bytes.
 * - `line`: once the journal has so many more lines of this event.
 * - `requests`: once so many requests have arrived at the org.
 */
export type KillMoment =
  | { readonly kind: 'started'; readonly milliseconds: number }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'journal'; readonly bytes: number }
  | { readonly kind: 'line'; readonly event: string; readonly count: number }
  | { readonly kind: 'requests'; readonly count: number }

/** What the first processes of a run leave one after the other, up to the journal. */
const firstFiles = ['lock', 'input.csv', 'run.json', 'run.log', 'journal.ndjson'] as const

/** Kills that go for what comes before the journal: no call can be under way then. */
export const earlyKills = firstFiles.length

/** Draws a moment. The first few kills of a run go for what comes before the journal. */
export function drawMoment(kill: number, random: () => number): KillMoment {
  const upTo = (most: number): number => 1 + Math.floor(random() * most)
  const name = firstFiles[kill]
  if (name !== undefined) return { kind: 'file', name }
  const draw = random()
  if (draw < 0.15) return { kind: 'started', milliseconds: upTo(500) }
  if (draw < 0.4) return { kind: 'journal', bytes: upTo(8_000) }
  if (draw < 0.55) return { kind: 'line', event: 'intent', count: upTo(8) }
  if (draw < 0.7) return { kind: 'line', event: 'verdict', count: upTo(4) }
  if (draw < 0.75) return { kind: 'line', event: 'in_doubt', count: 1 }
  return { kind: 'requests', count: upTo(25) }
}

/** Whatever the moment is, an execution is killed after so many requests: else it might come to its end. */
const mostRequests = 30
/** How often files are looked at. A watch on a directory tells neither how much a file grew nor which lines it got. */
const lookEveryMs = 2

/** Resolves at the moment, or once the command has ended by itself. */
export async function reached(
  moment: KillMoment,
  cli: Cli,
  org: ForeignOrgProcess,
  directory: string,
): Promise<void> {
  const gone = new AbortController()
  const ended = cli.ended.then(() => gone.abort())
  const requests = (await org.requests()).length
  const count = moment.kind === 'requests' ? moment.count : mostRequests
  // The org may be stopped before so many have come: by then nobody waits.
  const arrived = org.waitForRequests(requests + count).catch(() => {})
  await Promise.race([ended, arrived, seen(moment, directory, gone.signal)])
  gone.abort()
}

/** Waits for what the clock or the run directory tells; for ever where the moment is told by neither. */
async function seen(moment: KillMoment, directory: string, gone: AbortSignal): Promise<void> {
  if (moment.kind === 'started') return await delay(moment.milliseconds)
  if (moment.kind === 'requests') return await new Promise(() => {})
  const journal = join(directory, 'journal.ndjson')
  const bytesBefore = sizeOf(journal)
  const linesBefore = moment.kind === 'line' ? linesOf(journal, moment.event) : 0
  while (!gone.aborted) {
    if (moment.kind === 'file' && existsSync(join(directory, moment.name))) return
    if (moment.kind === 'journal' && sizeOf(journal) >= bytesBefore + moment.bytes) return
    if (moment.kind === 'line' && linesOf(journal, moment.event) >= linesBefore + moment.count) return
    await delay(lookEveryMs)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function linesOf(path: string, event: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split(`"event":"${event}"`).length - 1 : 0
}
