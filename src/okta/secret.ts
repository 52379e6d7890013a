import { inspect } from 'node:util'

const shown = '[secret]'

/**
 * A value that must never be seen: a token, a key, a password. Whatever prints it (a template, `JSON.stringify`, a log,
 * an inspector) shows `[secret]`. Only {@link reveal} gives the value, so each place that does is easy to find.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: for the request that needs it, and for nothing else. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }
}
