import * as z from 'zod'
import { describeFound } from './explain-issue.ts'

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const

const form = /^(\d+(?:\.\d+)?)\s?([smhd])$/

/** Reads a duration such as `90s`, `15m`, `2h` or `1.5d`, in seconds; null if it is not one, or is zero. */
export function parseDuration(text: string): number | null {
  const [, number, unit] = form.exec(text.trim()) ?? []
  if (number === undefined || unit === undefined) return null
  const value = Number(number) * seconds[unit as keyof typeof seconds]
  return value > 0 && Number.isFinite(value) ? value : null
}

/** A duration in a job file, as seconds. */
export const duration = z
  .string()
  .meta({ examples: ['60s', '15m', '2h', '1d'] })
  .transform((text, context) => {
    const parsed = parseDuration(text)
    if (parsed !== null) return parsed
    const message = `a duration such as 90s, 15m, 2h or 1d was expected, but ${describeFound(text)} was found`
    context.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })
