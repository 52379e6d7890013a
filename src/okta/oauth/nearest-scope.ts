/**
 * The scopes that this program's work may need. The other scopes of Okta are none of these with a letter or two changed.
 *
 * Source: Okta's reference, "OAuth 2.0 scopes for Okta".
 */
const scopesOfWork = ['users', 'roles', 'groups'].flatMap((what) => [
  `okta.${what}.manage`,
  `okta.${what}.read`,
])

/** How many letters a misspelled scope may differ from the one that was meant. */
const fewLetters = 2

/** The scope that was probably meant by one that Okta does not know; null if it may be a scope of Okta. */
function meantBy(scope: string): string | null {
  if (scopesOfWork.includes(scope)) return null
  const near = scopesOfWork
    .map((known) => ({ known, distance: distanceOf(scope.toLowerCase(), known) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return near !== undefined && near.distance <= fewLetters ? near.known : null
}

/** A scope that is set and that Okta does not know, and the one that was probably meant. */
export interface MisspelledScope {
  readonly written: string
  readonly meant: string
}

/** Those of some scopes that are not scopes of Okta, in their order. */
export function misspelledIn(scopes: readonly string[]): readonly MisspelledScope[] {
  return scopes.flatMap((written) => {
    const meant = meantBy(written)
    return meant === null ? [] : [{ written, meant }]
  })
}

/** `Okta knows no scope okta.user.manage`. */
export function unknownScopes(misspelled: readonly MisspelledScope[]): string {
  return `Okta knows no scope ${misspelled.map(({ written }) => written).join(' and no scope ')}`
}

/** How to put scopes right, as an imperative that starts a sentence. */
export function howToSpell(misspelled: readonly MisspelledScope[]): string {
  const changes = misspelled.map(({ written, meant }) => `${written} to ${meant}`)
  return `In OKTA_CLIENT_SCOPES, change ${changes.join(' and ')}`
}

/** How many letters must be added, removed or changed to make one text of another. */
function distanceOf(one: string, other: string): number {
  // A scope from the settings may be of any length.
  if (Math.abs(one.length - other.length) > fewLetters) return fewLetters + 1
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1]
    for (const [index, wanted] of [...other].entries()) {
      const changed = (row[index] ?? 0) + (letter === wanted ? 0 : 1)
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
