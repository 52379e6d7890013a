import { ActivationTokens } from './activation-tokens.ts'
import type { Received } from './exchange.ts'
import { KnownSecrets, secretPut } from './known-secrets.ts'
import { withoutEscapes } from './plain-form.ts'
import type { HeaderValue } from './rate-limit.ts'
import type { Call } from './transport.ts'
import { isOfWords } from './words.ts'

/**
 * The length of the shortest text that is masked. A shorter one is not a secret of ours, and to mask it would garble
 * other text.
 */
const shortest = 6

type Headers = Readonly<Record<string, HeaderValue>>

/**
 * Takes secrets out of answers: a proxy or a debugging page may repeat what was sent to it, and texts of answers and
 * the ids of requests reach messages, reports and logs. Secrets are those of the call that is answered, those that
 * calls never carry, and the activation tokens that earlier answers brought.
 */
export class AnswerCleaner {
  readonly #never: KnownSecrets
  /** Those of them that no sentence of Okta's can hold. */
  readonly #neverInOktas: readonly string[]
  /** What was made of the latest tokens, which are the same from call to call. */
  readonly #ofTokens = new Map<string, KnownSecrets>()
  readonly #activation = new ActivationTokens()

  /** @param never secrets that no call to the host carries, such as the password of a proxy */
  constructor(never: readonly string[] = []) {
    this.#never = knownOf(never)
    this.#neverInOktas = never.filter(
      (secret) => secret.length >= shortest && !/^\d+$/.test(secret) && !isOfWords(secret),
    )
  }

  /** An answer without secrets. Only the body of one that succeeded keeps the activation token that it brings. */
  clean(call: Call, received: Received): Received {
    if (received.kind === 'lost') return received
    const { headers, text, httpStatus } = received
    if (httpStatus >= 300) {
      const secrets = [this.#ofToken(call), knownOf(onceIn(call))]
      // Okta itself never sees the password of a proxy. To mask its words in Okta's sentences would garble them, and
      // tell whoever knows the sentence what the password is.
      const isOktas = text !== null && /"errorCode"\s*:/.test(text)
      const mask = (value: string): string => {
        const masked = secrets.reduce((left, known) => known.mask(left, 'mask words'), value)
        return this.#activation.mask(this.#withoutNever(masked, isOktas))
      }
      return { ...received, headers: cleanHeaders(headers, mask), text: text === null ? null : mask(text) }
    }
    const given = text === null || call.method !== 'POST' ? null : activationTokenIn(text)
    if (given !== null) this.#activation.remember(given)
    const mask = this.#maskOfSuccess(call)
    const cleanHeader = (value: string): string => this.#activation.mask(mask(value))
    return {
      ...received,
      headers: cleanHeaders(headers, cleanHeader),
      text: text === null ? null : given === null ? this.#activation.mask(mask(text)) : mask(text),
    }
  }

  #withoutNever(text: string, isOktas: boolean): string {
    if (!isOktas) return this.#never.mask(text, 'mask words')
    const whole = this.#neverInOktas.reduce((left, secret) => left.replaceAll(secret, secretPut), text)
    return this.#never.mask(whole, 'leave words')
  }

  /**
   * A run may read hundreds of thousands of users, and what their profiles say counts: so of a success less is masked,
   * and nothing that takes long.
   */
  #maskOfSuccess(call: Call): (value: string) => string {
    const ofToken = this.#ofToken(call)
    const once = onceIn(call)
    return (value) => {
      const masked = ofToken.mask(value, 'leave words')
      return once.reduce((left, secret) => left.replaceAll(secret, secretPut), masked)
    }
  }

  #ofToken({ headers }: Call): KnownSecrets {
    const [, token = ''] = /^\S+ (.+)$/.exec(headers.authorization ?? '') ?? []
    const made = this.#ofTokens.get(token)
    if (made !== undefined) return made
    // After a renewal, calls with the token before may still be under way.
    if (this.#ofTokens.size >= 2) this.#ofTokens.clear()
    const known = knownOf([token])
    this.#ofTokens.set(token, known)
    return known
  }
}

function knownOf(secrets: readonly string[]): KnownSecrets {
  return new KnownSecrets(secrets.filter((secret) => secret.length >= shortest))
}

/** The secrets that only this call carries: its proof, and the assertion for an access token. */
function onceIn({ headers, body }: Call): readonly string[] {
  const assertion = body === undefined ? null : new URLSearchParams(body).get('client_assertion')
  return [headers.dpop, assertion].filter(
    (secret): secret is string => typeof secret === 'string' && secret.length >= shortest,
  )
}

/** The activation token that an answer to activate or reactivate brings; null if it brings none. */
function activationTokenIn(text: string): string | null {
  const [, token] = /"activationToken"\s*:\s*"((?:[^"\\]|\\.)+)"/.exec(text) ?? []
  return token === undefined ? null : withoutEscapes(token)
}

function cleanHeaders(headers: Headers, mask: (value: string) => string): Headers {
  // A number of the rate limit is not a secret, and must stay what it is.
  const clean = (value: string): string => (/^\d+$/.test(value) ? value : mask(value))
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]): [string, HeaderValue] => [
      name,
      typeof value === 'string' ? clean(value) : value?.map(clean),
    ]),
  )
}
