import { shown } from '../../messages/shown.ts'
import {
  addressesIn,
  aroundAddress,
  beforeWrongDecoding,
  fullWidth,
  hasAt,
  isSingleAddress,
  typographic,
} from './address.ts'
import { isMadeBySpreadsheet, isWordForNothing } from './not-a-name.ts'
import { trimInvisible } from './trim.ts'

/**
 * What a key is by its form. A `short_name` has no @ and is not an id: mostly the part of a login before the @, and
 * sometimes a whole login of an org whose logins are not addresses.
 */
export type KeyKind = 'id' | 'address' | 'short_name'

/** A user key that may be sent to Okta, or what is wrong with the text. */
export type UserKeyCheck = { readonly key: string; readonly kind: KeyKind } | { readonly problem: string }

/** Whether a text is an Okta user id by its form. Ids depend on letter case. */
export function isUserId(text: string): boolean {
  return /^00u[A-Za-z0-9]{17}$/.test(text)
}

function kindOf(key: string): KeyKind {
  if (key.includes('@')) return 'address'
  return isUserId(key) ? 'id' : 'short_name'
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** What a key contains that no key may contain, and why not; null if there is no such thing. */
function problemOfCharacters(key: string): string | null {
  if (/\p{Cs}/u.test(key)) return 'contains half a character (an unpaired surrogate)'
  const struck = /[\u0332-\u0338\u20d0-\u20ff]/u.exec(key)?.[0]
  if (struck !== undefined)
    return `is struck out or underlined letter by letter (${codePoint(struck)}); somebody may have meant to take it out`
  const refused = /[/?#\\\s\p{Z}\p{Cc}\p{Cf}\p{DI}\u2800]/u.exec(key)?.[0]
  if (refused === undefined) return null
  if ('/?#\\'.includes(refused))
    return `contains ${refused}, which Okta does not accept in an id or login; use the user's id instead`
  const what = /[\s\p{Z}]/u.test(refused) ? 'white space' : 'a character that cannot be seen'
  return `contains ${what} (${codePoint(refused)}); an id or a login was expected`
}

function quoted(character: string): string {
  return character === '"' ? 'a double quote' : shown(character)
}

/** Why a text is not a single address or name; null if it is one. */
function problemOfForm(key: string): string | null {
  if (key.includes('\ufffd'))
    return 'contains U+FFFD, which marks a character that was lost when the file was read in the wrong encoding'
  const meant = beforeWrongDecoding(key)
  if (meant !== null)
    return `was read in a wrong encoding somewhere on its way; it may have been ${shown(meant)}`
  const other = typographic.exec(key)?.[0] ?? fullWidth.exec(key)?.[0]
  if (other !== undefined)
    return `contains ${other} (${codePoint(other)}), which only looks like a plain character`
  if (/%[0-9a-f]{2}/i.test(key)) return 'is percent-encoded'
  if (!key.includes('@')) {
    const around = aroundAddress.exec(key)?.[0] ?? /^'|'$/.exec(key)?.[0]
    return around === undefined ? null : `contains ${quoted(around)}, which no login can contain`
  }
  if (key.split('@').length > 2) return 'contains more than one @'
  const around = aroundAddress.exec(key)?.[0]
  if (around !== undefined) return `contains ${quoted(around)}, which no login can contain`
  return isSingleAddress(key) ? null : 'is not a valid email address'
}

/** Names the address that was probably meant, if there is one. */
function named(key: string, problem: string): string {
  const found = addressesIn(key)
  const [only] = found
  if (only === undefined || only === key) return problem
  if (found.length === 1)
    return `${problem}. It contains the address ${shown(only)}: if that is the user, put only that in the cell`
  const list = found.slice(0, 5).map(shown).join(', ')
  return `${problem}. It contains ${found.length} addresses, but one was expected: ${list}`
}

function problemOf(key: string): string | null {
  if (key === '') return 'the user is empty; an id or a login was expected'
  if (key === '.' || key === '..')
    return `the user is ${shown(key)}, which Okta would read as a path; an id or a login was expected`
  // Okta reads /users/me as the owner of the API token.
  if (key.toLowerCase() === 'me')
    return `the user is ${shown(key)}, which Okta would read as the owner of the API token; an id or a login was expected`
  const characters = problemOfCharacters(key)
  if (characters !== null) {
    const problem = `the user ${shown(key)} ${characters}`
    return hasAt(key) ? named(key, problem) : problem
  }
  if (!hasAt(key)) {
    if (isWordForNothing(key))
      return `the user ${shown(key)} is a word that stands for 'no user'; an id or a login was expected`
    if (isMadeBySpreadsheet(key))
      return `the user ${shown(key)} looks like a value that a spreadsheet has changed; format the column as text and write the login again`
  }
  const form = problemOfForm(key)
  return form === null ? null : named(key, `the user ${shown(key)} ${form}`)
}

/**
 * Checks a text as a user key: an id, a login or a login's short name. The key is the text without invisible characters
 * at its ends. It refuses what Okta would read as something else (`me`, `..`, anything with `/`), what is not a single
 * address (`mailto:`, two in a cell, typographic quotes), and what is not a name at all (NULL, `1.02E+05`). Input,
 * guards and retry judge keys by this function alone.
 * Source: Okta's Users API reference, "Retrieve a user", and reports of its SDKs' trouble with `/`, `#` and `.` in a
 * path.
 */
export function checkUserKey(text: string): UserKeyCheck {
  const key = trimInvisible(text)
  // Patterns that most keys match, so that they need no further check.
  if (plainAddress.test(key)) return { key, kind: 'address' }
  if (isUserId(key)) return { key, kind: 'id' }
  const problem = problemOf(key)
  return problem === null ? { key, kind: kindOf(key) } : { problem }
}

/** An address of plain ASCII that no rule could object to. */
const plainAddress = /^[A-Za-z0-9_+]+([.-][A-Za-z0-9_+]+)*@[A-Za-z0-9]+([.-][A-Za-z0-9]+)*$/
