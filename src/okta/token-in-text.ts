import { isOfWords } from './words.ts'

/**
 * Tokens in the text of a server, which have no form of their own: an activation token is 20 or more characters that a
 * URL may hold, and Okta's texts may repeat one. It is known by the words around it.
 *
 * Sources: the answers to activate and reactivate (`activationToken`); E0000007 names what was not found, and its kind
 * in brackets after it: `Not found: Resource not found: TOKEN (Token)`.
 */
const places: readonly RegExp[] = [
  // `Invalid token provided: "TOKEN"`, `token TOKEN`, `stateToken=TOKEN`, also in a log, where quotes are escaped.
  /(token[a-z]{0,12}(?:[\s,]{1,4}(?:is|was|value|with|the|provided|given|supplied|received|not|no|found|invalid|expired|unknown|used|already|yet|or)\b){0,6}[\s\\:="'“‘`(<[{]{1,12})([\w-]{16,})(?![\w@-])/gi,
  // `TOKEN (UserActivationToken)`, `"TOKEN" is not a valid token`
  /(^|[^\w@.-])([\w-]{16,})(?=\\?["'”’`)\]>]*\s*(?:\([\w ]*token|is (?:not )?an? (?:valid |invalid |expired |known |unknown )?[\w ]{0,20}token))/gi,
]

/** A text without tokens that can be told only by the words around them. */
export function maskTokensInText(text: string): string {
  let masked = text
  for (const place of places) {
    masked = masked.replace(place, (all: string, before: string, found: string) =>
      isId(found) || isOfWords(found) ? all : `${before}[token]`,
    )
  }
  return masked
}

/**
 * The end of a link with a token in it, also with slashes that are encoded or escaped.
 *
 * Source: Okta's links for activation (`/tokens/TOKEN/verify`, `/welcome/TOKEN`) and for passwords.
 */
const link =
  /((?:\/|%2F)(tokens?|welcome|activate|activation|verify|reset[-_]?password)\\{0,3}(?:\/|%2F))([\w-]{8,})/gi

/**
 * A text without the tokens of links. Without a host, it may be a path of this machine: then only what has the form of
 * Okta's tokens is taken for one.
 */
export function maskLinksInText(text: string): string {
  return text.replace(link, (all: string, before: string, name: string, found: string, at: number) => {
    const isToken = hasHost(text, at)
      ? (/^(?:tokens|welcome|reset.*)$/i.test(name) && !isOfParts(found)) || mayBeToken(found)
      : hasFormOfOktas(found)
    return isToken ? `${before}[token]` : all
  })
}

/** The longest part of a link before its token, in characters. */
const longestLink = 300

function hasHost(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - longestLink), at)
  return /https?(?::|%3A)(?:\\{0,3}\/|%2F){2}/i.test(before.split(/[\s"'<>]/).at(-1) ?? '')
}

/** Whether a text at the end of a link may be a token: it is long enough, and neither an id nor made of words. */
export function mayBeToken(text: string): boolean {
  return text.length >= 16 && !isId(text) && !isReadable(text)
}

/** Whether a text looks like an activation token: 20 characters or more, of all kinds. */
export function hasFormOfOktas(text: string): boolean {
  if (text.length < 20 || isId(text) || isReadable(text)) return false
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text)
}

/** Whether a text is made of several words and short numbers, such as `rotation-guide` and `onboarding-2026`. */
function isOfParts(text: string): boolean {
  return /[a-z\d][-_][a-z\d]/i.test(text) && isOfWords(text)
}

/**
 * Whether somebody has made up a text, such as `HR-Ticket-48213-batch7a`: it has a word of at least five letters, and
 * changes between letters and digits, or small letters and capitals, less often than chance does.
 */
function isReadable(text: string): boolean {
  if (isOfWords(text)) return true
  if (!/[-_]/.test(text) || !/[a-z]{5}/.test(text)) return false
  const runs = text.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? []
  return runs.join('').length / runs.length >= 3.3
}

/**
 * Whether a text is an id of Okta's: of a user, a group, an app or an API token (20 characters), or of an error; or the
 * id of a run, which begins with its time. Source: the ids in Okta's reference.
 */
export function isId(text: string): boolean {
  return /^(?:00[a-zA-Z]|0o[a-z])[a-zA-Z0-9]{17}$|^oae[\w-]{15,24}$|^\d{8}T\d{9}Z/.test(text)
}
