const plainText = /^[\x20-\x7e]*$/
const combiningMarks = /\p{M}+/gu

/**
 * A login as Okta compares it: letter case and diacritics do not count. Two users of an org never have the same folded
 * login.
 */
export function foldLogin(login: string): string {
  const lowered = login.toLowerCase()
  return plainText.test(lowered) ? lowered : lowered.normalize('NFD').replaceAll(combiningMarks, '')
}

/** The short name by which a folded login may be called: the part before its `@`. Null if it has none. */
export function shortNameOf(foldedLogin: string): string | null {
  const at = foldedLogin.indexOf('@')
  return at > 0 ? foldedLogin.slice(0, at) : null
}
