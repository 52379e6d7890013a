import { z } from 'zod'
import { defaultWindowMs } from './budget-state.ts'
import type { SharedRow } from './shared-row.ts'

const count = z.number().int().min(0)

const window = z.strictObject({
  limit: z.number(),
  remaining: z.number(),
  reset: z.number(),
  spent: z.number(),
  others: z.number(),
  seenAt: z.number(),
  likelyMs: z.number(),
  emptiedByOthers: z.boolean(),
  lateMs: z.number().optional(),
})

/** As an earlier build wrote it: all that it remembered had been sent within a window of `since`. */
const earlierUnattributed = z
  .strictObject({ count, countBefore: count, since: z.number() })
  .transform(({ count, countBefore, since }) => {
    const all = count + countBefore
    return all === 0 ? [] : [{ until: since + defaultWindowMs + 1000, count: all }]
  })

const budget = z.strictObject({
  caution: z.number(),
  window: window.nullable(),
  headerless: z.boolean(),
  closedUntil: z.number(),
  inFlight: count,
  probedAt: z.number().nullable(),
  probesInFlight: count,
  unattributed: z.union([z.array(z.strictObject({ until: z.number(), count })), earlierUnattributed]),
  // Rows of an earlier build lack it.
  lostUnseen: z.array(z.number()).default([]),
  othersRate: z.number().nullable(),
  earlierSends: z.array(z.number()),
  earlierLimit: z.number().nullable(),
  earlierUnknown: z.boolean(),
  windowMs: z.number(),
})

const holder = z.strictObject({
  seenAt: z.number(),
  ask: count,
  granted: z.strictObject({ calls: count, probes: count }),
  calls: count,
  probes: count,
  // Rows of an earlier build lack it.
  taken: z.strictObject({ reset: z.number(), count }).default({ reset: 0, count: 0 }),
  turn: count,
  workLeft: z.number(),
  silent: count,
  waiting: z
    .strictObject({ share: z.number(), want: count, since: z.number(), askedAt: z.number() })
    .nullable(),
})

const shared = z.strictObject({
  version: z.literal(1),
  budget,
  clock: z.strictObject({ okta: z.number(), database: z.number() }).nullable(),
  turns: count,
  holders: z.record(z.string(), holder),
})

/** A row as text, in JSON. */
export function writeRow(row: SharedRow): string {
  return JSON.stringify({ version: 1, ...row })
}

/**
 * A row from its text. Null for a text that is not a row of this version: what has been spent is not known then, which is
 * not the same as nothing.
 */
export function readRow(text: string): SharedRow | null {
  const parsed = shared.safeParse(asJson(text))
  if (!parsed.success) return null
  const { version: _, ...row } = parsed.data
  return row
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
