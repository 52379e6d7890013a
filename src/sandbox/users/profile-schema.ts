import type { UserProfile } from './user.ts'

/** The attributes of Okta's default user type. Source: Okta's Users API reference, on profiles. */
const baseAttributes = [
  ...['login', 'email', 'secondEmail', 'firstName', 'lastName', 'middleName', 'honorificPrefix'],
  ...['honorificSuffix', 'title', 'displayName', 'nickName', 'profileUrl', 'primaryPhone', 'mobilePhone'],
  ...['streetAddress', 'city', 'state', 'zipCode', 'countryCode', 'postalAddress', 'preferredLanguage'],
  ...['locale', 'timezone', 'userType', 'employeeNumber', 'costCenter', 'organization', 'division'],
  ...['department', 'managerId', 'manager'],
]

/** The attributes that a profile of the org may have: Okta's own, and those that the org has added. */
export class ProfileSchema {
  readonly #base = new Set(baseAttributes)
  readonly #added: Set<string>

  constructor(added: Iterable<string>) {
    this.#added = new Set(added)
  }

  /** Whether a profile may have an attribute of this name. Letter case counts. */
  has(name: string): boolean {
    return this.#base.has(name) || this.#added.has(name)
  }

  /** Adds the attributes of a seed's user: an org has no user whose profile its schema does not allow. */
  learn(profile: UserProfile): void {
    for (const name in profile) if (!this.has(name)) this.#added.add(name)
  }

  /** The attributes that the org has added. */
  added(): string[] {
    return [...this.#added]
  }
}
