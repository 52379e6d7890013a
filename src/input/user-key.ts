import { shown } from '../messages/shown.ts'

/** A user key that may be sent to Okta, or what is wrong with the text. */
export type UserKeyCheck = { readonly key: string } | { readonly problem: string }

const invisible = /[\s\u200b-\u200d\u2060\ufeff]/

/**
 * A text without what cannot be seen at its ends: white space (no-break spaces too), zero-width characters
 * (U+200B to U+200D, U+2060) and byte-order marks (U+FEFF).
 */
export function stripInvisible(text: string): string {
  // A pattern anchored at the end would take quadratic time on a long run of spaces inside the text.
  let start = 0
  let end = text.length
  while (start < end && invisible.test(text.charAt(start))) start += 1
  while (end > start && invisible.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function problemOf(key: string): string | null {
  if (key === '') return 'the user is empty; an id or a login was expected'
  if (key === '.' || key === '..')
    return `the user is ${shown(key)}, which Okta would read as a path; an id or a login was expected`
  // Okta reads /users/me as the owner of the API token.
  if (key.toLowerCase() === 'me')
    return `the user is ${shown(key)}, which Okta would read as the owner of the API token; an id or a login was expected`
  if (/\p{Cs}/u.test(key)) return `the user ${shown(key)} holds half a character (an unpaired surrogate)`
  const refused = /[/?#\\\s\p{Cc}\p{Cf}]/u.exec(key)?.[0]
  if (refused === undefined) return null
  if ('/?#\\'.includes(refused))
    return `the user ${shown(key)} holds ${refused}, which Okta does not accept in a key; give the user's id`
  const point = `U+${(refused.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const what = /\s/.test(refused) ? 'white space' : 'a character that cannot be seen'
  return `the user ${shown(key)} holds ${what} (${point}); an id or a login was expected`
}

/**
 * Checks a text as a user key: an id, a login or a login's short name. The key is the text without invisible
 * characters at its ends. Refused are: empty, `.`, `..`, `me` in any letter case, unpaired surrogates, and anything
 * that holds `/`, `?`, `#`, `\`, control characters, white space or invisible format characters.
 * Source: Okta's Users API reference, "Retrieve a user", and what its SDKs met with `/`, `#` and `.` in a path.
 */
export function checkUserKey(text: string): UserKeyCheck {
  const key = stripInvisible(text)
  const problem = problemOf(key)
  return problem === null ? { key } : { problem }
}
