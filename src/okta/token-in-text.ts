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
  // A link whose end is cut off, or whose slashes are encoded.
  /((?:\/|%2F)(?:tokens?|welcome|activate|activation|verify|reset[-_]?password)(?:\/|%2F))([\w-]{16,})(?![\w@-])/gi,
]

/** A text without tokens that can be told only by the words around them. */
export function maskTokensInText(text: string): string {
  let masked = text
  for (const place of places) {
    masked = masked.replace(place, (all: string, before: string, found: string) =>
      isOktaId(found) || isOfWords(found) ? all : `${before}[token]`,
    )
  }
  return masked
}

/**
 * Whether a text is an id of Okta's: of a user, a group, an app or an API token (20 characters), or of an error.
 * Source: the ids in Okta's reference.
 */
function isOktaId(text: string): boolean {
  return /^(?:00[a-zA-Z]|0o[a-z])[a-zA-Z0-9]{17}$|^oae[\w-]{15,24}$/.test(text)
}

/** Whether a text is made of words and short numbers, as `InvalidTokenException` or `--accept-unusual` is. */
export function isOfWords(text: string): boolean {
  return text
    .split(/[-_]+/)
    .every((part) => /^(?:[A-Z]*|[A-Z]?[a-z]+|(?:[A-Z]?[a-z]{2,})+|\d{1,4})$/.test(part))
}
