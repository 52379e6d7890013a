/** The length of the shortest text that is taken for a secret, in characters. */
const shortest = 20

/** More of a text is not looked at, in characters. */
const longestLook = 10_000

/** An id of Okta's: of a user, a group, an app or an API token. Source: the ids in Okta's reference. */
const id = /^(?:00[a-zA-Z]|0o[a-z])[a-zA-Z0-9]{17}$/

/** The ids of keys, and of things of other systems, of which nobody makes a secret here. Source: RFC 9562. */
const uuid = /(?<![a-z\d])[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}(?![a-z\d])/gi

/** What a key in PEM and a JWT begin with: a sequence in DER, and a brace with a quotation mark. */
const derOrJwt = /^(?:MII|eyJ)(?=.*\d)(?=.*[a-z])/

/**
 * Whether a text that was set or written in the wrong place may be a token, a key or a part of one: it has 20 characters
 * in a row that change between small letters, capitals and digits as often as chance does. Words with numbers change
 * less often, and a UUID is an id.
 */
export function looksLikeSecret(text: string): boolean {
  const looked = text.slice(0, longestLook).replaceAll(uuid, ' ')
  const runs = looked.match(/[\w+/=~-]{20,}/g) ?? []
  return runs.some((run) => {
    if (id.test(run)) return false
    if (derOrJwt.test(run)) return true
    const parts = run.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? []
    const all = parts.join('').length
    return all >= shortest / 2 && parts.length >= 4 && all / parts.length < 3
  })
}

/**
 * Whether a text in the place of a host may be one: a dotted name in small letters, as names in clouds are, however much
 * of it was drawn; or any that does not look like a secret.
 *
 * @param host may have a port
 */
export function mayBeHost(host: string): boolean {
  return /^(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}\.?(?::\d+)?\/?$/.test(host) || !looksLikeSecret(host)
}

/**
 * A text, or its length in the place of one that looks like a secret.
 *
 * @param kept how many of its first characters are shown nevertheless, so that its owner knows it again; less than 8
 */
export function unlessSecret(text: string, kept = 0): string {
  if (!looksLikeSecret(text)) return text
  return kept === 0 ? `[${text.length} characters]` : `${text.slice(0, kept)}… (${text.length} characters)`
}

/** The longest value that is repeated where one of a few short ones was expected, in characters. */
const longestValue = 20

/** A value for messages where one of a few short ones was expected: a longer one may be a secret. */
export function shownValue(text: string): string {
  return text.length <= longestValue ? JSON.stringify(text) : `a text of ${text.length} characters`
}
