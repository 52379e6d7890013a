import { maskPrivateKeys } from './private-key-in-text.ts'
import { maskLinksInText, maskTokensInText } from './token-in-text.ts'

type Put = string | ((all: string, ...groups: string[]) => string)

/**
 * Patterns of text that looks like a secret, wherever it occurs. The order matters: patterns that mask more come first.
 * What is matched may come from others, so no pattern may take longer than in proportion to its text: what it repeats
 * must not contain what begins it.
 *
 * Sources: the form of Okta's API tokens (42 characters from `00`), RFC 7518 for the private parts of a JWK.
 */
const patterns: readonly (readonly [pattern: RegExp, put: Put])[] = [
  [/("(?:d|p|q|dp|dq|qi)"\s*:\s*")[A-Za-z0-9_-]{20,}"/g, '$1[private key]"'],
  [
    /\b(SSWS|Bearer|DPoP)(\s+|%20)([\w.~+/-]{8,}=*)/gi,
    // `SSWS Administrator` is a role, and `Bearer Smithsonian` a person.
    (all, scheme = '', gap = '', token = '') =>
      /^(?:[A-Z]?[a-z]+|[A-Z]+)$/.test(token) ? all : `${scheme}${gap}[token]`,
  ],
  [/(?<![\w-])00[\w-]{40}(?![\w-])/g, '[token]'],
  [
    /("?(?:activationToken|access_token|client_assertion|recoveryToken|stateToken|sessionToken)"?\s*[=:]\s*"?)[\w.~+/-]{8,}/g,
    '$1[token]',
  ],
  [/(?<=[a-z0-9+.-])(:\/\/[^\s/:@"']*):(?!PASSWORD@)[^\s/@"']*@/gi, '$1:[password]@'],
]

/** What is shown of a text that could not be masked. */
const unmasked = '[text that could not be masked]'

/**
 * A text without what looks like a secret: the last line of defence for everything that is printed or logged. Never
 * throws: if a text can't be masked, none of it is shown.
 */
export function maskSecrets(text: string): string {
  try {
    let masked = maskJwts(maskPrivateKeys(text))
    for (const [pattern, put] of patterns)
      masked = typeof put === 'string' ? masked.replaceAll(pattern, put) : masked.replaceAll(pattern, put)
    return maskTokensInText(maskLinksInText(masked))
  } catch {
    // A word of some millions of characters: a pattern has run out of stack.
    return text.endsWith('\n') ? `${unmasked}\n` : unmasked
  }
}

/** More of a text from outside is not looked at, in characters: no message shows nearly as much. */
const longestLook = 8_000

/**
 * One line of a text from outside, without what looks like a secret.
 *
 * @param longest in characters
 */
export function maskedLine(text: string, longest: number): string {
  const line = maskSecrets(text.slice(0, longestLook).replaceAll(/\s+/g, ' ').trim())
  if (text.length <= longestLook && line.length <= longest) return line
  // The last word may be a part of a secret that can't be told as one without the rest.
  const known = text.length <= longestLook ? line : line.slice(0, line.lastIndexOf(' ') + 1)
  return `${known.slice(0, longest - 1)}…`
}

/** Source: RFC 7519. A JWT begins with the brace and the quotation mark of its header, `eyJ` in base64url. */
function maskJwts(text: string): string {
  if (!text.includes('eyJ')) return text
  return text.replaceAll(/[\w.-]+/g, (word) => {
    const parts = word.split('.')
    let before = 0
    for (const [index, part] of parts.entries()) {
      const found = /(?:^|-)(?=eyJ[\w-])/.exec(part)
      if (found !== null && (parts[index + 1] ?? '') !== '')
        return `${word.slice(0, before + found.index + found[0].length)}[token]`
      before += part.length + 1
    }
    return word
  })
}
