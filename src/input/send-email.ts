import type { Cell } from './row.ts'
import { shown } from './shown.ts'
import { stripInvisible } from './user-key.ts'

/** What a `send_email` cell says, null where it says nothing; or what is wrong with it. */
export type SendEmailCheck = { readonly sendEmail: boolean | null } | { readonly problem: string }

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['', null],
  ['true', true],
  ['yes', true],
  ['y', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['n', false],
  ['0', false],
])

/**
 * Reads a `send_email` cell: true, yes, y, 1 or false, no, n, 0 in any letter case, or a JSON boolean. Empty, JSON
 * null and a missing cell say nothing.
 */
export function checkSendEmail(cell: Cell | undefined): SendEmailCheck {
  const text = typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : String(cell ?? '')
  const sendEmail = words.get(stripInvisible(text).toLowerCase())
  if (sendEmail !== undefined) return { sendEmail }
  return { problem: `send_email is ${shown(text)}; true, false or nothing was expected` }
}
