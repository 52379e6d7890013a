import { createHash, createHmac } from 'node:crypto'
import { actionNames } from '../okta/actions.ts'
import { normalizeUserKey } from '../okta/user.ts'

/** What stands for a text that may name somebody. */
export const redactedText = '[redacted]'

/** Messages in which nothing varies but statuses, actions and numbers, so that they can't name anybody. */
const plainMessages: readonly RegExp[] = [
  /^$/,
  /^user was [A-Z_]+, is now [A-Z_]+( \(verified\))?$/,
  /^user is already [A-Z_]+$/,
  /^the factors were reset( \(verified\))?$/,
  /^Okta accepted [a-z_]+$/,
  /^repeats the same user's preceding row$/,
  /^an earlier row of this user is in doubt, so nothing more was sent$/,
  /^step \d+ \([a-z_]+\) of this row (failed|is in doubt)$/,
  /^user is [A-Z_]+; the job acts only on [A-Z_, ]+$/,
]

/**
 * Replaces what names people.
 *
 * - **D1** The same person's id has the same digest everywhere, and so has a login in any spelling that Okta takes for the
 *   same, so that counts of people stay what they are.
 * - **D2** Only texts that are known to name nobody stay. All others go, whatever they say.
 * - **D3** The salt is made from the whole journal. Whoever has the run can find a person's digest again; whoever has
 *   only the redacted edition can't try names out.
 */
export class Redactor {
  readonly #salt: Buffer

  /** @param journalDigest the SHA-256 of the original journal, which must not be told to anybody */
  constructor(journalDigest: Buffer) {
    this.#salt = createHash('sha256').update('okta-lifecycle evidence ').update(journalDigest).digest()
  }

  /** The digest of an id, a login or a key; an empty text stays empty. */
  name(text: string): string {
    return text === '' ? '' : `p-${this.#digest(normalizeUserKey(text))}`
  }

  /** Like {@link name}, for a text that may be missing. */
  nameOrNull(text: string | null): string | null {
    return text === null ? null : this.name(text)
  }

  /** The digest of any other value, such as a cell of the input; an empty one stays as it is. */
  value(value: unknown): string | null {
    if (value === null || value === undefined || value === '') return value === '' ? '' : null
    return `v-${this.#digest(typeof value === 'string' ? value : JSON.stringify(value))}`
  }

  /** Stands for a SHA-256 of something that could be guessed: with the SHA-256 itself, a guess could be checked. */
  digest(text: string): string {
    return createHmac('sha256', this.#salt).update(text).digest('hex')
  }

  /** A message, if it can't name anybody. */
  message(text: string): string {
    return plainMessages.some((form) => form.test(text)) ? text : redactedText
  }

  /** An action; a bad row may have any text in its place. */
  action(text: string): string {
    return text === '' || actionNames.some((name) => name === text) ? text : redactedText
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#salt).update(text).digest('hex').slice(0, 16)
  }
}
