import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { progressAfter, type TaskProgress } from '../../src/journal/task-progress.ts'
import { answerTo, doubtOf, intentOf } from './support.ts'

type TaskEvent = Parameters<typeof progressAfter>[1]

function progressOf(...events: TaskEvent[]): TaskProgress | undefined {
  return events.reduce<TaskProgress | undefined>(progressAfter, undefined)
}

function verdict(
  attempt: number,
  kind: Extract<JournalEvent, { event: 'verdict' }>['verdict'],
  repeat = false,
): TaskEvent {
  const event = { event: 'verdict', row: 1, step: 1, attempt, verdict: kind, evidence: 'x' } as const
  return repeat ? { ...event, repeat: true } : event
}

const notApplied = (attempt: number): TaskEvent => {
  return { event: 'not_applied', row: 1, step: 1, attempt, why: 'Okta answered 429' }
}

/** What may become of an attempt, as the engine writes it. Those that end the task come last in it. */
const ends: Readonly<Record<string, (attempt: number) => readonly TaskEvent[]>> = {
  'rate limit': (attempt) => [notApplied(attempt)],
  lost: (attempt) => [doubtOf(1, attempt), verdict(attempt, 'not_applied')],
  crash: (attempt) => [verdict(attempt, 'not_applied')],
  'held back': (attempt) => [
    { event: 'not_applied', row: 1, step: 1, attempt, why: 'held back', unsent: true },
  ],
  repeated: (attempt) => [doubtOf(1, attempt), verdict(attempt, 'unknown', true)],
  cut: () => [],
  applied: (attempt) => [answerTo(1, attempt)],
  refused: (attempt) => [answerTo(1, attempt, { outcome: 'refused' })],
  settled: (attempt) => [doubtOf(1, attempt), verdict(attempt, 'applied')],
  foreign: (attempt) => [doubtOf(1, attempt), verdict(attempt, 'someone_else')],
}

const anyTask = fc
  .array(fc.constantFrom('rate limit', 'lost', 'crash', 'repeated', 'held back'), { maxLength: 5 })
  .chain((first) => fc.constantFrom(...Object.keys(ends)).map((last) => [...first, last]))
  .map((names) =>
    names.flatMap((name, index): readonly TaskEvent[] => {
      const attempt = index + 1
      const intent = intentOf(1, attempt, {
        okta_time: 1_772_445_600_000 + index * 60_000,
        status: index === 0 ? 'ACTIVE' : 'LOCKED_OUT',
      })
      return [intent, ...(ends[name]?.(attempt) ?? [])]
    }),
  )

describe('the progress of a task', () => {
  it('says of every prefix of its events what the last attempt is, and keeps what the first one knew', () => {
    fc.assert(
      fc.property(anyTask, fc.nat(), (events, cut) => {
        const prefix = events.slice(0, 1 + (cut % events.length))
        const progress = progressOf(...prefix)
        const intents = prefix.flatMap((event) => (event.event === 'intent' ? [event] : []))
        const [first] = intents
        const last = intents.at(-1)
        if (progress === undefined || first === undefined || last === undefined) throw new Error('nothing')
        expect(progress.attempts).toBe(intents.length)
        const heldBack = prefix.filter((event) => event.event === 'not_applied' && event.unsent === true)
        expect(progress.unsent).toBe(heldBack.length)
        expect(progress.statusBefore).toBe(first.status)
        expect(progress.startedAt).toBe(first.started_at)
        expect(progress.last.intent).toBe(last)
        const looks = prefix.filter((event) => event.event === 'verdict')
        const repeats = looks.filter((event) => event.repeat === true).length
        expect(progress.repeats).toBe(repeats)
        const judged = looks.filter((event) => event.verdict === 'not_applied' || event.repeat === true)
        expect(progress.judgedNotApplied).toBe(judged.length)
        // Open unless something of the last attempt has closed it: a verdict that it was applied does not yet.
        const words = prefix.slice(prefix.indexOf(last) + 1)
        const closing = words.findLast((event) => {
          return event.event === 'verdict'
            ? event.verdict === 'not_applied' || event.repeat === true
            : event.event !== 'in_doubt'
        })
        if (closing === undefined) {
          const doubt = words.find((event) => event.event === 'in_doubt') ?? null
          expect(progress.last).toEqual({ kind: 'open', intent: last, doubt })
        } else if (closing.event === 'answer') {
          expect(progress.last).toEqual({ kind: closing.outcome, intent: last, answer: closing })
        } else {
          const doubt = words.find((event) => event.event === 'in_doubt') ?? null
          expect(progress.last).toEqual({ kind: 'not_applied', intent: last, doubt })
        }
      }),
      { numRuns: 400 },
    )
  })

  it('takes no word of another attempt than the last', () => {
    const words = [
      answerTo(1),
      notApplied(1),
      doubtOf(1),
      verdict(1, 'not_applied'),
      verdict(1, 'unknown', true),
    ]
    const two = progressOf(intentOf(1, 1), intentOf(1, 2))
    for (const word of words) expect(progressAfter(two, word)).toEqual(two)
    for (const word of words) expect(progressAfter(undefined, word)).toBeUndefined()
  })

  it('keeps where an attempt was made that a retry took over', () => {
    const origin = { run: 'older', row: 9, step: 2 }
    expect(progressOf(intentOf(1, 4, { origin }), doubtOf(1, 4))?.last.intent.origin).toEqual(origin)
  })

  it('takes nothing that Okta has refused before for doubted, and a look for it', () => {
    expect(progressOf(intentOf(1), notApplied(1))?.judgedNotApplied).toBe(0)
    const looked = progressOf(
      intentOf(1),
      doubtOf(1),
      verdict(1, 'not_applied'),
      intentOf(1, 2),
      notApplied(2),
    )
    expect(looked).toMatchObject({ judgedNotApplied: 1, attempts: 2, last: { kind: 'not_applied' } })
  })
})
