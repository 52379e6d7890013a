import * as z from 'zod'
import { shownUnlessSecret } from '../messages/shown.ts'

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
}

/** A value of a job file or flag as messages show it: at most 60 characters, or only its kind if it is a collection. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'an empty value'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'keys with values'
  if (typeof value !== 'string') return String(value)
  // The address of a chat is a secret.
  const [, origin] = /^(https?:\/\/[^/?#\s]+)[/?#]\S/i.exec(value) ?? []
  return shownUnlessSecret(origin === undefined ? value : `${origin}/…`)
}

function describeBound(origin: string, bound: string, side: 'least' | 'most'): string {
  if (origin === 'array') return `a list of at ${side} ${bound}`
  if (origin === 'string') return `text of at ${side} ${bound} characters`
  return `a number of at ${side} ${bound}`
}

function describeExpected(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected
    case 'invalid_value': {
      const values = issue.values.map(String)
      return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`
    }
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'text that is not empty'
      if (issue.inclusive === false) return `a number above ${issue.minimum}`
      return describeBound(issue.origin, String(issue.minimum), 'least')
    case 'too_big':
      if (issue.inclusive === false) return `a number below ${issue.maximum}`
      return describeBound(issue.origin, String(issue.maximum), 'most')
    default:
      return 'another value'
  }
}

/**
 * Describes one of zod's findings: "a number above 0 was expected, but 0 was found". Given to zod as the error map of a
 * parse. For an unknown key it lists the keys that are known there.
 */
export function explainIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []
    return `one of the keys ${known.join(', ')} was expected`
  }
  return `${describeExpected(issue)} was expected, but ${describeFound(issue.input)} was found`
}
