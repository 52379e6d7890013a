import { maskTokensInText } from './token-in-text.ts'

/**
 * Patterns of text that looks like a secret, wherever it occurs. The order matters: patterns that mask more come first.
 *
 * Sources: the forms of Okta's API tokens (42 characters from `00`) and activation links (`/tokens/TOKEN/verify`,
 * `/welcome/TOKEN`); RFC 7519 for JWTs, RFC 7468 for PEM, RFC 7518 for the private parts of a JWK.
 */
const patterns: readonly (readonly [pattern: RegExp, put: string])[] = [
  // Line feeds may be real ones or the two characters \n, and the end may be cut off.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  [/("(?:d|p|q|dp|dq|qi)"\s*:\s*")[A-Za-z0-9_-]{20,}"/g, '$1[private key]"'],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g, '[token]'],
  [/\b(SSWS|Bearer|DPoP)(\s+|%20)[\w.~+/-]{8,}=*/gi, '$1$2[token]'],
  [/(?<![\w-])00[\w-]{40}(?![\w-])/g, '[token]'],
  [/\/(tokens|welcome|signin\/reset-password|reset_password)\/[\w-]{8,}/g, '/$1/[token]'],
  [
    /("?(?:activationToken|access_token|client_assertion|recoveryToken|stateToken|sessionToken)"?\s*[=:]\s*"?)[\w.~+/-]{8,}/g,
    '$1[token]',
  ],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):(?!PASSWORD@)[^\s/@"']*@/gi, '$1:[password]@'],
]

/** A text without what looks like a secret: the last line of defence for everything that is printed or logged. */
export function maskSecrets(text: string): string {
  let masked = text
  for (const [pattern, put] of patterns) masked = masked.replaceAll(pattern, put)
  return maskTokensInText(masked)
}
